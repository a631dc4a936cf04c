"""The story that the command is for: a vault was closed, and got an endpoint that no node has heard of."""

from dataclasses import replace

from emulator.worlds.private_link import ENDPOINT, SHOP, VAULTS, world

WORLD = world(
    "pl-nothing",
    "private link: the endpoint is in another network than the nodes (AKS's own); no peering and no zone at all",
    clusters=(replace(SHOP, subnets=()),),
    networks=(VAULTS,),
    peerings=(),
    private_endpoints=(replace(ENDPOINT, zone_group=""),),
    zones=(),
)
