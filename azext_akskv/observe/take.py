"""Takes a snapshot: the cluster first, then what hangs on it side by side, the long read of the secrets last."""

from __future__ import annotations

import dataclasses
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from azext_akskv.engine.pace import executor
from azext_akskv.engine.reporter import Reporter
from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.choice import key_name_to_use, makes_key
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.observed import Observed
from azext_akskv.model.pools import provider_principal
from azext_akskv.model.provision import ENABLE
from azext_akskv.model.snapshot import Snapshot, UnfinishedRun, Wanted
from azext_akskv.model.vault import Vault
from azext_akskv.observe import sections
from azext_akskv.observe.census import take_census
from azext_akskv.observe.reach import reached
from azext_akskv.observe.sections import KeysSeen, Search, if_there, observe
from azext_akskv.observe.surroundings import around_change, around_cluster, around_vault, probe
from azext_akskv.observe.topology import Survey, take_topology
from azext_akskv.ports import Ports

NO_TIME = datetime.fromtimestamp(0, timezone.utc)
"""Stands where no service told its time; then nothing was seen that could be compared with it."""

READ_CLUSTER = "Microsoft.ContainerService/managedClusters/read"
READ_VAULT = "Microsoft.KeyVault/vaults/read"
READ_DELETED_VAULT = "Microsoft.KeyVault/locations/deletedVaults/read"
READ_KEY = "Microsoft.KeyVault/vaults/keys/read, or the vault's own right to get and list keys"
READ_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
READ_GRANTS = "Microsoft.Authorization/roleAssignments/read"
READ_SECRETS = "to list secrets in every namespace of the cluster"
READ_METRICS = "to get the path /metrics of the API server"
READ_PODS = "to list pods, events and SecretProviderClasses in the cluster"
READ_NOTE = "to get leases.coordination.k8s.io in the namespace default"


@dataclass(frozen=True)
class Lookout:
    """Where to look from: ports that cannot write, and how many reads may be under way at once (1: in a fixed order,
    for recordings). `vault`: also at vault, key, identity and grants; `secrets`: also behind the API server;
    `governance`: also at locks, rights and login; `private_link`: also at what lies between
    nodes and private endpoints, with zones looked for in `subscriptions`; `provider`: also at the secrets provider;
    `provision`: also at what a pod shall read, and as whom; `manifests`: also at what is in the cluster of that."""

    ports: Ports
    target: ResourceId
    reporter: Reporter
    workers: int = 4
    vault: bool = True
    secrets: bool = True
    governance: bool = True
    private_link: bool = False
    provider: bool = False
    provision: bool = False
    manifests: bool = False
    subscriptions: tuple[str, ...] = ()


def take_snapshot(wanted: Wanted, lookout: Lookout, unfinished: tuple[UnfinishedRun, ...] = ()) -> Snapshot:
    """Looks at everything once. What could not be looked at is in the snapshot as unknown, with the reason."""
    lookout.reporter.looking_at(f"cluster {lookout.target.name}")
    read = lookout.ports.clusters.get
    cluster = observe("the cluster", READ_CLUSTER, lambda: if_there(lambda: read(lookout.target)))
    now = cluster.value.seen_at if cluster.value else NO_TIME
    snapshot = Snapshot(now, lookout.target, wanted, cluster, unfinished=unfinished)
    if cluster.value is None and not (cluster.known and wanted.prepare_only):
        return snapshot
    search = Search(snapshot, lookout.ports)
    with executor(lookout.workers) as pool:
        found = _around(search, lookout, pool) | _between(search, lookout, pool) | _mounting(search, lookout, pool)
        found |= _providing(search, lookout, pool)
        if cluster.value is None and found["vault"].value:
            found["taken_at"] = found["vault"].value.seen_at
        snapshot = dataclasses.replace(snapshot, **found)
        if lookout.governance:
            found = around_change(snapshot, lookout.ports, pool)
            snapshot = dataclasses.replace(snapshot, **found)
    return _with_secrets(_with_manifests(snapshot, lookout), lookout)


