"""The nodes of clusters: where each stands in the networks."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


@dataclass(frozen=True)
class Node:
    """`subnet_id` is empty where the world says nothing about the cluster's network."""

    name: str
    pool: str
    subnet_id: str
    address: str


def nodes_of(world: EmulatedWorld, cluster_id: str) -> list[Node]:
    """One node for each pool [OWN]."""
    cluster = world.resources.get(cluster_id)
    pools = (cluster.body["properties"].get("agentPoolProfiles") or []) if cluster else []
    return [
        _node(world, pool["name"], str(pool.get("vnetSubnetID") or ""), number) for number, pool in enumerate(pools)
    ]


def _node(world: EmulatedWorld, pool: str, subnet_id: str, number: int) -> Node:
    network = world.resources.get(subnet_id.rpartition("/subnets/")[0])
    prefix = "10.224.0.0/16"
    for subnet in network.body["properties"].get("subnets") or [] if network else []:
        if subnet["name"] == subnet_id.rpartition("/")[2]:
            prefix = subnet["properties"]["addressPrefix"]
    address = ipaddress.ip_network(prefix)[200 + number]
    return Node(f"aks-{pool}-31337000-vmss000000", pool, subnet_id, str(address))
