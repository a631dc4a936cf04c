"""As ss-webhook-refuses, with the reasons of another family."""

from emulator.worlds import ss_webhook_refuses
from emulator.worlds.synced_secrets import PREVIEW, as_of

WORLD = as_of(ss_webhook_refuses.WORLD, "ss-preview-webhook-refuses", PREVIEW)
