"""An AKVSync instead of two objects."""

from emulator.worlds.shop_secrets import client_id
from emulator.worlds.spec import TENANT
from emulator.worlds.synced_secrets import ACCOUNT, IDENTITY, NAME, NAMESPACE, account, namespace, world

_SPEC = {
    "keyvaultName": "shop-kv",
    "clientID": client_id("ss-akv-sync", IDENTITY),
    "tenantID": TENANT,
    "serviceAccountName": ACCOUNT,
    "objects": [{"secretInAKV": NAME, "versionHistory": 2}],
}
_SYNC = {
    "apiVersion": "secret-sync.x-k8s.io/v1alpha1",
    "kind": "AKVSync",
    "metadata": {"name": "shop", "namespace": NAMESPACE},
    "spec": _SPEC,
}
_MANIFESTS = (namespace(), account(), _SYNC)

WORLD = world("ss-akv-sync", "an AKVSync, of which the controller makes the other objects", *_MANIFESTS)
