"""The first attempt is under way."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-pending",
    "the first attempt waits for the vault, and no status is written yet",
    cluster={"vaults_blocked": True, "applied_seconds": 5.0},
)
