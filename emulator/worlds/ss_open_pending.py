"""As ss-pending, with the reasons of another family."""

from emulator.worlds import ss_pending
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_pending.WORLD, "ss-open-pending", Extension(reasons="open"))
