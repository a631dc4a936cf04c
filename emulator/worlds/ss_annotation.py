"""A Secret of the name is there, with an annotation that is reserved."""

from emulator.worlds.synced_secrets import NAME, account, namespace, provider_class, secret, secret_sync, world

_RESERVED = "secrets-store.sync.x-k8s.io"
_THERE = secret(labels={f"{_RESERVED}/secretsync": NAME}, annotations={f"{_RESERVED}/owner": "by-hand"})
_MANIFESTS = (namespace(), account(), provider_class("ss-annotation"), _THERE, secret_sync())

WORLD = world("ss-annotation", "a Secret of the same name has an annotation that is reserved", *_MANIFESTS)
