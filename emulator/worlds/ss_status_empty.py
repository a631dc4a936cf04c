"""The controller does not run, so nobody writes a status."""

from emulator.worlds.synced_secrets import account, change, namespace, provider_class, secret_sync, world

_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "secrets-store-sync-controller-manager", "namespace": "azure-secret-store"},
}
_MANIFESTS = (namespace(), account(), provider_class("ss-status-empty"))
_LATER = (change("merge", _DEPLOYMENT, spec={"replicas": 0}), change("apply", secret_sync()))

WORLD = world(
    "ss-status-empty",
    "the controller was scaled to nothing before the SecretSync came",
    *_MANIFESTS,
    cluster={"later": _LATER},
)
