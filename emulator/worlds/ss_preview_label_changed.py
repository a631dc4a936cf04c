"""As ss-label-changed, with the reasons of another family."""

from emulator.worlds import ss_label_changed
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_label_changed.WORLD, "ss-preview-label-changed", PREVIEW)
