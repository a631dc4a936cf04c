"""What stands on stderr, on a terminal and elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from azext_akskv.cli.reporter import Screen, TerminalReporter
from azext_akskv.engine.result import StepRecord
from tests.unit.report import samples

Golden = Callable[[str, str], None]
PLANNED = tuple(StepRecord(step.code, step.title, "planned") for step in samples.STEPS)


@dataclass
class Watched:
    """A reporter whose screen can be read, and whose time stands still until it is moved."""

    settings: dict[str, Any]
    seconds: float = 0.0
    stream: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        screen = Screen(self.stream, monotonic=lambda: self.seconds, **self.settings)
        self.reporter = TerminalReporter(screen, "prod")

    @property
    def text(self) -> str:
        return self.stream.getvalue()


def tell_a_whole_run(watched: Watched) -> None:
    """Looks, finds something to know, shows the plan, and carries it out; the last step fails."""
    reporter, result = watched.reporter, samples.failed()
    reporter.looking_at("cluster prod")
    reporter.findings([samples.HEALTHY, samples.NO_PURGE_PROTECTION])
    reporter.plan(replace(samples.PLAN), PLANNED)
    reporter.run_started("enable", result.run, len(PLANNED), False)
    for number, record in enumerate(result.steps, start=1):
        reporter.step_started(number, len(PLANNED), record.title)
        watched.seconds += 7
        reporter.tick("the cluster is Updating")
        reporter.step_ended(number, len(PLANNED), record)
    reporter.ended(result, samples.COMMAND)


def test_without_a_terminal_the_story_is_plain_lines(golden: Golden) -> None:
    watched = Watched({})
    tell_a_whole_run(watched)
    assert "\x1b" not in watched.text and "\r" not in watched.text
    golden("story-plain.txt", watched.text)


def test_on_a_terminal_progress_is_written_over_and_leaves_no_trace(
    golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    watched = Watched({"live": True, "colour": True})
    tell_a_whole_run(watched)
    golden("story-terminal.txt", watched.text.replace("\x1b", "<ESC>").replace("\r", "<CR>"))


def test_with_only_show_errors_nothing_but_the_error_is_said() -> None:
    watched = Watched({"silent": True})
    tell_a_whole_run(watched)
    assert watched.text.startswith("ERROR: 2 secrets were refused\n")
    done = Watched({"silent": True})
    done.reporter.ended(samples.done(), samples.COMMAND)
    assert done.text == ""


def test_with_only_show_errors_a_refusal_says_what_is_wrong() -> None:
    watched = Watched({"silent": True})
    watched.reporter.findings([samples.UNUSABLE])
    watched.reporter.ended(samples.refused(), samples.COMMAND)
    assert "Not started" in watched.text and samples.UNUSABLE.command in watched.text


def test_without_a_terminal_progress_comes_every_few_seconds_only() -> None:
    watched = Watched({})
    watched.reporter.step_started(1, 1, "rewrite every secret")
    for _ in range(20):
        watched.seconds += 1
        watched.reporter.tick("working")
    assert watched.text.count("working") == 4


def test_when_nothing_is_left_to_do_the_steps_are_not_told_twice() -> None:
    watched = Watched({})
    result = samples.nothing_left()
    watched.reporter.plan(samples.PLAN, result.steps)
    before = watched.text
    watched.reporter.run_started("enable", result.run, len(result.steps), False)
    for number, record in enumerate(result.steps, start=1):
        watched.reporter.step_ended(number, len(result.steps), record)
    assert watched.text == before


def test_a_second_look_tells_only_what_is_new() -> None:
    watched = Watched({})
    watched.reporter.findings([samples.HEALTHY, samples.NO_PURGE_PROTECTION])
    watched.reporter.findings([samples.HEALTHY, samples.NO_PURGE_PROTECTION, samples.UNREADABLE_FIREWALL])
    assert watched.text.count("no purge protection") == 1
    assert "Looked again at prod, 3 checks: 1 unknown, 1 warning" in watched.text
    assert "cannot read the firewall" in watched.text


def test_a_step_that_failed_says_why_before_the_next_one_begins() -> None:
    watched = Watched({})
    failed = StepRecord("turn-on-kms", "turn KMS on", "failed", 3.0, "(BadRequest) no")
    watched.reporter.step_ended(1, 2, failed)
    assert "(BadRequest)" not in watched.text
    watched.reporter.step_started(2, 2, "rewrite every secret")
    assert watched.text.endswith("    why    (BadRequest) no\n")


@pytest.mark.parametrize("silent", [True, False])
def test_an_error_outside_of_a_run_is_always_said(silent: bool) -> None:
    watched = Watched({"silent": silent})
    watched.reporter.failed("Interrupted before anything was changed.", "az aks kv kms enable")
    assert watched.text == "ERROR: Interrupted before anything was changed.\nNext:  az aks kv kms enable\n"


def test_commands_are_never_broken_over_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    watched = Watched({"live": True})
    watched.reporter.findings([samples.UNUSABLE])
    assert samples.UNUSABLE.command in watched.text
    assert max(len(line) for line in watched.text.splitlines() if "keyvault" not in line and "more" not in line) < 60
