"""The extension is gone, and what it leaves behind is there."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-removed",
    "the extension was removed; Secrets, SecretSyncs and definitions are still there",
    cluster={"removed": ("ssarcextension",)},
)
