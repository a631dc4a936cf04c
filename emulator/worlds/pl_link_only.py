"""The zone is not linked to the nodes' network: the story of the AKS page."""

from __future__ import annotations

from emulator.worlds.private_link import TO_VAULTS, a_zone, but

WORLD = but(
    "pl-link-only",
    "a private endpoint whose zone is not linked to the network of the nodes",
    zones=(a_zone(TO_VAULTS),),
)
