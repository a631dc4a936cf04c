"""The only loop over steps: preview a plan, or carry it out so that it can be killed and resumed at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from azext_akskv.engine.result import Result, StepRecord, Trouble
from azext_akskv.engine.step import MissingFact, Plan, Run, Seen, Step
from azext_akskv.engine.waiting import until
from azext_akskv.failures import GatewayError, NotYet, TookTooLong

STOPPING = (GatewayError, TookTooLong)
"""What a step may meet in the world; anything else is our own mistake and is not dressed up as the world's."""

NOTHING_BEGUN = "the service refused this change before it began any of it: the cluster is as it was before this step"

INTERRUPTED = "interrupted"
"""The detail of a step that Ctrl-C stopped."""


class Interrupted(Exception):
    """Ctrl-C in a run; `result` says how far it came."""

    def __init__(self, result: Result) -> None:
        super().__init__("interrupted")
        self.result = result


def preview(plan: Plan, run: Run) -> list[StepRecord]:
    """What each step would find now: `already` or `planned`. Nothing is changed and nothing is journalled. What follows
    a change of KMS that is still to come is planned, whatever it would find before that change."""
    records: list[StepRecord] = []
    changes = False
    for step in plan.steps:
        gap = ""
        try:
            seen = step.look(run)
        except MissingFact:  # a step before it is still to be done
            seen = None
        except GatewayError as error:  # the run looks again, and stops if it must
            seen, gap = None, str(error)
        run.facts.update(seen.facts if seen else {})
        seen = None if changes else seen
        changes = changes or (step.point_of_no_return and seen is None)
        records.append(StepRecord(step.code, step.title, "already" if seen else "planned", 0.0, _detail(seen) or gap))
    return records


def carry_out(plan: Plan, run: Run) -> Result:
    """Carries the plan out and returns what it came to: done, failed or waiting.

    Raises Interrupted on Ctrl-C. Errors that are not the world's pass through.
    """
    outcome = Outcome()
    for number, step in enumerate(plan.steps, start=1):
        if outcome.leaves_out(step):
            outcome.records.append(StepRecord(step.code, step.title, "skipped"))
            continue
        run.reporter.step_started(number, len(plan.steps), step.title)
        try:
            outcome.attempt(step, run)
        except KeyboardInterrupt as stop:
            outcome.note(step, "failed", INTERRUPTED)
            outcome.trouble = Trouble(f"Interrupted in the step: {step.title}.", _safe(step))
            raise Interrupted(outcome.result(plan, run)) from stop
        run.reporter.step_ended(number, len(plan.steps), outcome.records[-1])
    run.journal.write(outcome.status)
    return outcome.result(plan, run)


@dataclass
class Outcome:
    """What a run has come to so far. The first trouble is the one that is told: what follows is its consequence."""

    records: list[StepRecord] = field(default_factory=list)
    status: str = "done"
    trouble: Trouble | None = None
    half_way: bool = False
    """The step with the point of no return failed, and not by a refusal: the cluster may be anywhere between."""

    def leaves_out(self, step: Step) -> bool:
        still_wanted = step.even_after_failure and self.half_way
        return self.status == "waiting" or (self.trouble is not None and not still_wanted)

    def attempt(self, step: Step, run: Run) -> None:
        """Performs a step and notes how it went."""
        started = run.clock.monotonic()
        try:
            state, seen = perform(step, run)
            self.note(step, state, seen.detail, run.clock.monotonic() - started)
        except NotYet as wait:
            self.note(step, "planned", str(wait), run.clock.monotonic() - started)
            self.status, self.trouble = "waiting", Trouble(str(wait), _safe(step), in_words(wait.seconds))
        except STOPPING as error:
            self.note(step, "failed", str(error), run.clock.monotonic() - started)
            refused = isinstance(error, GatewayError) and error.not_begun
            self.half_way = self.half_way or (step.point_of_no_return and not refused)
            safe = (NOTHING_BEGUN,) if refused else _safe(step)
            self.status, self.trouble = "failed", self.trouble or Trouble(str(error), safe)
            run.journal.write("failed", step=step.code, why=str(error), request=getattr(error, "request_id", ""))

    def note(self, step: Step, state: str, detail: str, seconds: float = 0.0) -> None:
        self.records.append(StepRecord(step.code, step.title, state, seconds, detail))

    def result(self, plan: Plan, run: Run) -> Result:
        return Result(
            flow=plan.flow,
            run=run.id,
            status=self.status if not self.trouble or self.status == "waiting" else "failed",
            steps=tuple(self.records),
            keep=plan.keep,
            rewrite=run.rewrite,
            hand_over=plan.hand_over,
            picture=plan.picture,
            proofs=run.proofs,
            onward=plan.onward,
            manifests=plan.manifests,
            trouble=self.trouble,
        )


def perform(step: Step, run: Run) -> tuple[str, Seen]:
    """Looks, and only when there is something to do: notes the intention, acts, and looks until it can be seen."""
    if seen := step.look(run):
        run.facts.update(seen.facts)
        run.journal.write("already", step=step.code, facts=dict(seen.facts), detail=seen.detail)
        return "already", seen
    run.still_ours()
    run.journal.write("begin", step=step.code)  # before the change: after a kill we know what to look at
    step.act(run)
    limit = run.waits.appear if step.limit_seconds is None else step.limit_seconds
    seen = until(run.clock, _looking(step, run), every=run.waits.poll, limit=limit, what=step.title)
    run.facts.update(seen.facts)
    run.journal.write("end", step=step.code, facts=dict(seen.facts), detail=seen.detail)
    return "done", seen


def _looking(step: Step, run: Run) -> Callable[[], Seen | None]:
    return lambda: step.look(run)


def _detail(seen: Seen | None) -> str:
    return seen.detail if seen else ""


def _safe(step: Step) -> tuple[str, ...]:
    return (step.left_behind,) if step.left_behind else ()


def in_words(seconds: float) -> str:
    """run again after 3 h 20 min."""
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    return "run again after " + " ".join([f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours))
