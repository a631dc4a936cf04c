"""As ss-type-refused, with the reasons of another family."""

from emulator.worlds import ss_type_refused
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_type_refused.WORLD, "ss-preview-type-refused", PREVIEW)
