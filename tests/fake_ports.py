"""The ports of tests/fakes.py but the clusters' one."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Unavailable, Unreadable
from azext_akskv.model.access import KEY_POLICY, USES_KEYS, Grant, Identity
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.governance import Permission
from azext_akskv.model.holder import Holder, held_by
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.kube import KeyEvidence, KubeRight, SecretPage, SecretRef, Switch, key_id_hash
from azext_akskv.model.reading import PolicyLacking
from azext_akskv.model.vault import EndpointConnection, Vault, parse_vault
from azext_akskv.ports import Touched
from tests.builders import TENANT, a_key, policy, vault_json
from tests.fake_networks import decided
from tests.fake_port import FakePort
from tests.network_builders import ZONE_NAME


class FakeVaults(FakePort):
    def get(self, vault: ResourceId) -> Vault:
        self.asked("vaults.get")
        if vault not in self.world.vaults:
            raise Missing("read the vault", "ResourceNotFound")
        return parse_vault(copy.deepcopy(self.world.vaults[vault]), self.world.clock.time)

    def all(self, subscription: str) -> list[Vault]:
        self.asked("vaults.all")
        there = [raw for id_, raw in self.world.vaults.items() if id_.subscription == subscription]
        return [parse_vault(copy.deepcopy(raw), self.world.clock.time) for raw in there]

    def private_zone(self, vault: Vault) -> str:
        self.asked("vaults.private_zone")
        return ZONE_NAME

    def find(self, subscription: str, name: str) -> Vault | None:
        self.asked("vaults.find")
        found = [id_ for id_ in self.world.vaults if (id_.subscription, id_.name) == (subscription, name)]
        return self.get(found[0]) if found else None

    def deleted(self, subscription: str, name: str, location: str) -> bool:
        self.asked("vaults.deleted")
        return name in self.world.deleted

    def create(self, vault: ResourceId, location: str, tenant: str, tags: Mapping[str, str]) -> Vault:
        with self.changing("vaults.create"):
            made = vault_json() | {"id": str(vault), "location": location, "tags": dict(tags)}
            made["properties"]["vaultUri"] = f"https://{vault.name}.vault.azure.net/"
            assert tenant == TENANT
            self.world.vaults[vault] = made
        return self.get(vault)

    def open_to_public(self, vault: Vault) -> None:
        with self.changing("vaults.open"):
            self.world.vaults[vault.id]["properties"]["publicNetworkAccess"] = "Enabled"
            self.world.vaults[vault.id]["properties"]["networkAcls"] = {"defaultAction": "Allow"}

    def close_to_public(self, vault: Vault) -> None:
        with self.changing("vaults.close"):
            self.world.vaults[vault.id]["properties"]["publicNetworkAccess"] = "Disabled"
            self.world.oracle()

    def let_trusted_services_in(self, vault: Vault) -> None:
        with self.changing("vaults.let_trusted_services_in"):
            acls = self.world.vaults[vault.id]["properties"]["networkAcls"]
            acls["bypass"] = "AzureServices"

    def approve(self, vault: Vault, connection: EndpointConnection) -> None:
        with self.changing("vaults.approve"):
            for raw in self.world.vaults[vault.id]["properties"]["privateEndpointConnections"]:
                if raw["id"] == connection.id:
                    raw["properties"]["privateLinkServiceConnectionState"]["status"] = "Approved"
                    decided(self.world, connection.endpoint, "Approved")

    def allow_keys(self, vault: Vault, principal_id: str, permissions: frozenset[str]) -> None:
        with self.changing("vaults.allow_keys"):
            assert permissions == KEY_POLICY
            entry = policy(principal_id, *sorted(permissions))
            self.world.vaults[vault.id]["properties"]["accessPolicies"].append(entry)
            self.world.policy_since[principal_id] = self.world.clock.time

    def allow_reading(self, vault: Vault, principal_id: str, lacking: PolicyLacking) -> None:
        with self.changing("vaults.allow_reading"):
            entry = policy(principal_id) | {"permissions": {lacking.kind: sorted(lacking.permissions)}}
            self.world.vaults[vault.id]["properties"]["accessPolicies"].append(entry)


class FakeKeys(FakePort):
    def get(self, vault: Vault, name: str, version: str | None = None) -> KeyVersion:
        self.asked("keys.get")
        versions = self.world.keys.get((vault.host, name), [])
        found = [each for each in versions if version in (None, each.id.version)]
        if not found:
            raise Missing("read the key", "KeyNotFound")
        return found[-1]

    def versions(self, vault: Vault, name: str) -> list[KeyVersion]:
        """As ARM lists them: without type and operations."""
        self.asked("keys.versions")
        versions = self.world.keys.get((vault.host, name), [])
        return [dataclasses.replace(each, kind="", operations=frozenset()) for each in versions]

    def deleted(self, vault: Vault, name: str) -> bool:
        self.asked("keys.deleted")
        return name in self.world.deleted

    def closed(self, vault: Vault, name: str) -> str:
        self.asked("keys.closed")
        return self.world.vault_closed

    def create(self, vault: Vault, name: str, tags: Mapping[str, str], like: KeyVersion | None = None) -> KeyVersion:
        with self.changing("keys.create"):
            versions = self.world.keys.setdefault((vault.host, name), [])
            if not versions:
                made = a_key(KeyId(vault.host, name, "5e00000000000000000000000000000a"), tags=dict(tags))
                versions.append(dataclasses.replace(made, created=self.world.clock.time))
        return versions[0]

    def enable(self, vault: Vault, key: KeyId) -> None:
        self._change("keys.enable", key, enabled=True)

    def extend(self, vault: Vault, key: KeyId, until: datetime) -> None:
        self._change("keys.extend", key, expires=until)

    def recover(self, vault: Vault, name: str) -> None:
        with self.changing("keys.recover"):
            self.world.deleted.discard(name)
            self.world.keys[(vault.host, name)] = self.world.binned.pop((vault.host, name))

    def _change(self, call: str, key: KeyId, **changes: Any) -> None:
        with self.changing(call):
            versions = self.world.keys[(key.host, key.name)]
            versions[:] = [dataclasses.replace(each, **changes) if each.id == key else each for each in versions]
            self.world.api_server_away = False

    def create_version(self, vault: Vault, like: KeyVersion, tags: Mapping[str, str], now: datetime) -> KeyVersion:
        if self.world.vault_closed:
            raise Denied("create a version", "ForbiddenByFirewall", self.world.vault_closed)
        with self.changing("keys.create_version"):
            versions = self.world.keys[(vault.host, like.id.name)]
            key = KeyId(vault.host, like.id.name, f"{len(versions) + 1:032x}")
            made = dataclasses.replace(like, id=key, created=self.world.clock.time, tags=dict(tags))
            versions.append(made)
        return made


class FakeRoles(FakePort):
    def of(self, scope: ResourceId, principal_id: str, below: bool = False) -> tuple[Grant, ...]:
        """Those of things in a vault only where they are asked for."""
        self.asked("roles.of")
        inside = f"{scope}/".lower()
        own = [each for each in self.world.grants if each.principal_id == principal_id]
        return tuple(each for each in own if below or not each.scope.lower().startswith(inside))

    def data_actions(self, scope: ResourceId, roles: Collection[str]) -> dict[str, tuple[Permission, ...]]:
        self.asked("roles.data_actions")
        return {role: self.world.definitions[role] for role in roles if role in self.world.definitions}

    def grant(self, scope: ResourceId, role: str, principal_id: str) -> Grant:
        if self.world.clock.time < self.world.principal_unknown_until:
            raise Rejected("assign a role", "PrincipalNotFound", "does not exist in the directory")
        made = Grant(role, str(scope), principal_id, self.world.clock.time)
        with self.changing(f"roles.grant {'keys' if role in USES_KEYS else 'endpoints'}"):
            self.world.grants.append(made)
        return made


class FakeIdentities(FakePort):
    def get(self, identity: ResourceId) -> Identity:
        self.asked("identities.get")
        if identity not in self.world.identities:
            raise Missing("read the identity", "ResourceNotFound")
        return self.world.identities[identity]

    def all(self, subscription: str) -> list[Identity]:
        self.asked("identities.all")
        return [each for id_, each in self.world.identities.items() if id_.subscription == subscription]

    def federated(self, identity: ResourceId) -> list[FederatedCredential]:
        self.asked("identities.federated")
        return list(self.world.federations.get(self.get(identity).id, []))

    def federate(self, identity: ResourceId, credential: FederatedCredential) -> None:
        with self.changing("identities.federate"):
            others = [each for each in self.federated(identity) if each.name != credential.name]
            if any(each.takes(credential.issuer, credential.subject, *each.audiences[:1]) for each in others):
                raise Rejected("federate", "BadRequest", "Issuer and subject combination already exists")
            self.world.federations[identity] = [*others, credential]

    def create(self, identity: ResourceId, location: str, tags: Mapping[str, str]) -> Identity:
        with self.changing("identities.create"):
            self.world.identities[identity] = Identity(identity, f"principal of {identity.name}", "c", location, TENANT)
        return self.world.identities[identity]


class FakeSecrets(FakePort):
    def asked(self, call: str) -> None:
        super().asked(call)
        if not self.ready():
            raise Unavailable("ask the API server", "", "connection refused")

    def ready(self) -> bool:
        self.world.settle()
        return not self.world.api_server_away and self.world.updating_until is None

    def namespaces(self) -> list[str]:
        self.asked("secrets.namespaces")
        return sorted({ref.namespace for ref in self.world.stored})

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        self.asked("secrets.page")
        names = sorted(ref for ref in self.world.stored if ref.namespace == namespace and ref.name > (after or ""))
        shown = names[:limit]
        for ref in shown:
            if self.world.stored[ref][1] not in self.world.slots:
                raise Unreadable("list secrets", "no matching key was found", str(ref))
        return SecretPage(tuple(shown), self.world.version, shown[-1].name if len(names) > limit else None)

    def behind(self, secret: SecretRef) -> str:
        return secret.name

    def latest_version(self) -> int:
        self.asked("secrets.latest_version")
        return self.world.version

    def switch(self) -> Switch | None:
        self.asked("secrets.switch")
        return self.world.switch

    def evidence(self) -> KeyEvidence | None:
        self.asked("secrets.evidence")
        present = self.world.slots[0].removeprefix("plus ")
        return KeyEvidence(frozenset({"api-1"}), {"api-1": frozenset({key_id_hash(present)})})

    def may(self, right: KubeRight) -> bool:
        self.asked("secrets.may")
        return right not in self.world.around.may_not

    def rehearse(self, secret: SecretRef) -> None:
        self.asked("secrets.rehearse")
        if why := self.world.around.admission.get(secret.namespace):
            raise Denied("rehearse", "Forbidden", why)

    def touch(self, secret: SecretRef) -> Touched:
        self.asked("secrets.touch")
        self.world.moments.at("before secrets.touch")
        version, key = self.world.stored[secret]
        if key != self.world.slots[0]:
            self.world.version += 1
            version = self.world.version
            self.world.stored[secret] = (version, self.world.slots[0])
            self.world.writes["secrets.rewritten"] += 1
            self.world.moments.at("after secrets.touch")
        self.world.writes["secrets.touch"] += 1
        return Touched(version)

    def note_switch(self, switch: Switch) -> None:
        with self.changing("secrets.note_switch"):
            self.world.switch = switch


class FakeLease(FakePort):
    """`world.lease` is who has it, since when, renewed when, and for how many seconds that lasts."""

    def holder(self) -> Holder | None:
        self._answers("lease.holder")
        if self.world.lease is None:
            return None
        identity, since, renewed, lasts = self.world.lease
        return held_by(identity, since, (self.world.clock.time - renewed).total_seconds(), lasts)

    def acquire(self, run: str, who: str, seconds: int, dead: Collection[str] = ()) -> None:
        self._answers("lease.acquire")
        held = self.holder()
        if held and held.run not in (run, *dead) and not held.lapsed:
            raise Conflict("tell others", "held", str(held))
        since = held.since if held and held.run == run else self.world.clock.time
        self.world.moments.at("before lease.acquire")
        self.world.lease = (f"{run} {who}", since, self.world.clock.time, seconds)
        self.world.moments.at("after lease.acquire")

    def release(self, run: str) -> None:
        held = self.holder()
        if held and held.run == run:
            self.world.moments.at("before lease.release")
            self.world.lease = None

    def _answers(self, call: str) -> None:
        self.asked(call)
        if self.world.api_server_away or self.world.updating_until is not None:
            raise Unavailable("ask the API server", "", "connection refused")
