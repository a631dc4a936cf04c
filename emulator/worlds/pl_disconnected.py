"""Somebody deleted the other side of the peering."""

from emulator.worlds.network import Peering
from emulator.worlds.private_link import world

WORLD = world(
    "pl-disconnected",
    "private link: the peering is Disconnected at the nodes' network, and its other side is gone",
    peerings=(Peering("nodes-vnet-to-vault-vnet", "nodes-vnet", "vault-vnet", "Disconnected"),),
)