def ask_ahead(snapshot: Snapshot, lookout: Lookout) -> Snapshot:
    """The snapshot with what Azure Policy and the API server say to the change that it leads to."""
    lookout.reporter.looking_at("policies and rights")
    with executor(lookout.workers) as pool:
        return probe(snapshot, lookout.ports, pool)


def _around(search: Search, lookout: Lookout, pool: Executor) -> dict[str, Any]:
    """Vault and identity at the same time, then what depends on them at the same time."""
    if not lookout.vault:
        return {}
    lookout.reporter.looking_at("vault, key, identity and grants")
    seeking_vault: Future[Observed[Vault | None]] = pool.submit(
        observe, "the vault", READ_VAULT, lambda: sections.vault(search)
    )
    seeking_identity: Future[Observed[Identity | None]] = pool.submit(
        observe, "the identity", READ_IDENTITY, lambda: sections.identity(search)
    )
    waiting = around_cluster(search.snapshot, lookout.ports, pool)
    vault, identity = seeking_vault.result(), seeking_identity.result()
    waiting |= around_vault(vault, lookout.ports, pool)
    seeking_keys: Future[KeysSeen] = pool.submit(sections.keys, search, vault, READ_KEY)
    seeking_grants: Future[Observed[tuple[Grant, ...]]] = pool.submit(
        observe, "the role assignments", READ_GRANTS, lambda: sections.grants(search, vault, identity)
    )
    keys, grants = seeking_keys.result(), seeking_grants.result()
    return {
        "vault": vault,
        "identity": identity,
        "key": keys.wanted,
        "key_in_use": keys.in_use,
        "newest": keys.newest,
        "grants": grants,
        **_in_the_bin(search, vault, keys.in_use if makes_key(search.snapshot.wanted) else keys.wanted),
        **_to_be_made(search, vault, keys),
        **{name: seeking.result() for name, seeking in waiting.items()},
    }


def _between(search: Search, lookout: Lookout, pool: Executor) -> dict[str, Any]:
    """What lies between the nodes and the vault's private endpoints."""
    if not lookout.private_link or search.cluster is None:
        return {}
    lookout.reporter.looking_at("vault, networks and private DNS")
    found = observe("the vault", READ_VAULT, lambda: sections.vault(search))
    cluster, vault = search.cluster, found.value
    if vault is None:
        gap: Observed[Any] = Observed(None) if found.known else Observed.unknown(found.gap or "")
        return {"vault": found, "topology": gap}
    survey = Survey(cluster, vault, lookout.ports, pool, lookout.subscriptions)
    topology = observe("the private link", "to read networks and private DNS zones", lambda: take_topology(survey))
    principal = provider_principal(cluster)
    granted = None
    if principal:
        granted = observe("the provider's roles", READ_GRANTS, lambda: lookout.ports.roles.of(vault.id, principal))
    return {"vault": found, "topology": topology, "provider_grants": granted}


def _mounting(search: Search, lookout: Lookout, pool: Executor) -> dict[str, Any]:
    """The secrets provider, in one namespace or in all."""
    glancing = lookout.provision and search.wanted.flow == ENABLE
    if search.cluster is None or not (lookout.provider or glancing):
        return {}
    from azext_akskv.observe.provider import Inquiry, glance, take_provider  # it brings along the rules for texts

    lookout.reporter.looking_at("the secrets provider, its classes and vaults")
    namespaces = search.wanted.namespaces
    inquiry = Inquiry(
        search.cluster,
        lookout.ports,
        pool,
        lookout.subscriptions,
        namespaces[0] if namespaces else None,
        search.wanted.since,
    )
    take = take_provider if lookout.provider else glance
    return {"provider": observe("the secrets provider", READ_PODS, lambda: take(inquiry))}


