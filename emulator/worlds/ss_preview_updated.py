"""As ss-updated, with the reasons of another family."""

from emulator.worlds import ss_updated
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_updated.WORLD, "ss-preview-updated", PREVIEW)
