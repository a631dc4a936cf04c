"""The vault answers more than it may, and refuses."""

from dataclasses import replace

from emulator.worlds.synced_secrets import VAULT, world

WORLD = world(
    "ss-throttled",
    "the vault has had more requests than it answers",
    vaults=(replace(VAULT, requests_in_ten_seconds=0),),
)
