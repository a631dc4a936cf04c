"""What a pod shall read, and as whom: the commands of `az aks kv secrets-provider`, as far as Azure is concerned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azext_akskv.model.access import Identity
from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.federation import FederatedCredential, subject_of
from azext_akskv.model.ids import ResourceId, identity_id
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.worker import Worker
from azext_akskv.model.observed import Observed
from azext_akskv.model.reading import Reading, Wish
from azext_akskv.model.scale_set import ScaleSet
from azext_akskv.model.vault_object import Contents, ObjectType, VaultObject

if TYPE_CHECKING:
    from azext_akskv.model.snapshot import Wanted

ENABLE, GRANT = "provider-enable", "provider-grant"
"""The flows, as journals and results name them."""
GENERATE, VERIFY = "provider-generate", "provider-verify"
PROVISIONING = (ENABLE, GRANT, GENERATE)
"""Those that change something."""
DEFAULT_NAMESPACE = "default"


def _unasked() -> Observed[Any]:
    return Observed.unknown("not looked at: nothing that was asked for needs it")


@dataclass(frozen=True)
class Provision:
    """As it was looked at. What a command does not need was not looked at, and is unknown or empty."""

    worker: Worker
    """Its client id is empty while the identity is not there, or not known."""
    identity: Observed[Identity | None]
    """The one that was named, else the add-on's by the cluster's profile. None: it is not there (yet)."""
    addon: Addon
    issuer: Issuer
    workload_identity: bool
    objects: tuple[AskedObject, ...] = ()
    """Those that were named; of the types of which all were asked for, everything that is enabled."""
    contents: Contents = field(default_factory=lambda: Contents({}))
    """What is in the vault, of all types: what is not there under one may be there under another."""
    deleted: Mapping[ObjectType, Observed[frozenset[str]]] = field(default_factory=dict)
    """Names, in lower case, of what is soft-deleted; only of types of which something that was asked for is missing."""
    versions: Mapping[tuple[ObjectType, str], Observed[tuple[VaultObject, ...]]] = field(default_factory=dict)
    """Of the objects that were asked for in a version; by type and name in lower case."""
    scale_sets: Observed[tuple[ScaleSet, ...]] = field(default_factory=_unasked)
    federated: Observed[tuple[FederatedCredential, ...]] = field(default_factory=_unasked)
    """The identity's, where a service account was named."""
    wishes: tuple[Wish, ...] = ()
    readings: Observed[tuple[Reading, ...]] = field(default_factory=_unasked)
    """Of each wish, whether the identity may."""


def types_of(wanted: Wanted) -> tuple[ObjectType, ...]:
    """What is to be read, each type once."""
    named = {each.type for each in wanted.objects} | set(wanted.all_of)
    return tuple(of for of in ObjectType if of in named)


def wishes_of(wanted: Wanted) -> tuple[Wish, ...]:
    """A certificate that shall become a Secret is read as the secret behind it, which has its private key. [D]"""
    types = types_of(wanted)
    behind = (ObjectType.SECRET,) if wanted.synced_secret and ObjectType.CERT in types else ()
    return tuple(Wish(of) for of in ObjectType if of in (*types, *behind))


def namespace_of(wanted: Wanted) -> str:
    """Where service account and pods are."""
    return wanted.namespaces[0] if wanted.namespaces else DEFAULT_NAMESPACE


def subject_wanted(wanted: Wanted) -> str:
    """How tokens name the service account that was asked for; empty: none was."""
    return subject_of(namespace_of(wanted), wanted.service_account) if wanted.service_account else ""


def identity_named(wanted: Wanted, cluster: ResourceId) -> ResourceId | None:
    """A name without a group is beside the cluster. None: the add-on's own is meant."""
    named = wanted.identity
    return identity_id(cluster.subscription, cluster.group, named) if isinstance(named, str) else named


def takes(found: Provision, wanted: Wanted) -> bool:
    """Whether Entra takes the service account's tokens for the identity's. Raises NotObserved."""
    return any(each.takes(found.issuer.url, subject_wanted(wanted)) for each in found.federated.get())


def lacking_identity(found: Provision) -> tuple[ScaleSet, ...]:
    """The scale sets whose nodes lack the identity, where there is one. Raises NotObserved."""
    identity = found.identity.get()
    return tuple(each for each in found.scale_sets.get() if not each.has(identity.id)) if identity else ()
