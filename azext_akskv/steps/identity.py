"""Moves the control plane to a user-assigned identity, and waits until all its components use it."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step
from azext_akskv.failures import NotYet
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.tags import IDENTITY_SINCE_TAG, RUN_TAG, identity_since
from azext_akskv.steps.settled import change, watch


def switch_identity(identity: ResourceId) -> Step:
    def shown(cluster: Cluster) -> bool:
        return cluster.identity.id == identity

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        return Seen(str(identity)) if shown(cluster) and cluster.settled else None

    def put(run: Run, cluster: Cluster) -> None:
        tags = {**cluster.tags, RUN_TAG: run.id, IDENTITY_SINCE_TAG: cluster.seen_at.isoformat()}
        run.ports.clusters.assign_identity(cluster, identity, tags, watch(run, "switch-identity"))

    return Step(
        code="switch-identity",
        title=f"move the cluster to the user-assigned identity {identity.name}",
        look=look,
        act=lambda run: change(run, shown, put),
        left_behind="KMS was not touched; the cluster works with either identity as long as both keep their roles",
    )


def wait_for_identity(identity: ResourceId) -> Step:
    """The old identity's tokens live on in the control plane for hours. [AKS docs, use-managed-identity]"""

    def left(cluster: Cluster, run: Run) -> float:
        since = identity_since(cluster.tags)
        return run.waits.identity_switch - (cluster.seen_at - since).total_seconds() if since else 0.0

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        return Seen("long enough ago") if cluster.identity.id == identity and left(cluster, run) <= 0 else None

    def act(run: Run) -> None:
        why = "the cluster's identity was changed a short time ago, and parts of it use the old one for some hours more"
        raise NotYet(why, left(run.ports.clusters.get(run.target), run))

    return Step(
        code="wait-for-identity",
        title="wait until every component uses the new identity",
        look=look,
        act=act,
        left_behind="the cluster works as before; KMS was not touched",
    )
