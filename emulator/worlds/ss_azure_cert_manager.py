"""cert-manager as the extension of Arc."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-azure-cert-manager",
    "everything is well; cert-manager is the extension of Arc",
    cluster={"cert_manager": "extension"},
)
