"""What the worlds about private links have in common: the vault with its endpoint, the nodes, and between them what is
in order unless a world says other."""

from __future__ import annotations

from dataclasses import replace

from emulator.entra.metadata import VAULT_ZONE
from emulator.worlds.network import Network, Peering, PrivateEndpoint, Subnet
from emulator.worlds.private_dns import Link, Zone
from emulator.worlds.spec import Cluster, Secrets, Vault, World

ADDRESS = "10.1.0.4"
"""Of the endpoint: the first that its subnet has to give."""
VAULT = Vault(public_network_access="Disabled", default_action="Deny")
CLUSTER = Cluster(secrets=Secrets(count=20), subnets=("nodes-vnet/nodes",))
NODES = Network("nodes-vnet", ("10.0.0.0/16",), (Subnet("nodes", "10.0.0.0/22"),))
VAULTS = Network("vault-vnet", ("10.1.0.0/16",), (Subnet("endpoints", "10.1.0.0/24"),))
ENDPOINT = PrivateEndpoint("shop-pe", "shop-kv", "vault-vnet", "endpoints", zone=f"shop-rg/{VAULT_ZONE}")
THERE, BACK = Peering("to-vault", "nodes-vnet", "vault-vnet"), Peering("to-nodes", "vault-vnet", "nodes-vnet")
TO_NODES, TO_VAULTS = Link("nodes", "nodes-vnet"), Link("vaults", "vault-vnet")


def a_zone(*links: Link, group: str = "") -> Zone:
    """The zone of vaults; the endpoint's zone group writes the record."""
    return Zone(VAULT_ZONE, links=links, group=group)


IN_ORDER = World(
    name="private-link",
    title="",
    clusters=(CLUSTER,),
    vaults=(VAULT,),
    networks=(NODES, VAULTS),
    peerings=(THERE, BACK),
    private_endpoints=(ENDPOINT,),
    zones=(a_zone(TO_NODES, TO_VAULTS),),
)


def but(name: str, title: str, **fields: object) -> World:
    """That world with some fields replaced."""
    return replace(IN_ORDER, name=name, title=title, **fields)  # type: ignore[arg-type]  # fields of World
