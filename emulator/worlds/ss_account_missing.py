"""The service account is not there: an internal error."""

from emulator.worlds.synced_secrets import namespace, provider_class, secret_sync, world

_MANIFESTS = (namespace(), provider_class("ss-account-missing"), secret_sync())

WORLD = world("ss-account-missing", "there is no service account of that name", *_MANIFESTS)
