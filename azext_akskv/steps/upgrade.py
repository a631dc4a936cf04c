"""Upgrades the control plane, and the nodes after it, by one version on the way."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.failures import Rejected
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.tags import RUN_TAG
from azext_akskv.model.upgrade import numbers, pools_behind, pools_of, told_version
from azext_akskv.steps.settled import change, watch


def upgrade_control_plane(version: str) -> Step:
    def shown(cluster: Cluster) -> bool:
        return numbers(told_version(cluster)) == numbers(version)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        there = numbers(cluster.kubernetes_version) == numbers(version) and cluster.settled
        return Seen(f"it runs {cluster.kubernetes_version}") if there else None

    def put(run: Run, cluster: Cluster) -> None:
        offered = run.ports.clusters.upgrades(cluster)
        if version not in offered:
            raise Rejected(
                f"upgrade {cluster.id.name} from {cluster.kubernetes_version} to {version}",
                "version-not-offered",
                f"AKS offers it {', '.join(offered) or 'no version'} now. The same command again plans by that",
            )
        tags = {**cluster.tags, RUN_TAG: run.id}
        run.ports.clusters.upgrade_control_plane(cluster, version, tags, watch(run, "upgrade-control-plane"))

    return Step(
        "upgrade-control-plane",
        f"upgrade the control plane to {version}",
        look,
        lambda run: change(run, shown, put, limit=run.waits.upgrade),
        left_behind="KMS is off and every secret is stored without a key of yours: each can be read, whichever version "
        "the control plane has reached. The nodes go on running",
    )


def upgrade_node_pools(version: str, *, kms_on: bool) -> Step:
    """`kms_on`: it is on by then, or still. What keeps a node from being drained or replaced (a PodDisruptionBudget, a
    quota, no room for a surge) is AKS's to tell, and the user's to mend."""

    def shown(cluster: Cluster) -> bool:
        return all(numbers(pool.wanted) == numbers(version) for pool in pools_of(cluster))

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        if pools_behind(cluster) or not cluster.settled:
            return None
        names = ", ".join(pool.name for pool in pools_of(cluster))
        return Seen(f"{names} run {version}" if names else "AKS runs the nodes itself")

    def put(run: Run, cluster: Cluster) -> None:
        tags = {**cluster.tags, RUN_TAG: run.id}
        run.ports.clusters.upgrade_node_pools(cluster, version, tags, watch(run, "upgrade-node-pools"))

    secrets = "KMS is on" if kms_on else "KMS is off, and every secret is stored without a key of yours and can be read"
    return Step(
        "upgrade-node-pools",
        f"upgrade the nodes of every pool to {version}",
        look,
        lambda run: change(run, shown, put, limit=run.waits.upgrade),
        left_behind=f"{secrets}. Nodes that were not upgraded run the version before, which the control plane supports",
    )
