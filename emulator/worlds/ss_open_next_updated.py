"""As ss-updated, with the reasons of another family."""

from emulator.worlds import ss_updated
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_updated.WORLD, "ss-open-next-updated", Extension(reasons="open-next"))
