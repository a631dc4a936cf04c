"""Checks of the control plane's identity: the one that KMS acts as."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from azext_akskv.checks.declare import IDENTITY, NotApplicable, check
from azext_akskv.checks.subjects import in_cluster, only_for, the_cluster, unless_unused
from azext_akskv.model.choice import ENCRYPT, identity_to_use
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import identity_since

SEVERAL_HOURS = timedelta(hours=8)
"""How long components may go on with the identity from before: "several hours". [AKS docs, use-managed-identity]"""


@check("identity-kind", IDENTITY, State.ERROR, "the cluster has a user-assigned identity")
def identity_kind(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    cluster, named = snapshot.cluster.get(), snapshot.wanted.identity
    if cluster is None:
        if named is None:
            yield Problem(
                "no identity was named, and there is no cluster yet that has one",
                "KMS acts as a user-assigned identity that must have its grants before the cluster is created",
                in_cluster(snapshot, "aks", "kv", "kms", "enable", "--prepare-only", "--create", "--identity", "NAME"),
            )
        return
    if cluster.identity.kind == "UserAssigned":
        return
    if cluster.identity.kind != "SystemAssigned":
        yield Problem(
            f"{cluster.id.name} runs as a service principal, not as a managed identity",
            "KMS takes a user-assigned identity only. The move to a managed identity cannot be undone and needs every "
            "node pool upgraded afterwards, so it is left to you",
            in_cluster(snapshot, "aks", "update", "--enable-managed-identity", "--assign-identity", _named(snapshot)),
        )
    elif named is None:
        yield Problem(
            f"{cluster.id.name} has a system-assigned identity",
            "KMS takes a user-assigned identity only: it must have its grants before KMS is turned on. Name one with "
            "--identity; with --create it is made",
            _enable_with_identity(snapshot),
            State.WARNING if snapshot.wanted.flow == "show" else None,
        )
    else:
        yield Problem(
            f"{cluster.id.name} has a system-assigned identity and will be moved to {_named(snapshot)}",
            "there is no way back to a system-assigned identity, and parts of the control plane use the old one for "
            "some hours: this command then ends in `waiting`, and goes on when it is run again",
            state=State.WARNING,
        )


@check("identity-missing", IDENTITY, State.ERROR, "the identity is there")
def identity_missing(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    wanted = identity_to_use(snapshot)
    if wanted is None:
        raise NotApplicable("no user-assigned identity is named or in use")
    if snapshot.identity.get() is not None:
        return
    cluster = snapshot.cluster.value
    if snapshot.wanted.create and not (cluster and cluster.identity.id == wanted):
        return
    group, place = wanted.group, ("--location", cluster.location) if cluster else ()
    create = ("az", "identity", "create", "--resource-group", group, "--name", wanted.name, *place)
    yield Problem(
        f"there is no identity {wanted.name} in the resource group {group}",
        "KMS acts as this identity; a new one with the same name is another principal, without the old one's grants",
        shell(*create, "--subscription", wanted.subscription),
    )


@check("identity-differs", IDENTITY, State.ERROR, "KMS uses the identity that was asked for")
def identity_differs(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    only_for(snapshot, "enable")
    wanted = identity_to_use(snapshot)
    if cluster.kms.enabled and wanted and cluster.identity.id != wanted:
        yield Problem(
            f"KMS is on and acts as {cluster.identity.id.name if cluster.identity.id else cluster.identity.kind}, "
            f"not as {wanted.name}",
            "the identity of a cluster is not changed while its API servers depend on it",
            in_cluster(snapshot, "aks", "kv", "kms", "disable"),
        )


@check("identity-just-switched", IDENTITY, State.WARNING, "every component uses the present identity")
def identity_just_switched(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    since = identity_since(cluster.tags)
    if since and cluster.seen_at - since < SEVERAL_HOURS:
        yield Problem(
            f"the identity of {cluster.id.name} was changed on {since:%Y-%m-%d at %H:%M} UTC",
            "parts of the control plane use the identity from before until its token expires, some hours later: until "
            "then KMS could ask Key Vault as an identity that has no grant",
        )


@check("identity-grants", IDENTITY, State.WARNING, "the cluster keeps its identity, and so its roles")
def identity_grants(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    only_for(snapshot, "enable", ENCRYPT)
    wanted = identity_to_use(snapshot)
    if cluster.kms.enabled or wanted is None or cluster.identity.id == wanted:
        return
    yield Problem(
        f"the roles of the present identity of {cluster.id.name} do not go over to {wanted.name}",
        "load balancers, disks, route tables and private DNS stop working for an identity without the roles that the "
        "old one has on the virtual network, the DNS zone and the disks: assign them to the new one first",
        _roles_of_present(cluster),
    )


def _enable_with_identity(snapshot: Snapshot) -> str:
    named = (("--vault", snapshot.wanted.vault), ("--key", snapshot.wanted.key))
    given = [word for option, value in named if value for word in (option, value)]
    return in_cluster(snapshot, "aks", "kv", "kms", "enable", *given, "--identity", "NAME", "--create")


def _roles_of_present(cluster: Cluster) -> str:
    principal = cluster.identity.principal_id
    if not principal:
        return ""
    return shell("az", "role", "assignment", "list", "--all", "--assignee", principal, "--output", "table")


def _named(snapshot: Snapshot) -> str:
    wanted = identity_to_use(snapshot)
    return str(wanted or "IDENTITY_ID")