def _providing(search: Search, lookout: Lookout, pool: Executor) -> dict[str, Any]:
    """What a pod shall read, and as whom."""
    if not lookout.provision or search.cluster is None:
        return {}
    from azext_akskv.observe.provision import Sought, find_vault, take_provision, vault_in_the_bin

    sought = Sought(search.wanted, search.cluster, lookout.ports, pool, lookout.subscriptions)
    named = search.wanted.vault is not None
    lookout.reporter.looking_at("the add-on, the identity and the vault" if named else "the add-on and the nodes")
    vault = observe("the vault", READ_VAULT, lambda: find_vault(sought))
    found: dict[str, Any] = {"vault": vault} if named else {}
    if named and vault.known and vault.value is None:
        found["vault_soft_deleted"] = observe("deleted vaults", READ_DELETED_VAULT, lambda: vault_in_the_bin(sought))
    provision = observe("the secrets provider", READ_CLUSTER, lambda: take_provision(sought, vault.value))
    return found | {"provision": provision}


def _with_manifests(snapshot: Snapshot, lookout: Lookout) -> Snapshot:
    """What is to be written follows from what was looked at before."""
    if not lookout.manifests:
        return snapshot
    from azext_akskv.observe.manifests import take_manifests

    lookout.reporter.looking_at("the cluster's objects")
    return dataclasses.replace(snapshot, manifests=take_manifests(snapshot, lookout.ports))


def _to_be_made(search: Search, vault: Observed[Vault | None], keys: KeysSeen) -> dict[str, Any]:
    """Whether the vault itself can be asked to make or repair a key; and how a rotation that was not given a key gets
    one where it cannot: ARM makes a key of another name."""
    if search.wanted.flow != "rotate" or search.key_in_use is None:
        return {}
    closed = observe("whether the vault answers", READ_KEY, lambda: sections.vault_closed(search, vault))
    makes = makes_key(search.wanted) and keys.in_use.value and keys.wanted.known and keys.wanted.value is None
    if not (closed.value and makes):
        return {"vault_closed": closed}
    following = observe("keys of other names", READ_KEY, lambda: sections.next_key(search, vault))
    name: Observed[str] = Observed(following.value[0]) if following.value else Observed.unknown(following.gap or "")
    left = following.value[1] if following.value else None
    return {"vault_closed": closed, "free_name": name, **({"key": Observed(left)} if left else {})}


def _in_the_bin(search: Search, vault: Observed[Vault | None], key: Observed[KeyVersion | None]) -> dict[str, Any]:
    """What is not there may be soft-deleted: then it is recovered, not made anew."""
    home, name = vault.value, key_name_to_use(search.snapshot)
    if vault.known and home is None:
        deleted = observe("deleted vaults", READ_DELETED_VAULT, lambda: sections.vault_soft_deleted(search))
        return {"vault_soft_deleted": deleted}
    if home and name and key.known and key.value is None:
        return {"key_soft_deleted": observe("deleted keys", READ_KEY, lambda: search.ports.keys.deleted(home, name))}
    return {}


def _with_secrets(snapshot: Snapshot, lookout: Lookout) -> Snapshot:
    cluster = snapshot.cluster.value
    if not lookout.secrets or cluster is None or snapshot.wanted.prepare_only:
        return snapshot
    if not cluster.running:
        away: Observed[Any] = Observed.unknown("the cluster is not running, so its API server cannot be asked")
        return dataclasses.replace(snapshot, api_server=away, switch=away, secrets=away)
    port = lookout.ports.secrets
    lookout.reporter.looking_at("secrets")
    snapshot, ready = reached(snapshot, cluster, lookout.ports)
    if ready.value is not True:
        away = Observed.unknown(ready.gap or "the API server is not ready")
        return dataclasses.replace(snapshot, api_server=ready, switch=away, secrets=away)
    holder = observe("which run is at work", READ_NOTE, lookout.ports.lease.holder)
    switch = observe("the note of the last key change", READ_NOTE, port.switch)
    evidence = observe("the metrics", READ_METRICS, port.evidence) if snapshot.wanted.evidence else snapshot.evidence
    with executor(lookout.workers) as pool:
        census = partial(take_census, port, lookout.reporter, pool, lookout.workers)
        inside = lookout.ports.inside.census if snapshot.inside else census
        secrets = observe("the secrets", READ_SECRETS, inside)
    snapshot = dataclasses.replace(snapshot, api_server=ready, holder=holder, switch=switch, evidence=evidence)
    return dataclasses.replace(snapshot, secrets=secrets)
