"""As ss-annotation-changed, with the reasons of another family."""

from emulator.worlds import ss_annotation_changed
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_annotation_changed.WORLD, "ss-preview-annotation-changed", PREVIEW)
