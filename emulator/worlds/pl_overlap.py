"""The two networks have the same addresses."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import Subnet
from emulator.worlds.private_link import NODES, VAULTS, but

_NODES = replace(NODES, prefixes=("10.0.0.0/15",), subnets=(Subnet("nodes", "10.0.0.0/22"),))

WORLD = but(
    "pl-overlap",
    "networks of nodes and private endpoint whose address spaces overlap",
    networks=(_NODES, VAULTS),
    peerings=(),
)
