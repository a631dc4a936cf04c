"""The steps that follow a change of the KMS key: note it in the cluster, rewrite every secret, note that all is proved.

The AKS page wants the rewrite after each such change, also after one that failed. [D, since 2025-05]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from azext_akskv.engine.connections import MOST
from azext_akskv.engine.step import Fact, Rewrite, Run, Seen, Step
from azext_akskv.engine.waiting import until
from azext_akskv.failures import Rejected
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.duration import suiting_rate
from azext_akskv.model.kube import Refused, Switch, Tally
from azext_akskv.model.ledger import ledger_of
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.tags import RUN_TAG
from azext_akskv.ports import Ports
from azext_akskv.steps.rewrite_cursor import cursor_of
from azext_akskv.steps.rewrite_inside import InsidePass
from azext_akskv.steps.rewrite_pass import REWRITE, Order, Pass
from azext_akskv.steps.rewrite_proof import Ground, did_nothing, judge, secrets

KeyWanted = Callable[[Run], str]
"""The key identifier that shall be in force, or "off"; raises MissingFact while a step before will find it out."""

HALF_WAY = Fact("rewritten-half-way", str)
"""The change under which every secret was rewritten before it could be noted. An empty patch that rewrites a value from
before the change was answered by an API server that has changed over."""

KEEP_BOTH = "no secret became unreadable by this: keep the key from before and the present one enabled"
FIRST_REFUSED = 5


def order_of(snapshot: Snapshot) -> Order:
    """How the secrets of this cluster shall be rewritten. Raises NotObserved when the cluster could not be read."""
    wanted, cluster = snapshot.wanted, snapshot.cluster.get()
    gentle = cluster is not None and cluster.kms_v1
    key = snapshot.key.value or snapshot.key_in_use.value
    census = snapshot.secrets.value
    return Order(
        per_second=suiting_rate(gentle, key) if wanted.max_rate is None else wanted.max_rate,
        connections=wanted.concurrency or MOST,
        namespaces=wanted.namespaces,
        expected=census.count if census and not wanted.namespaces else None,
        gentle=gentle,
    )


def note_switch(wanted: KeyWanted) -> Step:
    """Notes R0 in the cluster: what is stored later was written under the present key.

    From there on any machine, also one without a journal, goes on with the right R0.
    """

    def look(run: Run) -> Seen | None:
        switch = switch_in_force(run.looking, run, wanted(run))
        return Seen(f"at resourceVersion {switch.r0}") if switch else None

    def act(run: Run) -> None:
        run.reporter.note(f"Waiting {run.waits.settle:.0f} s until every API server has changed over.")
        run.clock.sleep(run.waits.settle)
        until(
            run.clock,
            lambda: run.ports.secrets.ready() or None,
            every=run.waits.poll,
            limit=run.waits.api_server_back,
            what="wait for the API server",
        )
        cluster = run.ports.clusters.get(run.target)
        if not cluster.settled or cluster.key_in_force.lower() != wanted(run).lower():
            raise Rejected("note the key change", "key-not-in-force", f"the cluster says {cluster.key_in_force}")
        r0 = run.ports.secrets.latest_version()
        run.ports.secrets.note_switch(Switch(cluster.key_in_force, cluster.tags.get(RUN_TAG, ""), r0))

    return Step(
        "note-switch", "note in the cluster since when the change is in force", look, act, left_behind=KEEP_BOTH
    )


def rewrite_secrets(order: Order, wanted: KeyWanted | None = None) -> Step:
    """Rewrites every secret. With `wanted` it is done already when the cluster notes that all is proved under that key;
    without, it is done because it was asked for."""

    def look(run: Run) -> Seen | None:
        if run.rewrite and run.rewrite.under == (wanted(run).lower() if wanted else ""):
            return Seen(summary(run.rewrite))
        switch = switch_in_force(run.looking, run, wanted(run)) if wanted else None
        return Seen("every secret was written since the change") if switch and switch.proved else None

    return Step(
        "rewrite-secrets",
        REWRITE,
        look,
        lambda run: rewrite(run, order, wanted(run).lower() if wanted else ""),
        left_behind=KEEP_BOTH,
        even_after_failure=True,
    )


def note_proof(wanted: KeyWanted | None = None) -> Step:
    """Notes in the cluster that every secret is stored under the present key, when that was proved."""

    def look(run: Run) -> Seen | None:
        if run.rewrite and not run.rewrite.proved:
            return Seen(f"stays open: {run.rewrite.why}")
        switch = switch_in_force(run.looking, run, wanted(run) if wanted else None)
        return Seen("every secret was written since the change") if switch and switch.proved else None

    def act(run: Run) -> None:
        switch = switch_in_force(run.ports, run) or _found_in_force(run)
        if switch is None:
            raise Rejected(
                "note the proof", "key-changed-meanwhile", "the cluster's key was changed during the rewrite"
            )
        run.ports.secrets.note_switch(replace(switch, proved=True))

    return Step("note-proof", "note in the cluster that every secret was rewritten", look, act, left_behind=KEEP_BOTH)


@dataclass(frozen=True)
class Before:
    """The key in force and the newest resourceVersion before a pass."""

    key: str
    r0: int

    @classmethod
    def parse(cls, text: str) -> Before:
        """Raises ValueError."""
        key, _, r0 = text.rpartition(" ")
        return cls(key, int(r0))


R0_BEFORE = Fact("r0-before-rewrite", Before.parse)
"""For a cluster whose key no run of ours has put there: what a pass stood on that may prove itself by the metrics."""


def _found_in_force(run: Run) -> Switch | None:
    """The note of a key that no run of ours has put there, when it was the same one during the whole pass."""
    cluster = run.ports.clusters.get(run.target)
    if not (run.rewrite and R0_BEFORE in run and run[R0_BEFORE].key == cluster.key_in_force):
        return None
    return Switch(cluster.key_in_force, cluster.tags.get(RUN_TAG, ""), run[R0_BEFORE].r0)


def require_proof(wanted: KeyWanted) -> Step:
    """Nothing follows a change of the key whose rewrite is not proved: the change after it may take the other key
    away."""

    def look(run: Run) -> Seen | None:
        switch = switch_in_force(run.looking, run, wanted(run))
        return Seen("it is") if switch and switch.proved else None

    def act(run: Run) -> None:
        why = run.rewrite.why if run.rewrite else "nothing notes that"
        raise Rejected("go on", "not-proved", f"it is not proved that every secret was rewritten: {why}")

    return Step("require-proof", "make sure that every secret was rewritten", look, act, left_behind=KEEP_BOTH)


def switch_in_force(ports: Ports, run: Run, key: str | None = None) -> Switch | None:
    """The cluster's note, or its tags, when they speak of its present key, and of `key` where one is wanted."""
    switch, cluster = ports.secrets.switch(), ports.clusters.get(run.target)
    if switch is None or not switch.speaks_of(cluster):
        switch = noted_in_tags(cluster)
    if switch is None:
        return None
    return switch if key is None or key.lower() == switch.key.lower() else None


