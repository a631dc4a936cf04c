"""Looks at what a pod shall read and as whom: the vault with what is in it, the identity, and what either lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from azext_akskv.model.access import Identity
from azext_akskv.model.addon import Addon, addon_of, issuer_of, workload_identity
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import FederatedCredential
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.worker import Mode, Worker
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.provision import Provision, identity_named, wishes_of
from azext_akskv.model.reading import Reading, may_read, undefined
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import Contents, ObjectType, VaultObject
from azext_akskv.observe.provided import contents_of
from azext_akskv.observe.provider import LIST_OBJECTS, READ_CREDENTIALS, READ_GRANTS, READ_SCALE_SETS
from azext_akskv.observe.sections import if_there, observe
from azext_akskv.ports import Ports

T = TypeVar("T")

READ_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
LIST_DELETED = "to list the vault's deleted secrets, keys or certificates"


@dataclass(frozen=True)
class Sought:
    """`subscriptions`: those that az is signed in to; a vault's name may be in any of them."""

    wanted: Wanted
    cluster: Cluster
    ports: Ports
    pool: Executor
    subscriptions: tuple[str, ...] = ()

    def ask(self, what: str, right: str, reads: Mapping[Any, Callable[[], T]]) -> dict[Any, Observed[T]]:
        """All at the same time."""
        asked = {key: self.pool.submit(observe, what, right, read) for key, read in reads.items()}
        return {key: each.result() for key, each in asked.items()}


def find_vault(sought: Sought) -> Vault | None:
    """A name is looked for in the cluster's own subscription first, then where az is signed in to. Raises
    GatewayError."""
    named, vaults = sought.wanted.vault, sought.ports.vaults
    if isinstance(named, ResourceId):
        return if_there(lambda: vaults.get(named))
    for subscription in dict.fromkeys((sought.cluster.id.subscription, *sought.subscriptions)) if named else ():
        if found := vaults.find(subscription, str(named)):
            return vaults.get(found.id)
    return None


def vault_in_the_bin(sought: Sought) -> bool:
    """Soft-deleted vaults are listed by region: the cluster's is looked at. Raises GatewayError."""
    named = sought.wanted.vault
    subscription = named.subscription if isinstance(named, ResourceId) else sought.cluster.id.subscription
    name = named.name if isinstance(named, ResourceId) else named
    return bool(name) and sought.ports.vaults.deleted(subscription, str(name), sought.cluster.location)


def take_provision(sought: Sought, vault: Vault | None) -> Provision:
    """What could not be looked at is unknown in it. Raises BadInput when the cluster's profile is none."""
    wanted, cluster, pool = sought.wanted, sought.cluster, sought.pool
    addon = addon_of(cluster)
    seeking = pool.submit(observe, "the identity", READ_IDENTITY, partial(_identity, sought, addon))
    listing = pool.submit(contents_of, sought.ports.objects, vault) if vault else None
    found = Provision(_worker(wanted, None), Observed(None), addon, issuer_of(cluster), workload_identity(cluster))
    if not wanted.service_account:
        scale_sets = observe("the scale sets", READ_SCALE_SETS, lambda: tuple(sought.ports.scale_sets.of(cluster)))
        found = replace(found, scale_sets=scale_sets)
    identity = seeking.result()
    found = replace(found, identity=identity, worker=_worker(wanted, identity.value), wishes=wishes_of(wanted))
    found = replace(found, federated=_federated(sought, found))
    if vault is None or listing is None:
        return found
    found = _with_objects(sought, found, vault, listing.result())
    readings = observe("the role assignments", READ_GRANTS, lambda: _readings(sought, found, vault))
    return replace(found, readings=readings)


def _worker(wanted: Wanted, identity: Identity | None) -> Worker:
    mode = Mode.WORKLOAD if wanted.service_account else Mode.NODE
    return Worker(mode, identity.client_id.lower() if identity else "")


def _identity(sought: Sought, addon: Addon) -> Identity | None:
    """Raises NotObserved where the profile does not tell which resource the add-on's identity is; GatewayError."""
    named = identity_named(sought.wanted, sought.cluster.id)
    if named is not None:
        return if_there(lambda: sought.ports.identities.get(named))
    own = addon.identity if addon.enabled else None
    if own is None or not own.object_id:
        return None
    if own.resource_id is None:
        raise NotObserved("the cluster's profile does not tell which resource the add-on's identity is")
    return Identity(own.resource_id, own.object_id, own.client_id)


def _federated(sought: Sought, found: Provision) -> Observed[tuple[FederatedCredential, ...]]:
    identity = found.identity.value
    if not sought.wanted.service_account:
        return found.federated
    if identity is None:
        return Observed.unknown(found.identity.gap or "the identity is not there")
    read = sought.ports.identities.federated
    return observe("the federated credentials", READ_CREDENTIALS, lambda: tuple(read(identity.id)))


def _with_objects(sought: Sought, found: Provision, vault: Vault, contents: Contents) -> Provision:
    wanted, ports = sought.wanted, sought.ports.objects
    objects = (*wanted.objects, *_all(wanted, contents))
    missing = {each.type for each in wanted.objects if contents.holds(each.type, each.name) is False}
    bins = {of: partial(ports.deleted, vault, of) for of in missing}
    pinned = {
        (each.type, each.key): partial(ports.versions, vault, each.type, each.name)
        for each in objects
        if each.version and each.type not in missing
    }
    return replace(
        found,
        objects=objects,
        contents=contents,
        deleted=sought.ask("what is soft-deleted", LIST_DELETED, bins),
        versions=sought.ask("the versions", LIST_OBJECTS, pinned),
    )


def _all(wanted: Wanted, contents: Contents) -> tuple[AskedObject, ...]:
    """Everything enabled of the types of which all were asked for. The key and the secret behind a certificate are no
    things of their own; ARM's lists do not tell, but the certificate has their name. [D]"""
    certificates = {each.key for each in contents.listed.get(ObjectType.CERT, ())}

    def counts(each: VaultObject) -> bool:
        behind = each.managed or (each.type is not ObjectType.CERT and each.key in certificates)
        return each.enabled and not behind

    listed = (each for of in wanted.all_of for each in contents.listed.get(of, ()))
    return tuple(AskedObject(each.type, each.name) for each in listed if counts(each))


def _readings(sought: Sought, found: Provision, vault: Vault) -> tuple[Reading, ...]:
    """At the vault as a whole. Raises NotObserved, GatewayError."""
    identity = found.identity.get()
    if identity is None:
        raise NotObserved("the identity is not there")
    roles, principal = sought.ports.roles, identity.principal_id
    grants = roles.of(vault.id, principal) if vault.rbac else ()
    definitions = roles.data_actions(vault.id, unknown) if (unknown := undefined(grants)) else {}
    return tuple(may_read(vault, grants, principal, wish, definitions) for wish in found.wishes)
