"""What the secrets provider works with, in tests/fakes.py: its identity, scale sets, and what lies in vaults."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from azext_akskv.failures import Denied, Missing
from azext_akskv.model.access import Identity
from azext_akskv.model.addon import ADDON
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.governance import Permission
from azext_akskv.model.ids import ResourceId, identity_id
from azext_akskv.model.scale_set import SCALE_SET_TYPE, NodeIdentity, ScaleSet
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject, newest, newest_first
from azext_akskv.ports import Watch
from tests.builders import LOCATION, TARGET, TENANT
from tests.fake_port import FakePort

ADDON_PRINCIPAL, ADDON_CLIENT = "principal of the add-on", "client of the add-on"


class Provided:
    """State: `scale_sets` by id; `objects` with their versions, by vault, type and name in lower case; `binned_objects`
    are soft-deleted; `objects_closed` is why neither vault nor ARM lists things of a type; `federations` of identities;
    `definitions` are the data actions of roles that somebody made."""

    identities: dict[ResourceId, Identity]

    def __init__(self) -> None:
        self.scale_sets: dict[ResourceId, ScaleSet] = {}
        self.objects: dict[tuple[str, ObjectType, str], list[VaultObject]] = {}
        self.binned_objects: dict[tuple[str, ObjectType], set[str]] = {}
        self.objects_closed: dict[ObjectType, str] = {}
        self.federations: dict[ResourceId, list[FederatedCredential]] = {}
        self.definitions: dict[str, tuple[Permission, ...]] = {}

    def provide(self, properties: dict[str, Any]) -> None:
        """At the end of an update: an add-on that is on has its identity, and all scale sets have it, too."""
        profile = (properties.get("addonProfiles") or {}).get(ADDON) or {}
        if properties["provisioningState"] != "Succeeded" or not profile.get("enabled"):
            return
        own = identity_id(
            TARGET.subscription, properties["nodeResourceGroup"], f"azurekeyvaultsecretsprovider-{TARGET.name}"
        )
        self.identities.setdefault(own, Identity(own, ADDON_PRINCIPAL, ADDON_CLIENT, LOCATION, TENANT))
        profile["identity"] = {"clientId": ADDON_CLIENT, "objectId": ADDON_PRINCIPAL, "resourceId": str(own)}
        for scale_set in self.scale_sets.values():
            self.give(scale_set, own)

    def give(self, scale_set: ScaleSet, identity: ResourceId) -> None:
        found = self.identities[identity]
        node = NodeIdentity(found.id, found.client_id, found.principal_id)
        if not scale_set.has(identity):
            more = (*scale_set.identities, node)
            self.scale_sets[scale_set.id] = dataclasses.replace(scale_set, identities=more)

    def hold(self, vault: Vault, *versions: VaultObject) -> None:
        """Puts versions of things into a vault."""
        for each in versions:
            self.objects.setdefault((vault.host, each.type, each.key), []).append(each)


class FakeScaleSets(FakePort):
    def of(self, cluster: Cluster) -> list[ScaleSet]:
        self.asked("scale_sets.of")
        group = cluster.node_resource_group.lower()
        return [each for each in self.world.scale_sets.values() if each.id.group.lower() == group]

    def assign(self, scale_set: ScaleSet, identity: ResourceId, watch: Watch) -> None:
        with self.changing("scale_sets.assign"):
            if identity not in self.world.identities:
                raise Missing("assign an identity", "FailedIdentityOperation")
            watch.accepted("https://management.azure.com/operations/2")
            self.world.give(self.world.scale_sets[scale_set.id], identity)


class FakeObjects(FakePort):
    def all(self, vault: Vault, of: ObjectType) -> list[VaultObject]:
        self._answers("objects.all", of)
        there = [found for (host, kind, _), found in self.world.objects.items() if (host, kind) == (vault.host, of)]
        newests = [each for each in map(newest, there) if each is not None]
        return [dataclasses.replace(each, version=None) for each in newests]

    def versions(self, vault: Vault, of: ObjectType, name: str) -> tuple[VaultObject, ...]:
        self._answers("objects.versions", of)
        return newest_first(copy.copy(self.world.objects.get((vault.host, of, name.lower()), [])))

    def deleted(self, vault: Vault, of: ObjectType) -> frozenset[str]:
        self._answers("objects.deleted", of)
        return frozenset(self.world.binned_objects.get((vault.host, of), set()))

    def _answers(self, call: str, of: ObjectType) -> None:
        self.asked(call)
        if why := self.world.objects_closed.get(of):
            raise Denied(call, "ForbiddenByConnection", why)


def a_scale_set(pool: str = "nodepool1", group: str = "MC_rg1", *identities: NodeIdentity) -> ScaleSet:
    """A Linux one, as AKS names them."""
    own = ResourceId(TARGET.subscription, group, SCALE_SET_TYPE, (f"aks-{pool}-31337000-vmss",))
    return ScaleSet(own, pool, identities, os="Linux")
