"""The extension, and nothing that it is to synchronise."""

from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-installed",
    "the extension is installed, and nothing is configured",
    cluster={"manifests": (namespace(), account())},
)
