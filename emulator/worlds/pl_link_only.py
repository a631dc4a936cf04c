"""Everything is there, and the nodes still get the public address."""

from emulator.worlds.private_link import world, zone

WORLD = world(
    "pl-link-only",
    "private link: zone, record and peering are there; only the zone's link to the nodes' network is missing",
    zones=(zone("vault-vnet"),),
)
