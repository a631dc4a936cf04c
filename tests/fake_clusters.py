"""The clusters' port of tests/fakes.py."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from azext_akskv.failures import Conflict, Missing, OperationFailed, Rejected
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
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.key import why_unusable
from azext_akskv.model.upgrade import with_control_plane_at, with_node_pools_at
from azext_akskv.model.vault import Openness, openness_of
from azext_akskv.ports import KmsSetting, Watch
from azext_akskv.steps.cluster_kms import NOT_GRANTED
from tests.fake_port import FakePort

UPDATE_SECONDS = 300.0
READ_ONLY_ON_PUT = {"provisioningState", "powerState", "currentKubernetesVersion"}


class FakeClusters(FakePort):
    def get(self, cluster: ResourceId) -> Cluster:
        self.asked("clusters.get")
        if self.world.cluster is None:
            raise Missing("read the cluster", "ResourceNotFound")
        return parse_cluster(copy.deepcopy(self.world.cluster), self.world.clock.time)

    def all(self, subscription: str, group: str = "") -> list[Cluster]:
        self.asked("clusters.all")
        own = [self.world.cluster] if self.world.cluster else []
        found = [
            parse_cluster(copy.deepcopy(raw), self.world.clock.time) for raw in (*own, *self.world.around.neighbours)
        ]
        there = [each for each in found if each.id.subscription == subscription]
        return [each for each in there if group.lower() in ("", each.id.group.lower())]

    def maintenance(self, cluster: Cluster) -> list[dict[str, Any]]:
        self.asked("clusters.maintenance")
        return self.world.around.maintenance

    def turn_on_kms(self, seen: Cluster, setting: KmsSetting, tags: Mapping[str, str], watch: Watch) -> None:
        self._validate(setting, seen)
        body = with_kms_on(seen.raw, setting.key, setting.network_access, setting.vault)
        self._put("clusters.turn_on_kms", seen, with_tags(body, tags), watch)

    def turn_on_encryption(
        self, seen: Cluster, setting: KmsSetting | None, tags: Mapping[str, str], watch: Watch
    ) -> None:
        named = (setting.key, setting.network_access, setting.vault) if setting else (None,)
        if setting:
            vault, principal = self.world.vaults[setting.vault], seen.identity.principal_id or ""
            trusted = vault["properties"]["networkAcls"]["bypass"] == "AzureServices"
            reached = setting.network_access == "Public" or trusted
            if not (reached and self.world.allowed(vault, principal)):
                raise Rejected("turn on encryption", NOT_GRANTED, "The identity has no encrypt/decrypt permission.")
        self._put("clusters.turn_on_encryption", seen, with_tags(with_encryption(seen.raw, *named), tags), watch)

    def turn_off_kms(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None:
        self._put("clusters.turn_off_kms", seen, with_tags(with_kms_off(seen.raw), tags), watch)

    def assign_identity(self, seen: Cluster, identity: ResourceId, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_identity(seen.raw, identity), tags)
        principal = self.world.identities[identity].principal_id
        body["identity"]["userAssignedIdentities"] = {str(identity): {"principalId": principal}}
        self._put("clusters.assign_identity", seen, body, watch)

    def tag(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None:
        with self.changing("clusters.tag"):
            assert self.world.cluster is not None
            if self.world.cluster["eTag"] != seen.etag:
                raise Conflict("tag the cluster", "EtagMismatch", "the cluster was changed")
            self.world.cluster |= {"tags": dict(tags), "eTag": str(int(seen.etag or 0) + 1)}

    def upgrades(self, cluster: Cluster) -> tuple[str, ...]:
        self.asked("clusters.upgrades")
        return self.world.offered.get(cluster.kubernetes_version, ())

    def versions(self, cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
        self.asked("clusters.versions")
        return self.world.offered

    def upgrade_control_plane(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None:
        assert not seen.kms.enabled or not seen.kms_v1, "upgraded with KMS v1 on"
        assert version in self.world.offered[seen.kubernetes_version], f"{version} is not offered"
        body = with_tags(with_control_plane_at(seen.raw, version), tags)
        self._put("clusters.upgrade_control_plane", seen, body, watch)

    def upgrade_node_pools(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None:
        assert version == seen.kubernetes_version, "nodes newer than their control plane"
        body = with_tags(with_node_pools_at(seen.raw, version), tags)
        self._put("clusters.upgrade_node_pools", seen, body, watch)

    def set_secrets_provider(self, seen: Cluster, setting: AddonSetting, tags: Mapping[str, str], watch: Watch) -> None:
        body = with_tags(with_addon(seen.raw, setting), tags)
        self._put("clusters.set_secrets_provider", seen, body, watch)

    @staticmethod
    def _keep_of_pools(old: dict[str, Any], new: dict[str, Any]) -> None:
        """A pool's running version is the service's to tell."""
        running = {pool["name"]: pool.get("currentOrchestratorVersion") for pool in old.get("agentPoolProfiles") or []}
        for pool in new.get("agentPoolProfiles") or []:
            pool["currentOrchestratorVersion"] = running.get(pool["name"])

    def _validate(self, setting: KmsSetting, seen: Cluster) -> None:
        """AKS tries the key on a public vault; on a private one a bad grant breaks the control plane instead."""
        vault, principal = self.world.vaults[setting.vault], seen.identity.principal_id or ""
        version = next(each for each in self.world.keys[(setting.key.host, setting.key.name)] if each.id == setting.key)
        works = self.world.allowed(vault, principal) and not list(why_unusable(version, self.world.clock.time))
        open_ = openness_of(vault["properties"]) is Openness.PUBLIC
        if setting.network_access == "Public" and not (works and open_):
            raise Rejected("turn on KMS", NOT_GRANTED, "The identity does not have keys encrypt/decrypt permission.")
        assert works, "KMS was turned on for a private vault before the grant worked: the control plane is broken"

    def _put(self, call: str, seen: Cluster, body: dict[str, Any], watch: Watch) -> None:
        world = self.world
        self.asked(call)
        assert world.cluster is not None
        if world.cluster["eTag"] != seen.etag:
            raise Conflict("update the cluster", "EtagMismatch", "the cluster was changed")
        if world.cluster["properties"]["provisioningState"] == "Updating":
            raise Conflict("update the cluster", "OperationNotAllowed", "another operation is in progress")
        world.moments.at(f"before {call}")
        old = world.cluster
        properties = {**body["properties"], **{name: old["properties"][name] for name in READ_ONLY_ON_PUT}}
        self._keep_of_pools(old["properties"], properties)
        world.cluster = {**old, **body, "properties": properties, "eTag": str(int(old["eTag"]) + 1)}
        world.cluster["properties"]["provisioningState"] = "Updating"
        world.updating_until = world.clock.time + timedelta(seconds=UPDATE_SECONDS)
        world.writes[call] += 1
        world.moments.at(f"after {call} was accepted")
        watch.accepted("https://management.azure.com/operations/1")
        while world.updating_until:
            watch.status("Updating")
            world.clock.sleep(60)
            world.settle()
        world.moments.at(f"after {call} ended")
        if world.cluster["properties"]["provisioningState"] != "Succeeded":
            raise OperationFailed("update the cluster", "InternalOperationError", "Internal server error")
