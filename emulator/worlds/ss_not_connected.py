"""A cluster that Arc knows nothing of."""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-not-connected",
    "a cluster of K3s that is not connected to Arc",
    cluster={"connected": False, "config": ()},
    federations=(),
)
