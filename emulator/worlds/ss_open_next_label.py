"""As ss-label, with the reasons of another family."""

from emulator.worlds import ss_label
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_label.WORLD, "ss-open-next-label", Extension(reasons="open-next"))
