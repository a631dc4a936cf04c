"""As ss-up-to-date, with the reasons of another family."""

from emulator.worlds import ss_up_to_date
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_up_to_date.WORLD, "ss-preview-up-to-date", PREVIEW)
