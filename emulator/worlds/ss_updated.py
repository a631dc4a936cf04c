"""A new version was found after the interval."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-updated",
    "a new version came, and was synchronised",
    cluster={"applied_seconds": 5400.0, "renewed": ("shop-kv/db-pass",)},
)
