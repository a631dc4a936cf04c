"""The extension waits for cert-manager."""

from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-cert-manager-missing",
    "the extension stays Creating, for there is no cert-manager",
    cluster={"cert_manager": "", "manifests": (namespace(), account())},
)
