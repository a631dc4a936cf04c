"""As ss-healthy, with the reasons of another family."""

from emulator.worlds import ss_healthy
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_healthy.WORLD, "ss-preview-healthy", PREVIEW)
