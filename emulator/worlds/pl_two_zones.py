"""Two zones of one name: the nodes are linked to the one without the record."""

from __future__ import annotations

from dataclasses import replace

from emulator.entra.metadata import VAULT_ZONE
from emulator.worlds.private_link import ENDPOINT, TO_NODES, TO_VAULTS, a_zone, but

WORLD = but(
    "pl-two-zones",
    "two zones of one name, of which the nodes are linked to the one without the record",
    private_endpoints=(replace(ENDPOINT, zone=f"dns-rg/{VAULT_ZONE}"),),
    zones=(a_zone(TO_NODES), a_zone(TO_VAULTS, group="dns-rg")),
)
