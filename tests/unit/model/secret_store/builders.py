"""Objects of the Secret Store extension as an API server has them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=timezone.utc)
ISSUER = "https://eastus.oic.prod-arc.azure.com/11111111-1111-1111-1111-111111111111/22222222/"


def at(minutes: float) -> str:
    """So many minutes before now, as the API server writes it."""
    return f"{NOW - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def a_condition(reason: str, status: str = "True", minutes: float = 5, **more: Any) -> dict[str, Any]:
    return {"type": "Update", "status": status, "reason": reason, "lastTransitionTime": at(minutes), **more}


def a_sync(*conditions: dict[str, Any], synced: float | None = None, created: float = 600) -> dict[str, Any]:
    """`synced` and `created`: minutes before now."""
    status: dict[str, Any] = {"syncHash": "$2a$10$hash", "conditions": list(conditions)}
    if synced is not None:
        status["lastSuccessfulSyncTime"] = at(synced)
    return {
        "apiVersion": "secret-sync.x-k8s.io/v1alpha1",
        "kind": "SecretSync",
        "metadata": {"name": "my-secret", "namespace": "shop", "generation": 2, "creationTimestamp": at(created)},
        "spec": {
            "serviceAccountName": "my-service-account",
            "secretProviderClassName": "my-class",
            "secretObject": {
                "type": "Opaque",
                "data": [
                    {"sourcePath": "my-secret/0", "targetKey": "my-secret-data-key0"},
                    {"sourcePath": "my-secret/1", "targetKey": "my-secret-data-key1"},
                ],
                "labels": {"team": "shop"},
                "annotations": {"note": "x"},
            },
            "forceSynchronization": "v1",
        },
        "status": status if conditions or synced is not None else {},
    }


def an_akv_sync(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "secret-sync.x-k8s.io/v1alpha1",
        "kind": "AKVSync",
        "metadata": {"name": "all", "namespace": "shop", "creationTimestamp": at(600)},
        "spec": {
            "keyvaultName": "kv1",
            "clientID": "c1",
            "tenantID": "t1",
            "serviceAccountName": "my-service-account",
            "objects": [
                {"secretInAKV": "db", "versionHistory": 2},
                {"certInAKV": {"name": "web"}, "kubernetesSecretType": "kubernetes.io/tls"},
                {
                    "kubernetesSecretName": "both",
                    "mapping": [{"dataKey": "a", "secretInAKV": "one"}, {"dataKey": "b", "certInAKV": "two"}],
                },
            ],
            **spec,
        },
        "status": {"conditions": [a_condition("PartialSync", "False")]},
    }