def noted_in_tags(cluster: Cluster) -> Switch | None:
    """Where the note behind the API server was deleted: what the ledger says once everything is proved."""
    era = ledger_of(cluster).present
    if era is None or not era.rewritten or era.r0 is None:
        return None
    return Switch(cluster.key_in_force, cluster.tags.get(RUN_TAG, ""), era.r0, proved=True)


def rewrite(run: Run, order: Order, under: str = "") -> None:
    """Fills run.rewrite, also when it fails. Raises Rejected when secrets were refused, or when nothing was rewritten
    although the key was changed; GatewayError and TookTooLong when the API server could not be asked to the end."""
    switch = switch_in_force(run.ports, run)
    cursor = cursor_of(run, switch)
    if cursor:
        run.reporter.note(f"Going on behind {cursor.place}: {secrets(cursor.tally.total)} done.")
    elif switch is None and not order.namespaces:
        _remember_before(run)
    how = InsidePass if run.ports.inside.wanted() else Pass
    each = how(run, order, switch, cursor)
    started = run.clock.monotonic()
    run.rewrite = None
    outcome = Rewrite(each.tally, 0.0, False, "it was not finished", under)
    try:
        each.carry_out()
    finally:
        outcome.tally, outcome.seconds = each.tally, run.clock.monotonic() - started
        run.rewrite = outcome
    still = switch_in_force(run.ports, run)
    ground = ground_of(run, still if still == switch else None, order.namespaces)
    if ground.switch is None and not order.namespaces and wholly_rewritten(each.tally):
        run.journal.write("progress", facts={HALF_WAY.name: change_of(ground.cluster)})
    verdict = judge(each.tally, ground, run.ports.secrets.evidence)
    outcome.proved, outcome.why = verdict.proved, verdict.why
    complain(outcome, None if ground.cluster.experience.renewed else switch)


def _remember_before(run: Run) -> None:
    before = f"{run.ports.clusters.get(run.target).key_in_force} {run.ports.secrets.latest_version()}"
    run.facts[R0_BEFORE.name] = before
    run.journal.write("progress", facts={R0_BEFORE.name: before})


def wholly_rewritten(tally: Tally) -> bool:
    """Each secret was stale and was written anew: none is there by the word of a server that had not changed over."""
    return tally.rewritten > 0 and not (tally.current or tally.refused)


def ground_of(run: Run, switch: Switch | None, namespaces: tuple[str, ...]) -> Ground:
    cluster = run.ports.clusters.get(run.target)
    changed_over = HALF_WAY in run and run[HALF_WAY] == change_of(cluster)
    return Ground(cluster, switch, namespaces, changed_over)


def change_of(cluster: Cluster) -> str:
    """The last change of the cluster's key by a run of ours: another one has another run's tag."""
    return f"{cluster.key_in_force} {cluster.tags.get(RUN_TAG, '')}".lower()


def complain(outcome: Rewrite, switch: Switch | None) -> None:
    """Raises Rejected when what came out must not be passed over. `switch` None also where the platform rewrites by
    itself, and may have been the first."""
    tally = outcome.tally
    own = [each for each in tally.refused if not each.platform]
    if own:
        raise Rejected(REWRITE, "secrets-refused", f"{len(own):,} of {tally.total:,} were refused: {told(own)}")
    if did_nothing(tally, switch) and not outcome.proved:  # all API servers' own metrics outweigh it
        outcome.proved, outcome.why = False, "no secret was written after the key change"
        raise Rejected(
            REWRITE,
            "rewrite-did-nothing",
            f"of {secrets(tally.rewritten + tally.current)} none was written after the key change. Either the API "
            "servers have not changed over yet, or they cannot tell the old key from the new one. Both keys must stay "
            "enabled; run the same command again in some minutes",
        )


def told(refused: list[Refused]) -> str:
    """The first ones with their reasons, the others as a number."""
    first = "; ".join(f"{each.secret}: {each.reason}" for each in refused[:FIRST_REFUSED])
    more = len(refused) - FIRST_REFUSED
    return f"{first}; and {more:,} more" if more > 0 else first


def summary(outcome: Rewrite) -> str:
    tally = outcome.tally
    counts = [(tally.rewritten, "rewritten"), (tally.current, "current"), (tally.gone, "gone meanwhile")]
    counts += [(len(tally.refused), "refused by the platform")]
    parts = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    return f"{secrets(tally.total)}: {parts}" if parts else "there is no secret"
