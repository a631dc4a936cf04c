"""As ss-account-missing, with the reasons of another family."""

from emulator.worlds import ss_account_missing
from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import as_of

WORLD = as_of(ss_account_missing.WORLD, "ss-open-next-account-missing", Extension(reasons="open-next"))
