"""The nodes of a cluster, and where they stand: what pods on them, and whoever wants to reach them, can ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.providers.containerservice import nodegroup
from emulator.providers.containerservice.clusters import CLUSTERS

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_UNSEEN = "10.224.0.{}"
"""[OWN] Addresses of nodes in worlds without networks: those that AKS gives first."""
_FIRST = 4


@dataclass(frozen=True)
class Node:
    """`subnet_id` is empty in a world that has no networks, and where the pool's subnet is not there."""

    name: str
    pool: str
    subnet_id: str
    address: str
    system: str = "linux"


def nodes_of(world: EmulatedWorld, cluster_id: str) -> list[Node]:
    """The nodes of the Linux pools, pool by pool: two of each [OWN], and then those of Windows. A node keeps its
    address.

    Raises KeyError when there is no such cluster.
    """
    if (outside := _outside(world, cluster_id)) is not None:
        names = enumerate(outside.node_names)
        return [Node(name, "", "", outside.address_of(at)) for at, name in names]
    cluster = world.resources.get(cluster_id)
    if cluster is None or f"/providers/{CLUSTERS}/".lower() not in cluster.id.lower():
        raise KeyError(cluster_id)
    nodes = [_node(world, cluster, at, *one) for at, one in enumerate(_machines(cluster))]
    return [*nodes, *_windows_nodes(cluster, len(nodes))]


def _outside(world: EmulatedWorld, cluster_id: str) -> K3sServer | None:
    try:
        server = world.kubernetes.server(cluster_id)
    except KeyError:
        return None
    return server if isinstance(server, K3sServer) else None


def _machines(cluster: Resource) -> Iterator[tuple[str, int]]:
    for pool in nodegroup.linux_pools(cluster):
        yield from ((pool["name"], index) for index in range(nodegroup.NODES_PER_POOL))


def _windows_nodes(cluster: Resource, taken: int) -> Iterator[Node]:
    for pool in nodegroup.windows_pools(cluster):
        for index in range(nodegroup.NODES_PER_POOL):
            name = nodegroup.windows_machine_name(pool["name"], index)
            yield Node(name, pool["name"], "", _UNSEEN.format(_FIRST + taken), "windows")
            taken += 1


def _node(world: EmulatedWorld, cluster: Resource, at: int, pool: str, index: int) -> Node:
    name = nodegroup.machine_name(pool, index)
    interface = nodegroup.interface_of(world, cluster, pool, index)
    if interface is None:
        return Node(name, pool, "", _UNSEEN.format(_FIRST + at))
    place = interface.body["properties"]["ipConfigurations"][0]["properties"]
    return Node(name, pool, place["subnet"]["id"], place["privateIPAddress"])
