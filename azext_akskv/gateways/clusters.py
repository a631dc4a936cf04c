"""Managed clusters through ARM: read as plain JSON, changed in place, given back whole with If-Match."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from azure.core import MatchConditions

from azext_akskv.gateways.answers import Answer, Json, answer, items
from azext_akskv.gateways.clients import CLUSTER_VERSIONS, RENEWED_SINCE, Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.lists import pages
from azext_akskv.gateways.operations import WatchedPolling
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.addon import AddonSetting, with_addon
from azext_akskv.model.cluster import (
    Cluster,
    parse_cluster,
    with_encryption,
    with_identity,
    with_kms_off,
    with_kms_on,
    with_tags,
)
from azext_akskv.model.ids import CLUSTER_TYPE, ResourceId
from azext_akskv.model.members import children, text, whole
from azext_akskv.model.upgrade import parse_upgrades, parse_versions, with_control_plane_at, with_node_pools_at
from azext_akskv.ports import KmsSetting, Watch


class ArmClusters:
    """Fills ports.Clusters. `poll_seconds`: see WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._clients = clients
        self._poll_seconds = poll_seconds
        self._versions = KnownVersions(CLUSTER_VERSIONS)

    def get(self, cluster: ResourceId) -> Cluster:
        """Asks with the newest api-version that the cloud knows, and stays with it."""
        doing = f"read the cluster {cluster.name}"
        return self._versions.ask(doing, lambda version: self._get(doing, cluster, version))

    def _get(self, doing: str, cluster: ResourceId, version: str) -> Cluster:
        with asking(doing):
            found: Answer = self._of(cluster, version).get(cluster.group, cluster.name, cls=answer)
            tenant, renewed = self._clients.tenant_of(cluster.subscription), version >= RENEWED_SINCE
            return parse_cluster(found.json, found.at, tenant=tenant, knows_renewed=renewed)

    def all(self, subscription: str, group: str = "") -> list[Cluster]:
        """Asks with the newest api-version that the cloud knows, and stays with it."""
        doing = f"list the clusters of {f'the resource group {group}' if group else 'the subscription'}"
        return self._versions.ask(doing, lambda version: self._list(doing, subscription, group, version))

    def _list(self, doing: str, subscription: str, group: str, version: str) -> list[Cluster]:
        home = f"/subscriptions/{subscription}{f'/resourceGroups/{group}' if group else ''}"
        with asking(doing):
            renewed, tenant = version >= RENEWED_SINCE, self._clients.tenant_of(subscription)
            found = pages(self._clients, subscription, f"{home}/providers/{CLUSTER_TYPE}", version)
            return [
                parse_cluster(item, page.at, tenant=tenant, knows_renewed=renewed)
                for page in found
                for item in children(page.json, "value")
            ]

    def maintenance(self, cluster: Cluster) -> list[Json]:
        with asking(f"read the maintenance configurations of {cluster.id.name}"):
            configurations = self._clients.maintenance(cluster.id.subscription, self._versions.present)
            return items(configurations.list_by_managed_cluster(cluster.id.group, cluster.id.name))

    def turn_on_kms(self, seen: Cluster, setting: KmsSetting, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_kms_on(seen.raw, setting.key, setting.network_access, setting.vault)
        self._put(seen, with_tags(body, tags), watch, f"turn on KMS of {seen.id.name}")

    def turn_on_encryption(
        self, seen: Cluster, setting: KmsSetting | None, tags: Mapping[str, str], watch: Watch
    ) -> None:
        named = (setting.key, setting.network_access, setting.vault) if setting else (None,)
        doing = f"turn on the KMS data encryption of {seen.id.name}"
        self._put(seen, with_tags(with_encryption(seen.raw, *named), tags), watch, doing)

    def turn_off_kms(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None:
        self._put(seen, with_tags(with_kms_off(seen.raw), tags), watch, f"turn off KMS of {seen.id.name}")

    def assign_identity(self, seen: Cluster, identity: ResourceId, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_identity(seen.raw, identity), tags)
        self._put(seen, body, watch, f"give the cluster {seen.id.name} the identity {identity.name}")

    def tag(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None:
        doing = f"tag the cluster {seen.id.name}"
        polling = WatchedPolling(doing, watch, self._poll_seconds)
        with asking(doing):
            clusters = self._of(seen.id, self._versions.present)
            body = {"tags": dict(tags)}
            clusters.begin_update_tags(seen.id.group, seen.id.name, body, polling=polling, **_guard(seen)).result()

    def upgrades(self, cluster: Cluster) -> tuple[str, ...]:
        with asking(f"read which upgrades {cluster.id.name} is offered"):
            clusters = self._of(cluster.id, self._versions.present)
            found: Answer = clusters.get_upgrade_profile(cluster.id.group, cluster.id.name, cls=answer)
            return parse_upgrades(found.json)

    def versions(self, cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
        with asking(f"read which Kubernetes versions {cluster.location} offers"):
            clusters = self._of(cluster.id, self._versions.present)
            found: Answer = clusters.list_kubernetes_versions(cluster.location, cls=answer)
            return parse_versions(found.json)

    def upgrade_control_plane(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_control_plane_at(seen.raw, version), tags)
        self._put(seen, body, watch, f"upgrade the control plane of {seen.id.name} to {version}")

    def upgrade_node_pools(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_node_pools_at(seen.raw, version), tags)
        self._put(seen, body, watch, f"upgrade the nodes of {seen.id.name} to {version}")

    def set_secrets_provider(self, seen: Cluster, setting: AddonSetting, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_addon(seen.raw, setting), tags)
        self._put(seen, body, watch, f"turn on the secrets provider's add-on of {seen.id.name}")

    def user_kubeconfig(self, cluster: ResourceId) -> bytes:
        """The kubeconfig (YAML) that the caller gets from `az aks get-credentials`. Raises GatewayError."""
        with asking(f"get the credentials of {cluster.name}"):
            found: Answer = self._of(cluster, self._versions.present).list_cluster_user_credentials(
                cluster.group,
                cluster.name,
                cls=answer,
                logging_enable=False,  # --debug shall not print a client's private key
            )
            return kubeconfig_of(found.json)

    def _put(self, seen: Cluster, body: Json, watch: Watch, doing: str) -> None:
        """Under the version that the body was read with: a body does not fit every other one."""
        polling = WatchedPolling(doing, watch, self._poll_seconds)
        with asking(doing):
            clusters = self._of(seen.id, self._versions.present)
            clusters.begin_create_or_update(seen.id.group, seen.id.name, body, polling=polling, **_guard(seen)).result()

    def _of(self, cluster: ResourceId, version: str) -> Any:
        return self._clients.clusters(cluster.subscription, version)


def _guard(seen: Cluster) -> dict[str, Any]:
    """Against a change between our read and our write; clouds older than 2024 have no eTag, and nothing instead."""
    return {"etag": seen.etag, "match_condition": MatchConditions.IfNotModified} if seen.etag else {}


def api_server_names(cluster: Cluster) -> frozenset[str]:
    """The names that ARM gives for the cluster's API server: public, private, or both."""
    return cluster.api_servers


def kubeconfig_of(credentials: Json) -> bytes:
    """The first kubeconfig of a listCluster...Credential answer. Raises ValueError when it holds none."""
    configs = children(whole(credentials), "kubeconfigs")
    if not configs:
        raise ValueError("the answer holds no kubeconfig")
    return base64.b64decode(text(configs[0], "value"))
