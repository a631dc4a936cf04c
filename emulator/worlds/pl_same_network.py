"""The endpoint is in the nodes' own network: nothing is missing."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import Subnet
from emulator.worlds.private_link import ENDPOINT, NODES, TO_NODES, a_zone, but

_NODES = replace(NODES, subnets=(*NODES.subnets, Subnet("endpoints", "10.0.4.0/24")))

WORLD = but(
    "pl-same-network",
    "a private endpoint in the network of the nodes, and everything in order",
    networks=(_NODES,),
    peerings=(),
    private_endpoints=(replace(ENDPOINT, network="nodes-vnet"),),
    zones=(a_zone(TO_NODES),),
)
