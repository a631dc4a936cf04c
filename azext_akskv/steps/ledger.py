"""Writes into the cluster's own tags that every secret is stored under the present key."""

from __future__ import annotations

from azext_akskv.engine.step import Fact, Run, Seen, Step
from azext_akskv.failures import Conflict, GatewayError, Rejected
from azext_akskv.model.ledger import ledger_of, with_rewrite
from azext_akskv.steps.rewrite import (
    KEEP_BOTH,
    KeyWanted,
    note_proof,
    note_switch,
    rewrite_secrets,
    switch_in_force,
)
from azext_akskv.steps.rewrite_pass import Order
from azext_akskv.steps.settled import watch

NOT_NOTED = Fact("ledger-not-noted", str)
"""Why the tags could not be changed. Then they go on saying that the rewrite is owed, and another look, by whoever
reaches the API server, finds the note there."""

MOST_CONFLICTS = 3


def after_change(order: Order, wanted: KeyWanted) -> tuple[Step, ...]:
    """What must follow each change of the key."""
    return note_switch(wanted), rewrite_secrets(order, wanted), note_proof(wanted), note_ledger(wanted)


def note_ledger(wanted: KeyWanted | None = None) -> Step:
    """Tags alone, and no update of the cluster: no API server restarts. Whatever is in the way, the secrets are
    rewritten and the proof is noted behind the API server: so it stops nothing."""

    def look(run: Run) -> Seen | None:
        if run.rewrite and not run.rewrite.proved:
            return Seen(f"stays open: {run.rewrite.why}")
        if NOT_NOTED in run:
            return Seen(run[NOT_NOTED])
        cluster = run.looking.clusters.get(run.target)
        if wanted and wanted(run).lower() != cluster.key_in_force.lower():
            return None
        era = ledger_of(cluster).present
        return Seen(f"every secret was written since resourceVersion {era.r0}") if era and era.rewritten else None

    def act(run: Run) -> None:
        try:
            _note(run)
        except GatewayError as error:
            said = error.message or error.code or type(error).__name__
            run.facts[NOT_NOTED.name] = f"not noted there ({said}); the note behind the API server stands"

    return Step(
        "note-ledger", "note in the cluster's tags that every secret was rewritten", look, act, left_behind=KEEP_BOTH
    )


def _note(run: Run) -> None:
    """Raises GatewayError."""
    for left in range(MOST_CONFLICTS - 1, -1, -1):
        cluster, switch = run.ports.clusters.get(run.target), switch_in_force(run.ports, run)
        tags = with_rewrite(cluster, switch.r0) if switch and switch.proved else None
        if tags is None:
            raise Rejected("note the proof", "key-changed-meanwhile", "the cluster's key was changed after the rewrite")
        try:
            return run.ports.clusters.tag(cluster, tags, watch(run, "note-ledger"))
        except Conflict:
            if not left:
                raise
        run.reporter.tick("somebody else is changing the cluster")
        run.clock.sleep(run.waits.poll)
    return None
