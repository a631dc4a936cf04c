"""A path that the class does not have."""

from emulator.worlds.synced_secrets import NAME, account, namespace, provider_class, secret_sync, world

_MANIFESTS = (namespace(), account(), provider_class("ss-input"), secret_sync((NAME, "current")))

WORLD = world("ss-input", "the SecretSync names a path that the class does not have", *_MANIFESTS)
