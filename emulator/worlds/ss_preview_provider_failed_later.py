"""As ss-provider-failed-later, with the reasons of another family."""

from emulator.worlds import ss_provider_failed_later
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_provider_failed_later.WORLD, "ss-preview-provider-failed-later", PREVIEW)
