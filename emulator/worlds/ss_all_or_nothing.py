"""The same without partial synchronisation."""

from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import HISTORY, NAME, account, namespace, provider_class, secret_sync, world

_MISSING = {"objectName": "gone", "objectType": "secret"}
_MANIFESTS = (
    namespace(),
    account(),
    provider_class("ss-all-or-nothing", HISTORY, _MISSING),
    secret_sync((f"{NAME}/0", "current"), ("gone", "other")),
)

WORLD = world(
    "ss-all-or-nothing",
    "one of two secrets is not in the vault, and all or nothing is wanted",
    *_MANIFESTS,
    extension=Extension(settings=(("enablePartialSecretSync", "false"),)),
)
