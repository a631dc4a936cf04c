"""As ss-type-changed, with the reasons of another family."""

from emulator.worlds import ss_type_changed
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_type_changed.WORLD, "ss-open-type-changed", Extension(reasons="open"))
