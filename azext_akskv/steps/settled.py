"""Sends a change of the cluster once: what a killed run has already sent is waited for instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from azext_akskv.engine.step import Run
from azext_akskv.engine.waiting import until
from azext_akskv.model.choice import ENDED_BADLY
from azext_akskv.model.cluster import Cluster
from azext_akskv.ports import Watch


def change(run: Run, shown: Callable[[Cluster], bool], put: Callable[[Run, Cluster], None]) -> None:
    """`shown`: the cluster's profile already says what is wanted, which it does as soon as the change is accepted.

    A change that is under way is waited for; one that ended badly is sent again, as AKS advises for a failed cluster.
    """
    cluster = run.ports.clusters.get(run.target)
    if shown(cluster) and not ended(cluster):
        cluster = until(
            run.clock,
            lambda: _ended(run),
            every=run.waits.poll,
            limit=run.waits.update,
            what="the update of the cluster that an earlier run began",
        )
    if not (shown(cluster) and cluster.settled):
        put(run, cluster)


def ended(cluster: Cluster) -> bool:
    return cluster.settled or cluster.provisioning_state in ENDED_BADLY


def _ended(run: Run) -> Cluster | None:
    cluster = run.looking.clusters.get(run.target)
    run.reporter.tick(f"the cluster is {cluster.provisioning_state}, as an earlier run left it")
    return cluster if ended(cluster) else None


@dataclass(frozen=True)
class JournallingWatch:
    """Keeps the operation's URL in the journal and tells its states."""

    run: Run
    step: str

    def accepted(self, operation_url: str) -> None:
        self.run.journal.write("operation", step=self.step, url=operation_url)

    def status(self, status: str) -> None:
        self.run.reporter.tick(f"the cluster is {status}")


def watch(run: Run, step: str) -> Watch:
    return JournallingWatch(run, step)
