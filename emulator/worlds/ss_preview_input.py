"""As ss-input, with the reasons of another family."""

from emulator.worlds import ss_input
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_input.WORLD, "ss-preview-input", PREVIEW)
