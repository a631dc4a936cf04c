"""From KMS v1 to KMS v2: KMS off, the cluster upgraded to 1.27 or later, KMS on again."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES
from azext_akskv.engine.step import Plan, Step
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.turning_on import kms_to_come_back, the_cluster, turning_off
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import changed_by
from azext_akskv.model.upgrade import pools_behind, pools_of, way_to
from azext_akskv.steps.cluster_kms import KmsWanted, turn_on_kms
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import order_of
from azext_akskv.steps.upgrade import upgrade_control_plane, upgrade_node_pools

CURES = frozenset({"grant-missing", "cluster-failed", "rewrite-owed"})


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "Migrate to KMS v2", as read on 2026-08-21; AKS refuses the upgrade to 1.27 while KMS v1 is on
    [AKS changelog 2023-08-06]. Raises NotObserved.

    Unlike there KMS comes on again as soon as the control plane has reached its last version, before the nodes follow:
    KMS is the control plane's alone, and an upgrade of nodes takes long and fails easily. Until then secrets are plain.
    """
    cluster = the_cluster(snapshot)
    wanted = kms_to_come_back(snapshot, cluster, cluster.kms.network_access or "Public")
    ours = changed_by(cluster.tags, "migrate-v2")
    there = cluster.kms.enabled and not cluster.kms_v1
    way = () if there else _way(snapshot, cluster)
    last = way[-1] if way else cluster.kubernetes_version
    steps = (
        *(() if there else _upgrading(snapshot, cluster, wanted, way)),
        turn_on_kms(wanted, among_others=True),
        *(after_change(order_of(snapshot), lambda _run: str(wanted.key)) if ours or not there else ()),
        *((upgrade_node_pools(last, kms_on=True),) if way or ours else ()),
    )
    return Plan(
        "migrate-v2",
        steps,
        keep=(
            f"{wanted.key} must stay enabled, unexpired and undeleted, and its vault and the identity's grants on it "
            "as they are.",
        ),
        notes=tuple(_notes(snapshot, cluster, way)),
        nothing_left=f"Kubernetes {cluster.kubernetes_version} has KMS v2, and KMS is on: there is nothing to migrate.",
        question=f"Turn KMS of {cluster.id.name} off, upgrade the cluster to {last}, and turn KMS on again?",
    )


def _way(snapshot: Snapshot, cluster: Cluster) -> tuple[str, ...]:
    """Raises NotObserved; that no version leads there is a finding of its own, which blocks."""
    way = way_to(cluster.kubernetes_version, snapshot.upgrades.get(), snapshot.wanted.kubernetes_version or "")
    if way is None:
        raise NotObserved("no upgrade leads to the version")
    return way


def _upgrading(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted, way: tuple[str, ...]) -> Iterator[Step]:
    """Nodes that are behind are brought up first, with KMS still on: AKS skips no version for them either."""
    if cluster.kms.enabled and pools_behind(cluster):
        yield upgrade_node_pools(cluster.kubernetes_version, kms_on=True)
    yield from turning_off(snapshot, cluster, wanted)
    if not cluster.kms.enabled and way and pools_behind(cluster):
        yield upgrade_node_pools(cluster.kubernetes_version, kms_on=False)
    for version in way:
        yield upgrade_control_plane(version)
        if version != way[-1]:
            yield upgrade_node_pools(version, kms_on=False)


def _notes(snapshot: Snapshot, cluster: Cluster, way: tuple[str, ...]) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    if cluster.kms.enabled and not cluster.kms_v1:
        return
    census = snapshot.secrets.value
    count = f"{census.count:,} secrets" if census else "every secret"
    if cluster.kms.enabled:
        yield "Point of no return: turning KMS off. From then on it must come on again before the work is done."
    if way:
        yield f"The way: {' - '.join((cluster.kubernetes_version, *way))}, as AKS offers it. There is no way back."
    yield (
        f"While KMS is off, for two updates, two rewrites of {count} and "
        f"{_times(len(way))} of the control plane, secrets are protected in etcd by the platform's storage "
        "encryption alone. KMS comes on again before the nodes of the last version are upgraded."
    )
    yield "The API servers restart with each change: expect some seconds to a minute without one."
    nodes = sum(pool.nodes for pool in pools_of(cluster))
    if way and nodes:
        yield (
            f"{nodes} nodes are drained and replaced {_often(len(way))}: pods move, and what a PodDisruptionBudget, a "
            "quota or a missing surge node stands against stops the run. It goes on where it was, by the same command."
        )


def _times(count: int) -> str:
    return "1 upgrade" if count == 1 else f"{count} upgrades"


def _often(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


MIGRATE_V2 = Flow("migrate-v2", CATEGORIES, plan, CATEGORIES, CURES)
