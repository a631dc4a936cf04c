"""A type that the policy does not let through."""

from emulator.worlds.synced_secrets import account, namespace, provider_class, secret_sync, world

_SYNC = secret_sync(kind="shop.example/own")
_MANIFESTS = (namespace(), account(), provider_class("ss-type-refused"), _SYNC)

WORLD = world("ss-type-refused", "the policy does not let Secrets of this type through", *_MANIFESTS)
