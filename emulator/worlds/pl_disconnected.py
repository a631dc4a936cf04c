"""The endpoint's side of the peering was deleted."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import THERE, but

WORLD = but(
    "pl-disconnected",
    "a peering whose other side was deleted",
    peerings=(replace(THERE, state="Disconnected"),),
)
