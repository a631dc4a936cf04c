"""What Azure has of what the SecretProviderClasses name, and all that is known of the provider, together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.federation import FederatedCredential, with_client_id
from azext_akskv.model.governance import Permission
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.seen import Seen
from azext_akskv.model.mounts.worker import Mode, Worker, worker_of
from azext_akskv.model.observed import Observed
from azext_akskv.model.scale_set import ScaleSet
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject

if TYPE_CHECKING:  # the checks, which every command loads, need no rules for texts
    from azext_akskv.model.provider.reading import Reading as TextsRead

AZURE = "azure"
"""`spec.provider` of the classes that are ours."""
TYPES = {each.value: each for each in ObjectType}


def _unasked() -> Observed[Any]:
    return Observed.unknown("not looked at: nothing that was seen needs it")


@dataclass(frozen=True)
class Behind:
    """Vaults by name, in lower case; identities by client id, in lower case; grants by both the vault's name and the
    principal's object id. A vault of None: no subscription that is signed in to has one of that name."""

    addon: Addon
    issuer: Issuer
    workload_identity: bool
    scale_sets: Observed[tuple[ScaleSet, ...]] = field(default_factory=_unasked)
    vaults: Mapping[str, Observed[Vault | None]] = field(default_factory=dict)
    other_vaults: tuple[str, ...] = ()
    """Names of those that the caller sees, where one that is named is not among them."""
    objects: Mapping[tuple[str, ObjectType], Observed[tuple[VaultObject, ...]]] = field(default_factory=dict)
    versions: Mapping[tuple[str, ObjectType, str], Observed[tuple[VaultObject, ...]]] = field(default_factory=dict)
    """Of the objects of which a class names a version, or that were made anew after a pod had mounted them: by vault,
    type and name in lower case."""
    identities: Observed[tuple[Identity, ...]] = field(default_factory=_unasked)
    """All that are visible: a client id tells no resource."""
    federated: Mapping[str, Observed[tuple[FederatedCredential, ...]]] = field(default_factory=dict)
    grants: Mapping[tuple[str, str], Observed[tuple[Grant, ...]]] = field(default_factory=dict)
    definitions: Mapping[str, tuple[Permission, ...]] = field(default_factory=dict)
    """The data actions of roles that are not built in."""

    def vault(self, name: str) -> Observed[Vault | None]:
        return self.vaults.get(name.lower(), _unasked())

    def named(self, vault: str, of: ObjectType, name: str) -> VaultObject | None:
        """Raises NotObserved."""
        listed = self.objects.get((vault.lower(), of), _unasked()).get()
        return next((each for each in listed if each.key == name.lower()), None)

    def granted(self, vault: str, principal: str) -> Observed[tuple[Grant, ...]]:
        return self.grants.get((vault.lower(), principal.lower()), _unasked())

    def of_pools(self, pools: Iterable[str]) -> tuple[ScaleSet, ...]:
        """The scale sets of these pools, of all where none is named. Raises NotObserved."""
        wanted = {pool.lower() for pool in pools}
        return tuple(each for each in self.scale_sets.get() if not wanted or each.pool.lower() in wanted)

    def principal(self, worker: Worker) -> str | None:
        """Whose grants count: the object id; None where no identity of that client id is seen. The add-on's is known
        from the cluster's profile, also where nodes have lost it. Raises NotObserved."""
        if worker.mode is Mode.NODE:
            own = self.addon.identity
            if own and worker.client_id and own.client_id.lower() == worker.client_id:
                return own.object_id
            found = (each.with_client_id(worker.client_id) for each in self.scale_sets.get())
            return next((each.principal_id for each in found if each), None)
        identity = with_client_id(self.identities.get(), worker.client_id)
        return identity.principal_id if identity else None


@dataclass(frozen=True)
class ProviderView:
    """`texts`: what events and logs came to. `untold`: why some of them could not be read."""

    seen: Seen
    behind: Behind
    texts: TextsRead
    untold: tuple[str, ...] = ()

    def classes(self) -> tuple[SecretProviderClass, ...]:
        """Those for Azure, of the namespace that is looked at. Raises NotObserved."""
        only = self.seen.namespace
        return tuple(
            each
            for each in self.seen.classes.get()
            if each.provider.lower() == AZURE and only in (None, each.namespace)
        )

    def users(self, one: SecretProviderClass) -> tuple[Consumer, ...]:
        """The pods that mount a class. Raises NotObserved."""
        return tuple(
            each
            for each in self.seen.consumers.get()
            if each.namespace == one.namespace and any(volume.class_name == one.name for volume in each.volumes)
        )

    def pools(self, one: SecretProviderClass) -> frozenset[str]:
        """Where its pods are; empty: nobody mounts it just now, or no node is known. Raises NotObserved."""
        nodes = {each.name: each.pool for each in self.seen.installed.nodes.get()}
        return frozenset(nodes[each.node] for each in self.users(one) if nodes.get(each.node))


def vault_of(one: SecretProviderClass) -> str:
    """In lower case; empty: it names none."""
    return one.parameter("keyvaultName").lower()


def workers_of(classes: Iterable[SecretProviderClass]) -> frozenset[tuple[str, Worker]]:
    """Who reads in which vault, as far as the classes say it."""
    return frozenset((vault_of(each), worker) for each in classes if vault_of(each) and (worker := worker_of(each)))
