"""When an answer of the emulator agrees with the recorded one, and in what they differ.

They agree when the status is the same, of an error the code too, and the set of JSON keys: the path of every member of
every object at every depth, from the root, whatever its value, null and empty ones included. The members of all items
of a list count together (`value[].properties.sku`); an empty list has none. Names that are data (tags, ids of
identities, versions) count like all others. An answer without a JSON object has no keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulator.core.http import Answer
from tests.emulator.traffic.operations import is_implemented
from tests.emulator.traffic.recordings import Row, areas, rows_of
from tests.emulator.traffic.replay import Replay


@dataclass(frozen=True)
class Compared:
    """A row and in what the emulator's answer differs; no difference when they agree."""

    row: Row
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Traffic:
    """All rows of the recordings: those that were put to the emulator, those that it has no route for, and those that
    stand in two files, once for their second."""

    compared: tuple[Compared, ...]
    without_route: tuple[Row, ...]
    again: tuple[Row, ...]


def run() -> Traffic:
    """Every cassette in a world of its own, its rows of all areas in their order."""
    cassettes: dict[str, dict[int, Row]] = defaultdict(dict)
    again = []
    for area in areas():
        for row in rows_of(area):
            if cassettes[row.cassette].setdefault(row.index, row) is not row:
                again.append(row)
    ordered = [[rows[index] for index in sorted(rows)] for rows in cassettes.values()]
    without = [row for rows in ordered for row in rows if not is_implemented(row)]
    return Traffic(tuple(one for rows in ordered for one in _replayed(rows)), tuple(without), tuple(again))


def _replayed(rows: list[Row]) -> Iterator[Compared]:
    if not any(is_implemented(row) for row in rows):
        return
    replay = Replay(rows)
    for row in rows:
        if is_implemented(row):
            yield Compared(row, tuple(differences(row, replay.send(row))))
        else:
            replay.follow(row)


def differences(row: Row, answer: Answer) -> list[str]:
    """`status 404, not 200`, `code Conflict, not None`, `lacks properties.kind`, `has properties.sku.name`: what is
    wrong with the emulator's answer. Of a member that is too much or missing, those below it are not told."""
    if answer.status != row.status:
        return [f"status {answer.status}, not {row.status}"]
    own, recorded = code_in(answer.body), code_in(row.answered)
    if answer.status >= 400 and own != recorded:
        return [f"code {own}, not {recorded}"]
    ours, theirs = keys_of(answer.body), keys_of(row.answered)
    return [*_topmost("lacks", theirs - ours), *_topmost("has", ours - theirs)]


def code_in(body: Any) -> str | None:
    """The error code in whichever envelope."""
    error = body.get("error") if isinstance(body, dict) and isinstance(body.get("error"), dict) else body
    return error.get("code") if isinstance(error, dict) and "message" in error else None


def keys_of(body: Any, path: str = "") -> set[str]:
    """`{"value": [{"id": 1}]}` -> `value`, `value[].id`."""
    found: set[str] = set()
    if isinstance(body, dict):
        for name, value in body.items():
            own = f"{path}.{name}" if path else name
            found |= {own} | keys_of(value, own)
    elif isinstance(body, list):
        for item in body:
            found |= keys_of(item, f"{path}[]")
    return found


def _topmost(verb: str, paths: set[str]) -> list[str]:
    covered = {path for path in paths for other in paths if path.startswith((f"{other}.", f"{other}[]"))}
    return [f"{verb} {path}" for path in sorted(paths - covered)]
