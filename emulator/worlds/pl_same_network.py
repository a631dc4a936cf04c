"""Nothing is missing: the endpoint stands in the network of the nodes."""

from dataclasses import replace

from emulator.worlds.network import Subnet
from emulator.worlds.private_link import ENDPOINT, NODES, world, zone

_BOTH = replace(NODES, subnets=(*NODES.subnets, Subnet("endpoints", "10.225.0.0/24")))

WORLD = world(
    "pl-same-network",
    "private link: the endpoint is in the nodes' network and the zone is linked to it; nothing to do",
    networks=(_BOTH,),
    peerings=(),
    private_endpoints=(replace(ENDPOINT, network="nodes-vnet"),),
    zones=(zone("nodes-vnet"),),
)
