"""Text from outside can neither steer a terminal, nor forge a line of ours, nor break out of a command to paste."""

from __future__ import annotations

import io
import re
import shlex
import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.cli.reporter import Screen, TerminalReporter
from azext_akskv.engine.result import Result, StepRecord, Trouble
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.shell import shell
from azext_akskv.report.plain import plain
from azext_akskv.report.rows import change_row, finding_row

PIECES = (
    *("\x1b[", "\x1b]", "\x1b", "\x9b", "\x9d", "\x07", "\x1b\\", "\x9c", "\x1bP", "\r", "\n", "\u2028", "\x85"),
    *("\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\x7f", "\ud800"),
    *("'", '"', "`", "$(", ")", ";", "|", "&", "\\", " ", "-", "--yes", "# ", "m", "0;", "ERROR: ", "rm -rf ~"),
)
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)
CONTROLS = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
OURS = re.compile(r"\x1b\[(?:K|3[1-6]m|90m|0m)")


def controls(text: str) -> set[str]:
    return {each for each in text if unicodedata.category(each) in CONTROLS}


@given(HOSTILE)
def test_plain_is_one_line_of_visible_characters(text: str) -> None:
    assert controls(plain(text)) == set() and plain(plain(text)) == plain(text)


@given(HOSTILE, HOSTILE)
def test_nothing_of_ours_disappears_behind_what_is_not_ours(before: str, after: str) -> None:
    assert "cannot be used, it is disabled" in plain(f"{before} cannot be used, it is disabled {after}")


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_command_to_paste_stays_the_same_words(names: list[str]) -> None:
    words = ["az", "aks", "show", *(word for name in names for word in ("--name", name)), "--query", "a b"]
    pasted = shlex.split(plain(shell(*words)))
    assert len(pasted) == len(words)
    assert [plain(word) for word in pasted] == [plain(word) for word in words]


def a_result(text: str, status: str) -> Result:
    finding = Finding("key-unusable", "key", State.ERROR, text, text, shell("az", "x", text))
    steps = (StepRecord("turn-on-kms", text, "failed", 1.0, text), StepRecord("note", text, "planned", 0.0, text))
    trouble = Trouble(text, (text,), shell("az", text))
    return Result("enable", text, status, steps, (finding,), (text,), None, trouble)


@given(HOSTILE, st.sampled_from(["done", "failed", "refused", "waiting"]), st.booleans())
def test_the_story_has_no_line_that_we_did_not_write(text: str, status: str, live: bool) -> None:
    def told(words: str) -> str:
        stream = io.StringIO()
        reporter = TerminalReporter(Screen(stream, live=live, colour=live, monotonic=lambda: 0.0), words)
        result = a_result(words, status)
        reporter.looking_at(words)
        reporter.findings(result.findings)
        reporter.run_started("enable", words, 2, True)
        reporter.step_started(1, 2, words)
        reporter.tick(words)
        reporter.step_ended(1, 2, result.steps[0])
        reporter.note(words)
        reporter.ended(result, shell("az", words))
        reporter.failed(words, words)
        return stream.getvalue()

    text = f"x{text}"
    story = told(text)
    rest = OURS.sub("", story) if live else story
    assert controls(rest) <= ({"\n", "\r"} if live else {"\n"})
    if not live:
        assert story.count("\n") == told(plain(text)).count("\n")


@given(HOSTILE)
def test_rows_hold_clean_text_alone(text: str) -> None:
    def texts(row: Any) -> list[str]:
        if isinstance(row, dict):
            return [each for value in row.values() for each in texts(value)]
        if isinstance(row, list):
            return [each for value in row for each in texts(value)]
        return [row] if isinstance(row, str) else []

    finding = Finding("key-unusable", "key", State.ERROR, text, text, text)
    for row in (change_row(a_result(text, "failed")), finding_row(finding)):
        assert controls("".join(texts(row))) == set()
