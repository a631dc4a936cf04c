"""As ss-no-role, with the reasons of another family."""

from emulator.worlds import ss_no_role
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_no_role.WORLD, "ss-open-next-no-role", Extension(reasons="open-next"))
