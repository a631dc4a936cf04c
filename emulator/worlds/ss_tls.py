"""A certificate as a Secret of the type for TLS."""

from dataclasses import replace

from emulator.worlds.synced_secrets import VAULT, account, namespace, provider_class, secret_sync, world
from emulator.worlds.vault_contents import Certificate

_WANTED = {"objectName": "web-tls", "objectType": "secret"}
_SYNC = secret_sync(
    ("web-tls/tls.crt", "tls.crt"), ("web-tls/tls.key", "tls.key"), name="web-tls", kind="kubernetes.io/tls"
)
_MANIFESTS = (namespace(), account(), provider_class("ss-tls", _WANTED), _SYNC)

WORLD = world(
    "ss-tls",
    "a certificate is synchronised into a Secret for TLS",
    *_MANIFESTS,
    vaults=(replace(VAULT, certificates=(Certificate(),)),),
)
