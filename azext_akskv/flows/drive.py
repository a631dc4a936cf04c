"""What every change does: look, check, show the plan, ask, act step by step, look again, say what must be kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azext_akskv.checks.declare import run_checks
from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.result import NOT_FOUND, Result, Trouble
from azext_akskv.engine.runner import Interrupted, carry_out, preview
from azext_akskv.engine.step import Plan, Run
from azext_akskv.flows.world import Consent, World
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.snapshot import Snapshot, UnfinishedRun, Wanted
from azext_akskv.observe.take import take_snapshot
from azext_akskv.ports import read_only


@dataclass(frozen=True)
class Flow:
    """`before` and `after` are categories of checks; `plan` is pure."""

    name: str
    before: tuple[str, ...]
    plan: Callable[[Snapshot], Plan]
    after: tuple[str, ...] = ()


def drive(flow: Flow, wanted: Wanted, world: World, consent: Consent) -> Result:
    """Carries a change out under the cluster's lock, or says why not; see Result.status.

    Raises Interrupted on Ctrl-C, Busy and JournalTrouble before anything was changed.
    """
    with world.journal.locked():
        snapshot = look(wanted, world)
        findings = accepted(run_checks(flow.before, snapshot), consent.accept)
        plan = flow.plan(snapshot) if can_be_planned(findings) else None
        if plan:
            findings = [finding for finding in findings if not (finding.blocks and finding.code in plan.cures)]
        world.reporter.findings(findings)
        if plan is None or any(finding.blocks for finding in findings):
            return Result(flow.name, "", "refused", findings=tuple(findings), trouble=_refusal(findings, world))
        result = _rehearse_and_carry_out(plan, snapshot, world, consent)
        return dataclasses.replace(result, findings=(*findings, *_afterwards(flow, wanted, world, result)))


def look(wanted: Wanted, world: World) -> Snapshot:
    """Looks at everything that the command's checks and plan need, through ports that cannot write."""
    unfinished = tuple(UnfinishedRun(r.run, r.flow, str(r.first.get("asked", ""))) for r in world.journal.unfinished())
    quiet = dataclasses.replace(world, ports=read_only(world.ports))
    return take_snapshot(wanted, quiet.ports, world.target, world.reporter, unfinished)


def accepted(findings: Sequence[Finding], codes: Sequence[str]) -> list[Finding]:
    """Findings that the user overrules by name become warnings that say so; those that nobody may overrule stay."""
    return [
        dataclasses.replace(finding, state=State.WARNING, text=f"{finding.text} (accepted)")
        if finding.blocks and finding.may_accept and finding.code in codes
        else finding
        for finding in findings
    ]


def can_be_planned(findings: Sequence[Finding]) -> bool:
    """Without the cluster, or with something missing that was not asked to be made, there is nothing to plan with."""
    return not any(
        finding.blocks and (finding.state is State.UNKNOWN or finding.code in NOT_FOUND) for finding in findings
    )


def _rehearse_and_carry_out(plan: Plan, snapshot: Snapshot, world: World, consent: Consent) -> Result:
    wanted = snapshot.wanted
    rehearsal = dataclasses.replace(_run_in(world, RunJournal.nowhere(world.clock)), ports=read_only(world.ports))
    records = preview(plan, rehearsal)
    world.reporter.plan(plan, records)
    if consent.dry_run:
        return Result(plan.flow, "", "dry-run", tuple(records), keep=plan.keep)
    nothing_to_do = all(record.state == "already" for record in records)
    if plan.question and not nothing_to_do and not consent.ask(plan.question):
        return Result(plan.flow, "", "declined", tuple(records), keep=plan.keep)
    before = {"kms": str(snapshot.cluster.get().kms), "accepted": list(consent.accept), "caller": world.caller}
    journal, facts, resumed = world.journal.start(plan.flow, asked(wanted), before)
    run = dataclasses.replace(_run_in(world, journal), facts=facts)
    world.reporter.run_started(plan.flow, run.id, len(plan.steps), resumed)
    try:
        return carry_out(plan, run)
    except Interrupted:
        run.journal.write("interrupted")
        raise


def asked(wanted: Wanted) -> str:
    """What was asked for, as one line: the same line again means to go on with the same run."""
    fields = {each.name: getattr(wanted, each.name) for each in dataclasses.fields(wanted)}
    return " ".join(f"{name}={value}" for name, value in fields.items() if value not in (None, False, ()))


def _run_in(world: World, journal: RunJournal) -> Run:
    return Run(journal.run, world.target, world.ports, journal, world.reporter, world.clock, world.waits)


def _afterwards(flow: Flow, wanted: Wanted, world: World, result: Result) -> list[Finding]:
    """A run that changed something is looked at once more, with the same checks."""
    if result.status != "done" or not flow.after or all(step.state == "already" for step in result.steps):
        return []
    problems = [finding for finding in run_checks(flow.after, look(wanted, world)) if finding.state is not State.OK]
    world.reporter.findings(problems)
    return problems


def _refusal(findings: Sequence[Finding], world: World) -> Trouble:
    errors = sum(finding.state is State.ERROR for finding in findings if finding.blocks)
    unknowns = sum(finding.state is State.UNKNOWN for finding in findings if finding.blocks)
    counted = [f"{errors} error{'s' * (errors > 1)}"] * bool(errors) + [f"{unknowns} unknown"] * bool(unknowns)
    commands = [finding.command for finding in findings if finding.blocks and finding.command]
    following = commands[0] if commands else world.command
    return Trouble(f"Not started: {', '.join(counted)}.", ("Nothing was changed.",), following)
