"""The corpus as data, and how the classifier does on it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from azext_akskv.model.provider.judge import Expected
from azext_akskv.model.provider.reading import read_texts
from tests.corpus.provider import variations

FOLDER = Path(__file__).parent
TUNED = ("samples", "documents", "written", "reports", "negatives")
HELD_OUT = "heldout"
VARIED = ("samples", "documents", "written")
_UNVARIED = frozenset({"not_understood", "log_body_missing", "mount_wait_summary"})
"""Their texts are what they are because of their form."""


@dataclass(frozen=True)
class Entry:
    text: str
    causes: frozenset[str]
    where: str
    language: str
    source: str
    expected_object_id: str = ""
    variation: str = ""


@dataclass(frozen=True)
class Score:
    """Right: found and meant; wrong: found and not meant; missed: meant and not found."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@cache
def entries(name: str) -> tuple[Entry, ...]:
    """One file of the corpus."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    rows = (json.loads(line) for line in lines)
    return tuple(Entry(**{**row, "causes": frozenset(row["causes"])}) for row in rows)


def varied(entry: Entry) -> Iterator[Entry]:
    """The entry in each form that its kind of text may come in."""
    if not entry.causes or entry.causes & _UNVARIED:
        return
    for name, vary in functions_for(entry).items():
        yield replace(entry, text=vary(entry.text), variation=name)


def functions_for(entry: Entry) -> dict[str, variations.Vary]:
    functions = dict(variations.ANY)
    if variations.is_entry(entry.text):
        return functions | variations.ENTRIES
    if entry.where == "pod_event" and entry.text.startswith("MountVolume"):
        functions |= variations.MESSAGES | variations.LINES | variations.EVENTS
    return functions


def variants() -> list[Entry]:
    """All that code makes of the corpus."""
    return [variant for name in VARIED for entry in entries(name) for variant in varied(entry)]


def found(entry: Entry) -> frozenset[str]:
    """The slugs that the classifier names."""
    expected = Expected(entry.expected_object_id)
    reading = read_texts(entry.text.splitlines(keepends=True), entry.where, expected)
    return frozenset(each.cause.slug for each in reading.diagnoses)


def scores(chosen: Iterable[Entry]) -> dict[str, Score]:
    """By cause, and all together under the empty name."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for entry in chosen:
        named = found(entry)
        right.update(named & entry.causes)
        wrong.update(named - entry.causes)
        missed.update(entry.causes - named)
    whole = Score(right.total(), wrong.total(), missed.total())
    return {"": whole} | {
        slug: Score(right[slug], wrong[slug], missed[slug]) for slug in sorted(right + wrong + missed)
    }


def mistakes(chosen: Iterable[Entry]) -> list[tuple[Entry, frozenset[str]]]:
    return [(entry, named) for entry in chosen if (named := found(entry)) != entry.causes]
