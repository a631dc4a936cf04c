"""Checks of an upgrade: that a way leads to the version, before KMS is turned off for it."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CLUSTER, NotApplicable, check
from azext_akskv.checks.subjects import in_cluster, only_for, the_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.upgrade import Offer, numbers, pools_of, way_to


@check("upgrade-way", CLUSTER, State.ERROR, "the version is on offer, and upgrades lead there")
def upgrade_way(snapshot: Snapshot) -> Iterator[Problem]:
    """AKS has no downgrade, and skips no minor version of a supported cluster. [AKS docs, supported versions]"""
    only_for(snapshot, "migrate-v2")
    cluster, asked = the_cluster(snapshot), snapshot.wanted.kubernetes_version or ""
    present = cluster.kubernetes_version
    if asked and numbers(asked) < numbers(present)[: len(numbers(asked))]:
        yield Problem(
            f"{cluster.id.name} runs {present}, which is later than {asked}",
            "AKS upgrades clusters and never takes them back to an earlier version",
            in_cluster(snapshot, "aks", "kv", "kms", "migrate-v2"),
        )
        return
    if cluster.kms.enabled and not cluster.kms_v1:
        raise NotApplicable("the cluster has KMS v2 already")
    offer = snapshot.upgrades.get()
    if way_to(present, offer, asked) is not None:
        return
    wanted = asked or "1.27 or later"
    known = any(each == asked or each.startswith(f"{asked}.") for each in (*offer.region, *offer.now))
    listing = shell("az", "aks", "get-versions", "--location", cluster.location, "--output", "table")
    if asked and not known:
        yield Problem(
            f"{cluster.location} does not offer Kubernetes {asked}; it offers {_told(offer)}",
            "a cluster can only be upgraded to a version that its region offers",
            listing,
        )
        return
    yield Problem(
        f"no upgrade leads from {present} to {wanted}: the cluster is offered {', '.join(offer.now) or 'nothing'}",
        "which versions a cluster may be upgraded to is AKS's to say; for one that is long out of support it may offer "
        "none, and then a new cluster is the way",
        in_cluster(snapshot, "aks", "get-upgrades", "--output", "table"),
    )


def _told(offer: Offer) -> str:
    return ", ".join(sorted(offer.region, key=numbers)) or "none"


@check("pool-unready", CLUSTER, State.ERROR, "every node pool can be upgraded", may_accept=True)
def pool_unready(snapshot: Snapshot) -> Iterator[Problem]:
    """What AKS would refuse or fail at only after KMS is off."""
    only_for(snapshot, "migrate-v2")
    cluster = the_cluster(snapshot)
    if cluster.kms.enabled and not cluster.kms_v1:
        raise NotApplicable("the cluster has KMS v2 already")
    for pool in pools_of(cluster):
        if pool.power == "Stopped":
            yield Problem(
                f"the node pool {pool.name} is stopped",
                "AKS upgrades no stopped pool, and refuses a control plane too far ahead of it: start or delete it",
                _of_pool(snapshot, "start", pool.name),
            )
        elif cluster.settled and pool.state == "Failed":
            yield Problem(
                f"the last operation on the node pool {pool.name} failed",
                "an upgrade of it will most likely fail in the same way: a quota, a subnet without addresses, a "
                "PodDisruptionBudget",
                _of_pool(snapshot, "show", pool.name),
                None if cluster.kms.enabled else State.WARNING,  # on the way, with KMS off, to wait is no better
            )


def _of_pool(snapshot: Snapshot, verb: str, name: str) -> str:
    target = snapshot.target
    place = ("--resource-group", target.group, "--cluster-name", target.name, "--subscription", target.subscription)
    return shell("az", "aks", "nodepool", verb, *place, "--name", name)
