"""A Secret of the name is there, without the label."""

from emulator.worlds.synced_secrets import account, namespace, provider_class, secret, secret_sync, world

_MANIFESTS = (namespace(), account(), provider_class("ss-label"), secret(), secret_sync())

WORLD = world("ss-label", "a Secret of the same name is there, and is not the extension's", *_MANIFESTS)
