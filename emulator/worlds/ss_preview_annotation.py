"""As ss-annotation, with the reasons of another family."""

from emulator.worlds import ss_annotation
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_annotation.WORLD, "ss-preview-annotation", PREVIEW)
