"""As ss-class-missing, with the reasons of another family."""

from emulator.worlds import ss_class_missing
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_class_missing.WORLD, "ss-open-class-missing", Extension(reasons="open"))
