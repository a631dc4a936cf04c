"""The nodes' network asks a DNS server of its owner's, in a hub that is linked to nothing."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import Network, Peering, Subnet
from emulator.worlds.private_link import BACK, NODES, THERE, TO_VAULTS, VAULTS, a_zone, but

_HUB = Network("hub-vnet", ("10.2.0.0/16",), (Subnet("dns", "10.2.0.0/24"),))
_TO_HUB, _BACK = Peering("nodes-to-hub", "nodes-vnet", "hub-vnet"), Peering("hub-to-nodes", "hub-vnet", "nodes-vnet")

WORLD = but(
    "pl-custom-dns",
    "nodes whose network has a DNS server of its own, in a network that the zone is not linked to",
    networks=(replace(NODES, dns_servers=("10.2.0.4",)), VAULTS, _HUB),
    peerings=(THERE, BACK, _TO_HUB, _BACK),
    zones=(a_zone(TO_VAULTS),),
)
