"""The peering was made by stock az without --allow-vnet-access: Connected, and nothing passes."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import BACK, THERE, but

WORLD = but(
    "pl-no-access-flag",
    "a peering that is Connected and carries nothing: allowVirtualNetworkAccess is false",
    peerings=(THERE, replace(BACK, access=False)),
)
