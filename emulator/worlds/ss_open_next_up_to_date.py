"""As ss-up-to-date, with the reasons of another family."""

from emulator.worlds import ss_up_to_date
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_up_to_date.WORLD, "ss-open-next-up-to-date", Extension(reasons="open-next"))
