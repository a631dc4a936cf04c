"""What every change does: look, check, show the plan, ask, act step by step, look again, say what must be kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from azext_akskv.checks.declare import (
    ACCESS,
    GOVERNANCE,
    IDENTITY,
    KEY,
    MANIFESTS,
    NETWORK,
    PRIVATE_LINK,
    PROVIDER,
    PROVISION,
    SECRETS,
    run_checks,
)
from azext_akskv.engine.holding import holding
from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.result import NOT_FOUND, Result, Trouble
from azext_akskv.engine.runner import Interrupted, carry_out, preview
from azext_akskv.engine.step import Plan, Run
from azext_akskv.failures import Conflict
from azext_akskv.flows.judged import accepted, cured, for_later
from azext_akskv.flows.previous_keys import keys_before
from azext_akskv.flows.world import Consent, World
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.repair import Picture
from azext_akskv.model.snapshot import Snapshot, UnfinishedRun, Wanted
from azext_akskv.observe.take import Lookout, ask_ahead, take_snapshot
from azext_akskv.read_only import read_only

VAULT_CATEGORIES = frozenset({IDENTITY, KEY, ACCESS, NETWORK})
"""Categories whose checks look at vault, key, identity and grants."""
NOTHING = "Nothing was changed."


def _nothing(_seen: Snapshot) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class Flow:
    """`before` and `after` are categories of checks; `plan` is pure. `cures` are codes of findings that the flow
    repairs, or that it may leave as they are: they do not block it."""

    name: str
    before: tuple[str, ...]
    plan: Callable[[Snapshot], Plan]
    after: tuple[str, ...] = ()
    cures: frozenset[str] = frozenset()
    advice: Callable[[Snapshot], tuple[str, ...]] = _nothing
    """What may go now, by the look after a run that is done."""
    draw: Callable[[Snapshot], Picture] | None = None
    """The topology by the look after a run."""
    later: frozenset[str] = frozenset()
    """Codes of findings that another command mends, before this one or after it: they are told, and do not block it."""


def drive(flow: Flow, wanted: Wanted, world: World, consent: Consent) -> Result:
    """Carries a change out under the cluster's lock, or says why not; see Result.status.

    Raises Interrupted on Ctrl-C, Busy and JournalTrouble before anything was changed.
    """
    with world.journal.locked():
        result, goes_on = _stage(flow, wanted, world, consent)
        while goes_on:
            before = result
            result, goes_on = _stage(flow, wanted, world, consent)
            result = _after(before, result)
        return result


def _after(before: Result, result: Result) -> Result:
    """What a later stage came to, without forgetting what the one before it did."""
    result = dataclasses.replace(result, steps=(*before.steps, *result.steps))
    if result.status != "refused" or result.trouble is None:
        return result
    did = "; ".join(step.title for step in before.steps if step.state == "done")
    trouble = dataclasses.replace(result.trouble, safe=(f"Done before: {did}. Nothing else was changed.",))
    return dataclasses.replace(result, run=before.run, trouble=trouble)


def _stage(flow: Flow, wanted: Wanted, world: World, consent: Consent) -> tuple[Result, bool]:
    """One look, one plan, and what came of it; and whether another look and plan shall follow."""
    seen = look(wanted, world, flow.before)
    snapshot = dataclasses.replace(seen, accepted=tuple(consent.accept))
    findings = _judged(flow, snapshot)
    if not any(finding.blocks for finding in findings):
        snapshot = ask_ahead(snapshot, lookout(world, flow.before))
        findings = _judged(flow, snapshot)
    plan, gap = _planned(flow, snapshot, findings)
    world.reporter.findings(findings)
    if plan is None or any(finding.blocks for finding in findings):
        refused = Result(flow.name, "", "refused", findings=tuple(findings), trouble=_refusal(findings, gap))
        return dataclasses.replace(refused, picture=_drawn(flow, snapshot)), False
    result = _rehearse_and_carry_out(plan, snapshot, world, consent)
    if plan.goes_on and result.status == "done" and any(step.state == "done" for step in result.steps):
        return result, True
    return _looked_again(flow, plan, result, findings, (wanted, world)), False


def _looked_again(
    flow: Flow, plan: Plan, result: Result, findings: Sequence[Finding], at: tuple[Wanted, World]
) -> Result:
    """The result with what a look after the run says, where the run changed something."""
    wanted, world = at
    if flow.after and result.status == "done" and any(step.state == "done" for step in result.steps):
        seen = look(wanted, world, flow.after)
        findings = _afterwards(flow, seen, world, findings)
        result = dataclasses.replace(_with_profile(result, plan, seen), may_go=flow.advice(seen))
        result = _with_picture(result, plan, flow, seen)
    if result.status == "done" and plan.then:
        result = dataclasses.replace(
            result, status="waiting", trouble=Trouble(f"{plan.then}.", following=plan.following)
        )
    return dataclasses.replace(result, findings=tuple(findings))


def look(wanted: Wanted, world: World, categories: Sequence[str]) -> Snapshot:
    """Looks at everything that checks of these categories need, through ports that cannot write."""
    runs = world.journal.runs()
    unfinished = tuple(UnfinishedRun(r.run, r.flow, str(r.first.get("asked", ""))) for r in runs if not r.finished)
    seen = take_snapshot(wanted, lookout(world, categories), unfinished)
    return dataclasses.replace(seen, own_runs=tuple(each.run for each in runs), former_keys=keys_before(runs))


def lookout(world: World, categories: Sequence[str]) -> Lookout:
    return Lookout(
        ports=read_only(world.ports),
        target=world.target,
        reporter=world.reporter,
        workers=world.workers,
        vault=not VAULT_CATEGORIES.isdisjoint(categories),
        secrets=SECRETS in categories,
        governance=GOVERNANCE in categories,
        private_link=PRIVATE_LINK in categories,
        provider=PROVIDER in categories,
        provision=PROVISION in categories or MANIFESTS in categories,
        manifests=MANIFESTS in categories,
        subscriptions=world.subscriptions or (world.target.subscription,),
    )


def _judged(flow: Flow, snapshot: Snapshot) -> list[Finding]:
    found = for_later(cured(run_checks(flow.before, snapshot), flow.cures), flow.later)
    return accepted(found, snapshot.accepted)


def _planned(flow: Flow, snapshot: Snapshot, findings: Sequence[Finding]) -> tuple[Plan | None, str]:
    """The plan; none while something that it needs is missing or could not be looked at, and then why."""
    if any(finding.blocks and finding.code in NOT_FOUND for finding in findings):
        return None, ""
    try:
        return flow.plan(snapshot), ""
    except NotObserved as gap:
        return None, str(gap)


def _rehearse_and_carry_out(plan: Plan, snapshot: Snapshot, world: World, consent: Consent) -> Result:
    rehearsal = dataclasses.replace(_run_in(world, RunJournal.nowhere(world.clock)), ports=read_only(world.ports))
    records = preview(plan, rehearsal)
    world.reporter.plan(plan, records)
    if consent.dry_run:
        return Result(plan.flow, "", "dry-run", tuple(records), **_shown(plan))
    nothing_to_do = all(record.state == "already" for record in records)
    if plan.question and not nothing_to_do and not consent.ask(plan.question, plan.typed):
        return Result(plan.flow, "", "declined", tuple(records), **_shown(plan))
    before = {**_before(snapshot), "accepted": list(consent.accept), "caller": world.caller}
    journal, facts, resumed = world.journal.start(plan.flow, asked(snapshot.wanted), before)
    journal.write("plan", steps=[step.code for step in plan.steps])
    run = dataclasses.replace(_run_in(world, journal), facts=facts)
    world.reporter.run_started(plan.flow, run.id, len(plan.steps), resumed)
    try:
        with _telling_others(run, snapshot, world) if plan.announced and not nothing_to_do else nullcontext():
            return carry_out(plan, run)
    except Interrupted:
        run.journal.write("interrupted")
        raise
    except Conflict as other:  # it came between our look and our first step
        run.journal.write("failed" if resumed else "refused")
        changed = f"This attempt changed nothing; what {run.id} did before is as it left it." if resumed else NOTHING
        trouble = Trouble(str(other), (changed,), world.command)
        return Result(plan.flow, run.id, "refused", trouble=trouble)


def _shown(plan: Plan) -> dict[str, Any]:
    return {"keep": plan.keep, "hand_over": plan.hand_over, "picture": plan.picture, "manifests": plan.manifests}


def _telling_others(run: Run, snapshot: Snapshot, world: World) -> AbstractContextManager[None]:
    """What goes on behind the API server says there that it is at work."""
    cluster = snapshot.cluster.value
    if cluster is None or not cluster.running or snapshot.wanted.prepare_only:
        return nullcontext()
    return holding(run, f"{world.caller} on {world.machine}", snapshot.own_runs)


def _before(snapshot: Snapshot) -> dict[str, str]:
    """What a later look at the journal must be able to tell about the cluster before the run."""
    cluster = snapshot.cluster.value
    if cluster is None:
        return {}
    return {
        "experience": cluster.experience.value,
        "key": str(cluster.kms.key or ""),
        "networkAccess": cluster.kms.network_access or "",
        "identity": str(cluster.identity.id or cluster.identity.kind),
    }


def asked(wanted: Wanted) -> str:
    """What was asked for, as one line: the same line again means to go on with the same run, by whichever way."""
    fields = {each.name: getattr(wanted, each.name) for each in dataclasses.fields(wanted) if each.name != "via"}
    return " ".join(f"{name}={value}" for name, value in fields.items() if value not in (None, False, (), ""))


def _run_in(world: World, journal: RunJournal) -> Run:
    run = Run(journal.run, world.target, world.ports, journal, world.reporter, world.clock, world.waits)
    run.serial = world.workers == 1
    return run


def _afterwards(flow: Flow, seen: Snapshot, world: World, before: Sequence[Finding]) -> list[Finding]:
    """A run that changed something is looked at once more, with the same checks: they replace those from before."""
    now = for_later(cured(run_checks(flow.after, seen), flow.cures), flow.later)
    world.reporter.findings(now)
    return [*(finding for finding in before if finding.category not in flow.after), *now]


def _with_picture(result: Result, plan: Plan, flow: Flow, seen: Snapshot) -> Result:
    """As it is now; what was to be made and is not missing any more is what was made."""
    now = _drawn(flow, seen)
    if now is None or plan.picture is None:
        return result
    left = {(each.code, each.what) for each in now.repairs}
    made = tuple(each for each in plan.picture.repairs if (each.code, each.what) not in left)
    return dataclasses.replace(result, picture=dataclasses.replace(now, made=made))


def _drawn(flow: Flow, seen: Snapshot) -> Picture | None:
    if flow.draw is None or not seen.topology.value:
        return None
    try:
        return flow.draw(seen)
    except NotObserved:  # a finding says so
        return None


def _with_profile(result: Result, plan: Plan, seen: Snapshot) -> Result:
    """What templates must say from now on, where the plan was to change legacy KMS."""
    cluster = seen.cluster.value
    legacy = cluster is not None and not cluster.experience.renewed
    changes = legacy and any(step.point_of_no_return for step in plan.steps)
    return dataclasses.replace(result, profile=cluster.kms) if cluster and changes else result


def _refusal(findings: Sequence[Finding], gap: str) -> Trouble:
    errors = sum(finding.state is State.ERROR for finding in findings if finding.blocks)
    unknowns = sum(finding.state is State.UNKNOWN for finding in findings if finding.blocks)
    counted = [f"{errors} error{'s' * (errors > 1)}"] * bool(errors) + [f"{unknowns} unknown"] * bool(unknowns)
    commands = [finding.command for finding in findings if finding.blocks and finding.command]
    reason = ", ".join(counted) or gap
    return Trouble(f"Not started: {reason}.", (NOTHING,), commands[0] if commands else "")
