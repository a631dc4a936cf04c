"""As ss-healthy, with the reasons of another family."""

from emulator.worlds import ss_healthy
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_healthy.WORLD, "ss-open-next-healthy", Extension(reasons="open-next"))
