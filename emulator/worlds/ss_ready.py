"""Everything that the document asks for before the extension."""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension("ss-ready", "everything is ready, and the extension is not installed")
