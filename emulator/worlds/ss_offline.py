"""The way out was cut; the Secret is still there."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-offline",
    "the way out of the cluster was cut two hours ago",
    cluster={"applied_seconds": 9000.0, "cut_off_seconds": 7200.0},
)
