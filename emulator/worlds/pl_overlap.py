"""Two networks that cannot be peered: the endpoint has to go elsewhere."""

from emulator.worlds.network import Network, Subnet
from emulator.worlds.private_link import NODES, world

_VAULTS = Network("vault-vnet", ("10.230.0.0/16",), (Subnet("endpoints", "10.230.0.0/24"),))

WORLD = world(
    "pl-overlap",
    "private link: the addresses of the endpoint's network overlap with the nodes' network; the zone is linked",
    networks=(NODES, _VAULTS),
    peerings=(),
)
