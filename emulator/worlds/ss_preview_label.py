"""As ss-label, with the reasons of another family."""

from emulator.worlds import ss_label
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_label.WORLD, "ss-preview-label", PREVIEW)
