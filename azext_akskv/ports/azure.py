"""What may be asked of Azure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.addon import AddonSetting
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.governance import Intent, Lock, Login, Permission, PolicyRefusal
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.reading import PolicyLacking
from azext_akskv.model.vault import EndpointConnection, Vault
from azext_akskv.ports.mark import writes


class Watch(Protocol):
    """Told of a long-running operation while it runs."""

    def accepted(self, operation_url: str) -> None:
        """The service took the request; the URL is where its state can be read. Called before the first poll."""

    def status(self, status: str) -> None:
        """A poll answered; the set of statuses is open (`ProvisioningControlPlane`, `ReconcilingAddons`, ...)."""


class Clusters(Protocol):
    """Managed clusters. Every write sends the whole object back with If-Match and returns when the operation ended.

    All raise GatewayError; writes raise Conflict when the cluster changed since it was read or another operation runs,
    Rejected with the service's code when a rule refuses, OperationFailed when the operation did not succeed. `tags` are
    all that the cluster shall have.
    """

    def get(self, cluster: ResourceId) -> Cluster: ...

    def all(self, subscription: str, group: str = "") -> list[Cluster]:
        """Every cluster of a subscription, or of one resource group in it, that the caller may see."""

    def maintenance(self, cluster: Cluster) -> list[dict[str, Any]]:
        """The cluster's maintenance configurations, as ARM's JSON."""

    @writes
    def turn_on_kms(self, seen: Cluster, setting: KmsSetting, tags: Mapping[str, str], watch: Watch) -> None: ...

    @writes
    def turn_on_encryption(
        self, seen: Cluster, setting: KmsSetting | None, tags: Mapping[str, str], watch: Watch
    ) -> None:
        """The new KMS data encryption, with a key of the customer's, or (None) with the platform's."""

    @writes
    def turn_off_kms(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None: ...

    @writes
    def assign_identity(self, seen: Cluster, identity: ResourceId, tags: Mapping[str, str], watch: Watch) -> None: ...

    @writes
    def tag(self, seen: Cluster, tags: Mapping[str, str], watch: Watch) -> None:
        """Changes nothing but the tags."""

    def upgrades(self, cluster: Cluster) -> tuple[str, ...]:
        """The versions that AKS offers this cluster right now, previews left out."""

    def versions(self, cluster: Cluster) -> Mapping[str, tuple[str, ...]]:
        """Each version that the cluster's region offers, with those that it may be upgraded to; previews left out."""

    @writes
    def upgrade_control_plane(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None: ...

    @writes
    def upgrade_node_pools(self, seen: Cluster, version: str, tags: Mapping[str, str], watch: Watch) -> None:
        """All pools that are on another version, one after the other."""

    @writes
    def set_secrets_provider(self, seen: Cluster, setting: AddonSetting, tags: Mapping[str, str], watch: Watch) -> None:
        """Turns the add-on of the secrets provider on, or changes its rotation. Its identity is there when the
        operation has ended."""


@dataclass(frozen=True)
class KmsSetting:
    key: KeyId
    network_access: str
    vault: ResourceId


class Vaults(Protocol):
    """Key vaults, through ARM."""

    def get(self, vault: ResourceId) -> Vault:
        """Raises Missing when there is none."""

    def all(self, subscription: str) -> list[Vault]:
        """Every vault of a subscription that the caller may see."""

    def find(self, subscription: str, name: str) -> Vault | None:
        """The vault of that name in a subscription; vault names are unique in a cloud."""

    def deleted(self, subscription: str, name: str, location: str) -> bool:
        """A vault of that name is soft-deleted there: its name is taken until it is recovered or purged."""

    def private_zone(self, vault: Vault) -> str:
        """The name of the private DNS zone that private endpoints of the vault need, as the service tells it."""

    @writes
    def create(self, vault: ResourceId, location: str, tenant: str, tags: Mapping[str, str]) -> Vault:
        """A vault with Azure RBAC, soft delete and purge protection, open to public networks."""

    @writes
    def open_to_public(self, vault: Vault) -> None:
        """Public network access on, and the firewall's default to allow; its rules stay as they are."""

    @writes
    def close_to_public(self, vault: Vault) -> None:
        """Public network access off: only private endpoints, and trusted services where they may, get in."""

    @writes
    def let_trusted_services_in(self, vault: Vault) -> None:
        """The services that Azure trusts may pass the firewall, which goes on keeping others out; its rules stay."""

    @writes
    def approve(self, vault: Vault, connection: EndpointConnection) -> None:
        """Approves a private endpoint that waits for it."""

    @writes
    def allow_keys(self, vault: Vault, principal_id: str, permissions: frozenset[str]) -> None:
        """Adds key permissions to a principal's access policy (`accessPolicies/add`, never a PUT of the vault)."""

    @writes
    def allow_reading(self, vault: Vault, principal_id: str, lacking: PolicyLacking) -> None:
        """Adds what is lacking to a principal's access policy, in the same way."""


class Keys(Protocol):
    """Keys of a vault: facts only, never key material."""

    def get(self, vault: Vault, name: str, version: str | None = None) -> KeyVersion:
        """The version asked for, else the newest one. Raises Missing, Denied."""

    def versions(self, vault: Vault, name: str) -> list[KeyVersion]: ...

    def deleted(self, vault: Vault, name: str) -> bool:
        """The key is soft-deleted (data plane). Raises Denied where the data plane is closed to us."""

    def closed(self, vault: Vault, name: str) -> str:
        """Why the vault itself does not answer the caller about a key (firewall, rights, name resolution); empty: it
        does. Its keys can then be made and changed by who may."""

    @writes
    def create(self, vault: Vault, name: str, tags: Mapping[str, str], like: KeyVersion | None = None) -> KeyVersion:
        """The first version of a new RSA key, through ARM; a key that is there already comes back unchanged."""

    @writes
    def enable(self, vault: Vault, key: KeyId) -> None:
        """A version that was disabled, at the vault itself."""

    @writes
    def extend(self, vault: Vault, key: KeyId, until: datetime) -> None:
        """Gives a version another expiry date, at the vault itself."""

    @writes
    def recover(self, vault: Vault, name: str) -> None:
        """Brings a soft-deleted key back with all its versions, at the vault itself."""

    @writes
    def create_version(self, vault: Vault, like: KeyVersion, tags: Mapping[str, str], now: datetime) -> KeyVersion:
        """A new version of a key, at the vault itself, with the attributes of that one; it lives as long as that one
        was made to live. ARM makes first versions only. [ASO#3188]"""


class Roles(Protocol):
    """Role assignments."""

    def of(self, scope: ResourceId, principal_id: str, below: bool = False) -> tuple[Grant, ...]:
        """A principal's role assignments at a scope, those inherited from above included; `below`: also those at what
        is in it, such as single secrets of a vault."""

    def data_actions(self, scope: ResourceId, roles: Collection[str]) -> dict[str, tuple[Permission, ...]]:
        """What each role lets one do with data, by its definition: roles of somebody's own are in no table. A role
        whose definition cannot be read is left out."""

    @writes
    def grant(self, scope: ResourceId, role: str, principal_id: str) -> Grant:
        """Assigns a role to a service principal under a name derived from scope, role and principal, so that the same
        grant is never made twice. Raises Rejected `PrincipalNotFound` while a new identity is not known everywhere."""


class Identities(Protocol):
    """User-assigned managed identities, and whose tokens are taken for theirs. All raise GatewayError."""

    def get(self, identity: ResourceId) -> Identity: ...

    def all(self, subscription: str) -> list[Identity]:
        """Every identity of a subscription that the caller may see."""

    def federated(self, identity: ResourceId) -> list[FederatedCredential]: ...

    @writes
    def create(self, identity: ResourceId, location: str, tags: Mapping[str, str]) -> Identity: ...

    @writes
    def federate(self, identity: ResourceId, credential: FederatedCredential) -> None:
        """A new federated credential; one of that name becomes this one. Entra takes the tokens some time later.

        Raises Rejected where the identity has that issuer and subject under another name, or too many; Conflict while
        another credential of the identity is being written."""


class Governance(Protocol):
    """What decides beside the services whether a change goes through. All raise GatewayError."""

    def locks(self, resource: ResourceId) -> tuple[Lock, ...]:
        """The locks that may hold for a resource: those of its subscription, or of its group where the caller may not
        see more."""

    def permissions(self, scope: str) -> tuple[Permission, ...]:
        """What the caller's roles allow at a scope."""

    def refusals(self, intent: Intent) -> tuple[PolicyRefusal, ...]:
        """What Azure Policy would say to a change. Asks with a POST, and changes nothing."""

    def audited(self, vault: ResourceId) -> bool:
        """Whether a diagnostic setting of the vault keeps its audit log."""

    def login(self) -> Login:
        """Who az is signed in as, and how long that lasts."""
