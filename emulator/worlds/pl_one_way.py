"""Only the nodes' side of the peering was made."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import THERE, but

WORLD = but(
    "pl-one-way",
    "a peering of which one side was never made",
    peerings=(replace(THERE, state="Initiated"),),
)
