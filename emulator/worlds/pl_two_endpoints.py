"""Two private endpoints of one vault write one record; the second one has it, and the nodes do not reach that."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import Network, Subnet
from emulator.worlds.private_link import ENDPOINT, NODES, VAULTS, but

_OTHER = Network("batch-vnet", ("10.3.0.0/16",), (Subnet("endpoints", "10.3.0.0/24"),))
_SECOND = replace(ENDPOINT, name="batch-pe", network="batch-vnet")

WORLD = but(
    "pl-two-endpoints",
    "two private endpoints of one vault in two networks, with one record between them",
    networks=(NODES, VAULTS, _OTHER),
    private_endpoints=(ENDPOINT, _SECOND),
)
