"""The extension waits for trust-manager."""

from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-trust-manager-missing",
    "the extension stays Creating, for there is no trust-manager",
    cluster={"trust_manager": False, "manifests": (namespace(), account())},
)
