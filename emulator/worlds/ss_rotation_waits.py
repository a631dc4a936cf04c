"""A new version that the interval has not come to yet."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-rotation-waits",
    "a new version came, and the next look is an hour away",
    cluster={"renewed": ("shop-kv/db-pass",)},
)
