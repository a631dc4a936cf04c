"""Nobody has approved the connection; the vault's name for private link is not public before that. [D]"""

from dataclasses import replace

from emulator.worlds.private_link import ENDPOINT, world

WORLD = world(
    "pl-pending",
    "private link: zone, links and peering are there; the vault's side has not approved the connection",
    private_endpoints=(replace(ENDPOINT, status="Pending"),),
)
