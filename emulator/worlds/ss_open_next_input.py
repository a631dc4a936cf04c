"""As ss-input, with the reasons of another family."""

from emulator.worlds import ss_input
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_input.WORLD, "ss-open-next-input", Extension(reasons="open-next"))
