"""The scale sets of a cluster's nodes, in plain JSON: az's client of compute is no dependency of ours."""

from __future__ import annotations

from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.documents import Change, Documents
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.scale_set import SCALE_SET_TYPE, ScaleSet, identity_added, parse_scale_set
from azext_akskv.ports import Watch

SCALE_SET_VERSIONS = ("2024-07-01", "2022-11-01", "2020-12-01")
"""Newest first; what is read and written here has not changed since. [SPEC]"""


class ArmScaleSets:
    """Fills ports.ScaleSets. `poll_seconds`: see WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._documents = Documents(clients, KnownVersions(SCALE_SET_VERSIONS), poll_seconds)

    def of(self, cluster: Cluster) -> list[ScaleSet]:
        group = f"/subscriptions/{cluster.id.subscription}/resourceGroups/{cluster.node_resource_group}"
        doing = f"list the scale sets of {cluster.id.name}"
        path = f"{group}/providers/{SCALE_SET_TYPE}"
        return self._documents.all(doing, cluster.id.subscription, path, parse_scale_set)

    def assign(self, scale_set: ScaleSet, identity: ResourceId, watch: Watch) -> None:
        doing = f"give the scale set {scale_set.id.name} the identity {identity.name}"
        body = identity_added(scale_set, identity)
        self._documents.put(Change(doing, scale_set.id, body, method="PATCH"), watch)
