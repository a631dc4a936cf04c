"""The private endpoint waits to be approved."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import ENDPOINT, but

WORLD = but(
    "pl-pending",
    "a private endpoint that nobody has approved yet",
    private_endpoints=(replace(ENDPOINT, status="Pending"),),
)
