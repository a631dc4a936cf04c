"""One of two objects is not there."""

from emulator.worlds.synced_secrets import HISTORY, NAME, account, namespace, provider_class, secret_sync, world

_MISSING = {"objectName": "gone", "objectType": "secret"}
_MANIFESTS = (
    namespace(),
    account(),
    provider_class("ss-partial", HISTORY, _MISSING),
    secret_sync((f"{NAME}/0", "current"), ("gone", "other")),
)

WORLD = world("ss-partial", "one of two secrets is not in the vault", *_MANIFESTS)
