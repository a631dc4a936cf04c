"""The generated part of docs/reliability.rst: written from outcomes, and read again by a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.e2e.asked import Asked
from tests.e2e.faults import KINDS
from tests.e2e.gone_wrong import ENDINGS
from tests.e2e.ordeal import COMPLETED, RETRIED, STOPPED, Outcome
from tests.e2e.stories import STORIES, Story

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.rst"
BEGIN, END = ".. begin: written by make reliability", ".. end: written by make reliability"
LETTERS = {COMPLETED: "c", RETRIED: "r", STOPPED: "s"}
NAMES = [kind.name for kind in KINDS]
Row = tuple[Story, Asked]
Results = Mapping[tuple[int, int], Outcome]
"""By the numbers of a row and of a kind."""


def cell(outcome: Outcome | None) -> str:
    return letter(outcome) if outcome else "-"


def letter(outcome: Outcome) -> str:
    """As the table shows it: s with the exit code."""
    return LETTERS[outcome.how] + (str(outcome.code) if outcome.code else "")


def label(asked: Asked) -> str:
    return f"{asked.title}, last" if asked.place == "last" else asked.title


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    rule = " ".join("=" * width for width in widths)
    lines = [" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    top = " ".join(cell.ljust(width) for cell, width in zip(head, widths, strict=True)).rstrip()
    return [rule, top, rule, *lines, rule]


def requests_part(rows: Sequence[Row], results: Results) -> Iterator[str]:
    """A heading for each story, and a table for each phase of it."""
    numbered = list(enumerate(rows))
    for story, of_story in groupby(numbered, lambda each: each[1][0]):
        yield from ("", story.name, "~" * len(story.name))
        for after, phase in groupby(of_story, lambda each: each[1][1].after):
            yield from ("", f"After ``{after}``:" if after else "Before the first change:", "")
            cells = [
                [label(asked), *(cell(results.get((number, kind))) for kind in range(len(KINDS)))]
                for number, (_, asked) in phase
            ]
            yield from table(["request", *NAMES], cells)


def endings_part(results: Results) -> Iterator[str]:
    stories = STORIES[:2]
    cells = [
        [ending.name, *(letter(results[story, number]) for story in range(len(stories)))]
        for number, ending in enumerate(ENDINGS)
    ]
    yield from table(["the update of the cluster", *(story.name for story in stories)], cells)


def totals(outcomes: Sequence[Outcome]) -> Iterator[str]:
    counts = Counter(outcomes)
    ordered = sorted(counts.items(), key=lambda each: (list(LETTERS).index(each[0].how), each[0].code))
    rows = [[letter(outcome), outcome.how, str(outcome.code), f"{count:,}"] for outcome, count in ordered]
    yield from table(["cell", "outcome", "exit code", "cases"], [*rows, ["all", "", "", f"{len(outcomes):,}"]])


def generated(rows: Sequence[Row], faults: Results, endings: Results) -> str:
    lines = ["Totals", "------", "", *totals([*faults.values(), *endings.values()])]
    lines += ["", "Operations that go wrong", "-" * 24, "", *endings_part(endings)]
    lines += ["", "Requests that go wrong", "-" * 22, *requests_part(rows, faults)]
    return "\n".join(lines)


def write(rows: Sequence[Row], faults: Results, endings: Results) -> None:
    """Replaces the generated part of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{generated(rows, faults, endings)}\n\n{END}{after}", encoding="utf-8")


def shown() -> dict[tuple[str, str, str], dict[str, str]]:
    """The cells of the page's tables of requests, by story, phase and request, then by kind of fault."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    story = phase = ""
    head: list[str] = []
    for line in text.partition("Requests that go wrong")[2].splitlines():
        if line in {each.name for each in STORIES}:
            story = line
        elif line.startswith(("After ``", "Before the first change")):
            phase = line.partition("``")[2].removesuffix("``:")
        elif line.startswith("request "):
            head = line.split()[1:]
        elif line.startswith(("GET ", "PUT ", "POST ", "PATCH ", "DELETE ")):
            request, cells = " ".join(line.split()[: -len(head)]), line.split()[-len(head) :]
            found[story, phase, request] = dict(zip(head, cells, strict=True))
    return found
