"""Arc-enabled clusters, in plain JSON: az ships no client for them."""

from __future__ import annotations

from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.documents import Documents
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.secret_store.connected import CONNECTED_TYPE, ConnectedCluster, parse_connected

CONNECTED_VERSIONS = ("2026-03-01", "2025-08-01-preview", "2024-12-01-preview")
"""Newest first. The last one is the first that tells the issuer [SPEC]: an older one would have every issuer look as if
it were off, so none is asked."""


class ArmConnectedClusters:
    """Fills ports.ConnectedClusters. `poll_seconds`: see WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._documents = Documents(clients, KnownVersions(CONNECTED_VERSIONS), poll_seconds)

    def get(self, cluster: ResourceId) -> ConnectedCluster:
        return self._documents.read(f"read the Arc-enabled cluster {cluster.name}", cluster, parse_connected)

    def all(self, subscription: str, group: str = "") -> list[ConnectedCluster]:
        home = f"/subscriptions/{subscription}{group and f'/resourceGroups/{group}'}"
        where = f"the resource group {group}" if group else f"the subscription {subscription}"
        doing = f"list the Arc-enabled clusters of {where}"
        return self._documents.all(doing, subscription, f"{home}/providers/{CONNECTED_TYPE}", parse_connected)
