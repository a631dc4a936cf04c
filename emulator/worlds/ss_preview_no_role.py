"""As ss-no-role, with the reasons of another family."""

from emulator.worlds import ss_no_role
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_no_role.WORLD, "ss-preview-no-role", PREVIEW)
