"""The loop over steps: look, act, look again; what comes after a failure; what a rehearsal may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from azext_akskv.engine.journal import Journal, RunJournal
from azext_akskv.engine.result import Result, exit_code_of
from azext_akskv.engine.runner import NOTHING_BEGUN, Interrupted, carry_out, in_words, preview
from azext_akskv.engine.step import Fact, MissingFact, Plan, Run, Seen, Step, given
from azext_akskv.engine.waiting import Waits
from azext_akskv.failures import NotYet, Rejected, Unavailable
from azext_akskv.model.finding import Finding, State
from azext_akskv.read_only import WriteRefused, read_only
from tests.builders import TARGET
from tests.fakes import FakeClock, FakeReporter, FakeWorld


@dataclass
class Thing:
    """Something that a step makes, and that can be seen a while later."""

    made: list[str] = field(default_factory=list)
    trouble: dict[str, BaseException] = field(default_factory=dict)
    hidden_looks: int = 0

    def step(self, code: str, **more: object) -> Step:
        def look(_run: Run) -> Seen | None:
            if code not in self.made:
                return None
            self.hidden_looks -= 1
            return None if self.hidden_looks >= 0 else Seen(f"{code} is there", {code: "known"})

        def act(_run: Run) -> None:
            if code in self.trouble:
                raise self.trouble[code]
            self.made.append(code)

        return Step(code, f"make {code}", look, act, left_behind=f"{code} may be there", **more)  # type: ignore[arg-type]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    clock = FakeClock()
    with Journal(tmp_path, TARGET, clock).locked():
        journal, facts, _ = Journal(tmp_path, TARGET, clock).start("test", "", {})
    ports = FakeWorld(tmp_path).world().ports
    return Run(journal.run, TARGET, ports, journal, FakeReporter(), clock, Waits(), facts)


def states(result: Result) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}


def events(tmp_path: Path) -> list[tuple[str, str]]:
    [file] = Journal(tmp_path, TARGET, FakeClock()).runs()
    return [(str(line["event"]), str(line.get("step", ""))) for line in file.lines]


def test_a_step_that_is_done_already_is_not_done_again(run: Run, tmp_path: Path) -> None:
    thing = Thing(made=["a"])
    result = carry_out(Plan("test", (thing.step("a"), thing.step("b"))), run)
    assert states(result) == {"a": "already", "b": "done"} and thing.made == ["a", "b"]
    assert events(tmp_path)[1:] == [("already", "a"), ("begin", "b"), ("end", "b"), ("done", "")]
    assert run.facts == {"a": "known", "b": "known"}


def test_it_looks_until_the_act_can_be_seen(run: Run) -> None:
    thing = Thing(hidden_looks=3)
    assert states(carry_out(Plan("test", (thing.step("a"),)), run)) == {"a": "done"}
    assert run.clock.monotonic() == 3 * Waits().poll


def test_an_act_that_never_shows_fails_the_step(run: Run) -> None:
    thing = Thing(hidden_looks=10_000)
    result = carry_out(Plan("test", (thing.step("a", limit_seconds=60.0),)), run)
    assert states(result) == {"a": "failed"} and result.status == "failed" and result.exit_code == 1
    assert result.trouble and result.trouble.safe == ("a may be there",)


def test_after_a_failure_only_what_the_procedure_still_wants_is_done(run: Run) -> None:
    thing = Thing(trouble={"b": Unavailable("change it", "500", "oops", "request-7")})
    steps = (
        thing.step("a"),
        thing.step("b", point_of_no_return=True),
        thing.step("c"),
        thing.step("d", even_after_failure=True),
    )
    result = carry_out(Plan("test", steps), run)
    assert states(result) == {"a": "done", "b": "failed", "c": "skipped", "d": "done"}
    assert result.status == "failed" and result.trouble and "oops" in result.trouble.text


def test_before_the_point_of_no_return_a_failure_ends_the_run(run: Run) -> None:
    thing = Thing(trouble={"a": Unavailable("change it", "500", "oops")})
    steps = (thing.step("a"), thing.step("b", point_of_no_return=True), thing.step("c", even_after_failure=True))
    assert states(carry_out(Plan("test", steps), run)) == {"a": "failed", "b": "skipped", "c": "skipped"}
    assert thing.made == []


def test_after_a_refusal_nothing_more_is_done_and_nothing_is_feared(run: Run) -> None:
    refusal = Rejected("change it", "BadRequest", "no")
    refusal.not_begun = True
    thing = Thing(trouble={"a": refusal})
    steps = (thing.step("a", point_of_no_return=True), thing.step("b", even_after_failure=True))
    result = carry_out(Plan("test", steps), run)
    assert states(result) == {"a": "failed", "b": "skipped"} and thing.made == []
    assert result.trouble and result.trouble.safe == (NOTHING_BEGUN,)


def test_what_fails_behind_the_point_of_no_return_ends_the_run(run: Run) -> None:
    """A rewrite before the change is noted could never be proved."""
    thing = Thing(trouble={"b": Unavailable("note it", "503", "")})
    steps = (thing.step("a", point_of_no_return=True), thing.step("b"), thing.step("c", even_after_failure=True))
    assert states(carry_out(Plan("test", steps), run)) == {"a": "done", "b": "failed", "c": "skipped"}


def test_the_first_trouble_is_the_one_that_is_told(run: Run) -> None:
    thing = Thing(trouble={"a": Unavailable("first", "", ""), "b": Unavailable("second", "", "")})
    steps = (thing.step("a", point_of_no_return=True), thing.step("b", even_after_failure=True))
    result = carry_out(Plan("test", steps), run)
    assert result.trouble and result.trouble.text == "first"


def test_what_must_wait_ends_the_run_waiting(run: Run, tmp_path: Path) -> None:
    thing = Thing(trouble={"a": NotYet("not so soon", 12_000)})
    steps = (thing.step("a"), thing.step("b"), thing.step("c", even_after_failure=True))
    result = carry_out(Plan("test", steps), run)
    assert (result.status, result.exit_code) == ("waiting", 0)
    assert states(result) == {"a": "planned", "b": "skipped", "c": "skipped"}
    assert result.trouble and result.trouble.following == "run again after 3 h 20 min"
    assert events(tmp_path)[-1] == ("waiting", "")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 min"), (59, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (28_800, "8 h")],
)
def test_waits_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == f"run again after {words}"


def test_ctrl_c_says_how_far_the_run_came(run: Run) -> None:
    thing = Thing(trouble={"b": KeyboardInterrupt()})
    with pytest.raises(Interrupted) as stop:
        carry_out(Plan("test", (thing.step("a"), thing.step("b")), keep=("the key",)), run)
    assert states(stop.value.result) == {"a": "done", "b": "failed"}
    assert stop.value.result.keep == ("the key",) and stop.value.result.status == "failed"


def test_our_own_mistakes_are_not_dressed_up_as_the_worlds(run: Run) -> None:
    thing = Thing(trouble={"a": ValueError("a bug")})
    with pytest.raises(ValueError, match="a bug"):
        carry_out(Plan("test", (thing.step("a"),)), run)


def test_a_rehearsal_acts_on_nothing_and_writes_no_journal(run: Run, tmp_path: Path) -> None:
    thing = Thing(made=["a"])
    before = events(tmp_path)
    run.journal = RunJournal.nowhere(run.clock)
    records = preview(Plan("test", (thing.step("a"), thing.step("b"))), run)
    assert [record.state for record in records] == ["already", "planned"]
    assert thing.made == ["a"] and events(tmp_path) == before


@pytest.mark.parametrize("error", [MissingFact("key"), Unavailable("ask", "", "away")], ids=["fact", "gateway"])
def test_a_rehearsal_takes_what_it_cannot_see_as_still_to_be_done(run: Run, error: Exception) -> None:
    def look(_run: Run) -> Seen | None:
        raise error

    def act(_run: Run) -> None:
        raise AssertionError("a rehearsal acted")

    [record] = preview(Plan("test", (Step("a", "make a", look, act),)), run)
    assert record.state == "planned"


def test_a_look_cannot_write(run: Run) -> None:
    with pytest.raises(WriteRefused):
        run.looking.vaults.create(TARGET, "", "", {})
    with pytest.raises(WriteRefused):
        read_only(run.ports).secrets.note_switch  # noqa: B018  # the access itself is refused


def test_facts_are_values_or_found_out_by_steps(run: Run) -> None:
    number = Fact("number", int)
    with pytest.raises(MissingFact):
        given(run, number)
    run.facts["number"] = "7"
    assert (given(run, number), given(run, 8)) == (7, 8)


def a_finding(code: str, state: State, guards: bool = True) -> Finding:
    return Finding(code, "key", state, "", guards=guards)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        ([a_finding("x", State.WARNING)], 0),
        ([a_finding("x", State.UNKNOWN, guards=False)], 0),
        ([a_finding("x", State.UNKNOWN)], 5),
        ([a_finding("x", State.UNKNOWN), a_finding("y", State.ERROR)], 4),
        ([a_finding("key-missing", State.ERROR), a_finding("y", State.ERROR)], 3),
        ([a_finding("key-missing", State.UNKNOWN)], 5),
    ],
)
def test_what_findings_make_of_a_command(findings: list[Finding], code: int) -> None:
    assert exit_code_of(findings) == code
    assert Result("f", "", "refused", findings=tuple(findings)).exit_code == code


def test_only_a_refusal_or_a_failure_is_no_success() -> None:
    bad = (a_finding("x", State.ERROR),)
    codes: dict[str, Callable[[], int]] = {
        status: (lambda status=status: Result("f", "", status, findings=bad).exit_code)  # type: ignore[misc]
        for status in ("done", "waiting", "dry-run", "declined", "failed", "refused")
    }
    assert {status: code() for status, code in codes.items()} == {
        "done": 0, "waiting": 0, "dry-run": 0, "declined": 0, "failed": 1, "refused": 4,
    }  # fmt: skip
