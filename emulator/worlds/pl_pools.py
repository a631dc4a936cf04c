"""One pool is well and the other is not.

[OWN] AKS itself wants all pools of a cluster in one network. [D] Here they are in two, so that a link counts for one
pool and not for the other.
"""

from dataclasses import replace

from emulator.worlds.network import Network, Subnet
from emulator.worlds.private_link import NODES, SHOP, VAULTS, world

_BATCH = Network("batch-vnet", ("10.240.0.0/16",), (Subnet("nodes", "10.240.0.0/24"),))
_TWO_POOLS = replace(SHOP, pools=("nodepool1", "batch"), subnets=("nodes-vnet/nodes", "batch-vnet/nodes"))

WORLD = world(
    "pl-pools",
    "private link: two node pools in two networks, of which only one is linked and peered",
    clusters=(_TWO_POOLS,),
    networks=(NODES, VAULTS, _BATCH),
)
