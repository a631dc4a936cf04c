"""A cluster whose nodes use a vault over a private endpoint, and what programs on a node say of that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator.core.clock import Clock
from emulator.entra.metadata import VAULT_ZONE
from emulator.programs.answers import PROGRAMS
from emulator.programs.outcome import Outcome
from emulator.programs.view import Place, View
from emulator.world import EmulatedWorld
from emulator.worlds import spec
from emulator.worlds.network import Network, PrivateEndpoint, Subnet
from emulator.worlds.private_dns import Link, Record, Zone
from tests.emulator.data_planes import CLUSTER_ID, START

HOST = "shop-kv.vault.emulator.test"
PRIVATE = f"shop-kv.{VAULT_ZONE}"
NODES = Network("nodes-vnet", ("10.224.0.0/12",), (Subnet("nodes", "10.224.0.0/16"), Subnet("ends", "10.225.0.0/24")))
OTHER = Network("vault-vnet", ("10.1.0.0/16",), (Subnet("ends", "10.1.0.0/24"),))
ENDPOINT = PrivateEndpoint("shop-pe", "shop-kv", "nodes-vnet", "ends")
ADDRESS = "10.225.0.4"
FAR_ADDRESS = "10.1.0.4"
CLOSED = spec.Vault(public_network_access="Disabled", default_action="Deny")
FRONT = "data-prod-weu.vaultcore.azure.net"
CLUSTER = spec.Cluster(subnets=("nodes-vnet/nodes",), secrets=spec.Secrets(count=0, namespaces=("default",)))


def zone(*records: Record, linked: bool = True) -> Zone:
    return Zone(VAULT_ZONE, records, (Link("nodes", "nodes-vnet"),) if linked else ())


def fields(**overrides: Any) -> dict[str, Any]:
    """Of a world in which everything is right."""
    return {
        "clusters": (CLUSTER,),
        "vaults": (CLOSED,),
        "networks": (NODES, OTHER),
        "private_endpoints": (ENDPOINT,),
        "zones": (zone(Record("shop-kv", (ADDRESS,))),),
        **overrides,
    }


def a_world(**overrides: Any) -> EmulatedWorld:
    """Its clock stands still until it is moved."""
    return EmulatedWorld(spec.World(name="nodes", title="for tests", **fields(**overrides)), Clock(START, 0.0))


def asking(*servers: str) -> tuple[Network, ...]:
    """Networks in which the nodes have DNS servers of their own."""
    return replace(NODES, dns_servers=servers), OTHER


def program(world: EmulatedWorld, name: str, *arguments: str, **place: Any) -> Outcome:
    """On the first node, or elsewhere: `clustered=True, on_node=False` is in a pod that asks CoreDNS."""
    on_node = place.pop("on_node", True)
    node = world.nodes_of(CLUSTER_ID)[0]
    return PROGRAMS[name](
        View(world, Place(node.subnet_id, node.address, node.name, **place), on_node), list(arguments)
    )
