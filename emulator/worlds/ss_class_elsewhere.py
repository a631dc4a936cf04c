"""The class is in another namespace."""

from emulator.worlds.synced_secrets import account, namespace, provider_class, secret_sync, world

_MANIFESTS = (
    namespace(),
    account(),
    provider_class("ss-class-elsewhere", where="default"),
    secret_sync(),
)

WORLD = world("ss-class-elsewhere", "the class is in another namespace", *_MANIFESTS)
