"""Nothing but the endpoint: no zone, no peering. The nodes are in AKS's own network."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import CLUSTER, ENDPOINT, VAULTS, but

WORLD = but(
    "pl-nothing",
    "a private endpoint in another network than the nodes, without a zone and without a peering",
    clusters=(replace(CLUSTER, subnets=()),),
    networks=(VAULTS,),
    peerings=(),
    private_endpoints=(replace(ENDPOINT, zone=""),),
    zones=(),
)
