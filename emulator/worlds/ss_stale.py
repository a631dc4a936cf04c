"""The controller stopped after the first synchronisation."""

from emulator.worlds.synced_secrets import change, world

_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "secrets-store-sync-controller-manager", "namespace": "azure-secret-store"},
}

WORLD = world(
    "ss-stale",
    "the controller was scaled to nothing a day ago",
    cluster={"applied_seconds": 90000.0, "later": (change("merge", _DEPLOYMENT, spec={"replicas": 0}),)},
)
