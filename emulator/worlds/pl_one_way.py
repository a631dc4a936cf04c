"""Half a peering."""

from emulator.worlds.network import Peering
from emulator.worlds.private_link import world

WORLD = world(
    "pl-one-way",
    "private link: the nodes' network is peered with the endpoint's, but not the other way round: Initiated",
    peerings=(Peering("nodes-vnet-to-vault-vnet", "nodes-vnet", "vault-vnet", "Initiated"),),
)
