"""Two node pools in two networks, of which one is linked and peered."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import Network, Subnet
from emulator.worlds.private_link import CLUSTER, NODES, VAULTS, but

_BATCH = Network("batch-vnet", ("10.3.0.0/16",), (Subnet("batch", "10.3.0.0/22"),))
_CLUSTER = replace(CLUSTER, pools=("nodepool1", "batch"), subnets=("nodes-vnet/nodes", "batch-vnet/batch"))

WORLD = but(
    "pl-pools",
    "node pools in two networks, of which only the first comes to the private endpoint",
    clusters=(_CLUSTER,),
    networks=(NODES, VAULTS, _BATCH),
)
