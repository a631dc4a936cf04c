"""Upgrades the control plane, and the nodes after it, by one version on the way."""

from __future__ import annotations

from collections.abc import Mapping

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.failures import Rejected
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.tags import RUN_TAG, changed_by
from azext_akskv.model.upgrade import numbers, pools_behind, pools_of, told_version
from azext_akskv.steps.settled import change, watch


def upgrade_control_plane(version: str) -> Step:
    def is_there(cluster: Cluster) -> bool:
        return numbers(cluster.kubernetes_version) == numbers(version)

    def shown(cluster: Cluster) -> bool:
        """Told so, and not at rest at another version, as after an upgrade that somebody aborted."""
        return numbers(told_version(cluster)) == numbers(version) and (is_there(cluster) or not cluster.settled)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        return Seen(f"it runs {version}") if is_there(cluster) and cluster.settled else None

    def put(run: Run, cluster: Cluster) -> None:
        offered = run.ports.clusters.upgrades(cluster)
        if version not in offered:
            raise Rejected(
                f"upgrade {cluster.id.name} from {cluster.kubernetes_version} to {version}",
                "version-not-offered",
                f"AKS offers it {', '.join(offered) or 'no version'} now. The same command again plans by that",
            )
        watched = watch(run, "upgrade-control-plane")
        run.ports.clusters.upgrade_control_plane(cluster, version, _ours(cluster, run), watched)

    return Step(
        "upgrade-control-plane",
        f"upgrade the control plane to {version}",
        look,
        lambda run: change(run, shown, put, limit=run.waits.upgrade),
        left_behind="KMS is off and every secret is stored without a key of yours: each can be read, whichever version "
        "the control plane has reached. The nodes go on running",
    )


def _ours(cluster: Cluster, run: Run) -> Mapping[str, str]:
    """The tags that tell any machine that this command is at work. One that is there stays: the note of the key change
    speaks of it."""
    there = changed_by(cluster.tags, "migrate-v2")
    return cluster.tags if there else {**cluster.tags, RUN_TAG: run.id}


def upgrade_node_pools(version: str, *, kms_on: bool) -> Step:
    """`kms_on`: it is on by then, or still. What keeps a node from being drained or replaced (a PodDisruptionBudget, a
    quota, no room for a surge) is AKS's to tell, and the user's to mend."""

    def shown(cluster: Cluster) -> bool:
        told = all(numbers(pool.wanted) == numbers(version) for pool in pools_of(cluster))
        return told and not (pools_behind(cluster) and cluster.settled)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        if pools_behind(cluster) or not cluster.settled:
            return None
        names = ", ".join(pool.name for pool in pools_of(cluster))
        return Seen(f"{names} run {version}" if names else "AKS runs the nodes itself")

    def put(run: Run, cluster: Cluster) -> None:
        watched = watch(run, "upgrade-node-pools")
        run.ports.clusters.upgrade_node_pools(cluster, version, _ours(cluster, run), watched)

    secrets = "KMS is on" if kms_on else "KMS is off, and every secret is stored without a key of yours and can be read"
    return Step(
        "upgrade-node-pools",
        f"upgrade the nodes of every pool to {version}",
        look,
        lambda run: change(run, shown, put, limit=run.waits.upgrade),
        left_behind=f"{secrets}. Nodes that were not upgraded run the version before, which the control plane supports",
    )
