"""Cut off for longer than the agents' certificate holds."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-expired",
    "the way out of the cluster was cut a hundred days ago",
    cluster={"applied_seconds": 8640600.0, "cut_off_seconds": 8640000.0, "age_days": 200.0},
)
