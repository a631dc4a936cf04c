"""The arguments are written, and K3s was not restarted."""

from emulator.worlds.arc import USES_ARC_ISSUER
from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-flags-not-read",
    "the arguments are written, and K3s was not restarted since",
    cluster={"config": (), "unread": USES_ARC_ISSUER},
)
