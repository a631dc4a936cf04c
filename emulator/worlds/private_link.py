"""What the worlds of private link have in common: a closed vault with a private endpoint, and nodes elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.worlds.network import Network, Peering, PrivateEndpoint, Subnet
from emulator.worlds.private_dns import VAULT_ZONE, Link, Zone
from emulator.worlds.spec import Cluster, Secrets, Vault, World

NODES = Network("nodes-vnet", ("10.224.0.0/12",), (Subnet("nodes", "10.224.0.0/16"),))
VAULTS = Network("vault-vnet", ("10.1.0.0/16",), (Subnet("endpoints", "10.1.0.0/24"),))
HUB = Network("hub-vnet", ("10.2.0.0/16",), (Subnet("shared", "10.2.0.0/24"),))
SHOP = Cluster(secrets=Secrets(count=20), subnets=("nodes-vnet/nodes",))
CLOSED = Vault(public_network_access="Disabled", default_action="Deny")
ENDPOINT = PrivateEndpoint(network="vault-vnet", subnet="endpoints", zone_group=VAULT_ZONE)


def pair(one: str, other: str, **of_the_second: Any) -> tuple[Peering, Peering]:
    """Two networks peered in both directions; what is said of the second side holds for it alone."""
    back = Peering(f"{other}-to-{one}", other, one)
    return Peering(f"{one}-to-{other}", one, other), replace(back, **of_the_second)


def zone(*networks: str, group: str = "", subscription: str = "") -> Zone:
    """The zone for private endpoints of vaults, linked to these networks (names, or ids of those in other groups)."""
    links = tuple(Link(network.rpartition("/")[2], network) for network in networks)
    return Zone(VAULT_ZONE, links=links, group=group, subscription=subscription)


def world(name: str, title: str, **more: Any) -> World:
    """A world in which everything is well unless `more` says otherwise: both networks peered, and linked to a zone in
    which the endpoint keeps its record."""
    well = {
        "clusters": (SHOP,),
        "vaults": (CLOSED,),
        "networks": (NODES, VAULTS),
        "peerings": pair("nodes-vnet", "vault-vnet"),
        "private_endpoints": (ENDPOINT,),
        "zones": (zone("nodes-vnet", "vault-vnet"),),
    }
    return World(name=name, title=title, **{**well, **more})
