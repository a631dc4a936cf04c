"""A Secret with the label, and with an owner that is not the SecretSync."""

from emulator.worlds.synced_secrets import NAME, account, namespace, provider_class, secret, secret_sync, world

_OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "by-hand", "uid": "6d0b6b5c-0000-4000-8000-5f1d2e3a4b6c"}
_THERE = secret(labels={"secrets-store.sync.x-k8s.io/secretsync": NAME}, owners=(_OWNER,))
_MANIFESTS = (namespace(), account(), provider_class("ss-foreign-owner"), _THERE, secret_sync())

WORLD = world("ss-foreign-owner", "a Secret of the same name belongs to somebody else", *_MANIFESTS)
