"""A version that is not on the train."""

from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-unknown-version",
    "the installation has failed: there is no such version on the train",
    extension=Extension(version="1.4.0", train="preview"),
    cluster={"manifests": (namespace(), account())},
)
