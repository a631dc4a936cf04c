"""Sends a change of the cluster once: what a killed run has already sent is waited for instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from azext_akskv.engine.step import Run
from azext_akskv.engine.waiting import until
from azext_akskv.failures import GatewayError, LostTrack, OperationFailed, Unavailable
from azext_akskv.model.choice import ENDED_BADLY
from azext_akskv.model.cluster import Cluster
from azext_akskv.ports import Watch


def change(
    run: Run,
    shown: Callable[[Cluster], bool],
    put: Callable[[Run, Cluster], None],
    *,
    limit: float | None = None,
) -> None:
    """`shown`: the cluster's profile already says what is wanted, which it does as soon as the change is accepted.

    A change that is under way is waited for, `limit` seconds at the most (None: Waits.update); one that ended badly is
    sent again, as AKS advises for a failed cluster. What a failure to send it stands for is read off the cluster
    itself: a PUT whose answer was lost is sent again and then meets its own change as a conflict, or AKS took the
    change and its operation cannot be read.
    """
    limit = run.waits.update if limit is None else limit
    cluster = _awaited(run, shown, limit)
    if shown(cluster) and cluster.settled:
        return
    try:
        put(run, cluster)
    except OperationFailed:
        raise
    except GatewayError as error:
        cluster = _awaited(run, shown, limit)
        if shown(cluster) and cluster.settled:
            return
        if shown(cluster):
            raise OperationFailed(error.doing, cluster.provisioning_state, f"the cluster says so; {error}") from error
        # A request without an answer may still be on its way; one that was answered with no is over.
        answered = not isinstance(error, (Unavailable, LostTrack))
        error.not_begun = answered and cluster.provisioning_state not in ENDED_BADLY
        raise


def _awaited(run: Run, shown: Callable[[Cluster], bool], limit: float) -> Cluster:
    """The cluster; when what is wanted is on its way, the cluster at the end of that."""
    cluster = run.ports.clusters.get(run.target)
    if not shown(cluster) or ended(cluster):
        return cluster
    return until(
        run.clock,
        lambda: _ended(run),
        every=run.waits.poll,
        limit=limit,
        what="the update of the cluster that is under way",
    )


def ended(cluster: Cluster) -> bool:
    return cluster.settled or cluster.provisioning_state in ENDED_BADLY


def _ended(run: Run) -> Cluster | None:
    cluster = run.looking.clusters.get(run.target)
    run.reporter.tick(f"the cluster is {cluster.provisioning_state}; the change was sent before")
    return cluster if ended(cluster) else None


@dataclass(frozen=True)
class JournallingWatch:
    """Keeps the operation's URL in the journal and tells its states."""

    run: Run
    step: str
    what: str

    def accepted(self, operation_url: str) -> None:
        self.run.journal.write("operation", step=self.step, url=operation_url)

    def status(self, status: str) -> None:
        self.run.reporter.tick(f"{self.what} is {status}")


def watch(run: Run, step: str, what: str = "the cluster") -> Watch:
    return JournallingWatch(run, step, what)
