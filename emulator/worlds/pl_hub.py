"""Nodes and endpoint are in two spokes of one hub, without an appliance in it."""

from __future__ import annotations

from emulator.worlds.network import Network, Peering, Subnet
from emulator.worlds.private_dns import Link
from emulator.worlds.private_link import NODES, TO_NODES, TO_VAULTS, VAULTS, a_zone, but

_HUB = Network("hub-vnet", ("10.2.0.0/16",), (Subnet("default", "10.2.0.0/24"),))
_SPOKES = (
    Peering("nodes-to-hub", "nodes-vnet", "hub-vnet", forwarded=True),
    Peering("hub-to-nodes", "hub-vnet", "nodes-vnet"),
    Peering("vault-to-hub", "vault-vnet", "hub-vnet", forwarded=True),
    Peering("hub-to-vault", "hub-vnet", "vault-vnet"),
)

WORLD = but(
    "pl-hub",
    "nodes and private endpoint in two networks that are peered with a hub, not with each other",
    networks=(NODES, VAULTS, _HUB),
    peerings=_SPOKES,
    zones=(a_zone(TO_NODES, TO_VAULTS, Link("hub", "hub-vnet")),),
)
