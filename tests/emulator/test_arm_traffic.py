"""How much of real Azure's recorded answers the emulator gives: a first selection of the recordings, in per cent."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from tests.emulator.traffic import AREAS, FOLDER, Compared, compared

ROWS = 1311
"""How many rows the selection has."""
AT_LEAST = {"status and code": 0.95, "members too": 0.92}
"""What was reached; less is a step back."""


def shares(rows: Sequence[Compared]) -> dict[str, float]:
    """The share of the rows with the recorded status and error code, and of the young ones with the members too."""
    young = [row for row in rows if row.young]
    return {
        "status and code": sum(row.same_answer for row in rows) / len(rows),
        "members too": sum(row.same_answer and row.same_members for row in young) / len(young),
    }


def told(name: str, rows: Sequence[Compared]) -> str:
    figures = ", ".join(f"{what} {share:.1%}" for what, share in shares(rows).items())
    return f"{name}: {len(rows)} recorded rows, {figures}"


def test_the_emulator_answers_as_azure_was_recorded_to(capsys: pytest.CaptureFixture[str]) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"not run: {ROWS} recorded rows would be compared, if they lay beside the checkout")
    rows = [row for area in AREAS for row in compared(area)]
    lines = [told(area, [row for row in rows if row.area == area]) for area in AREAS]
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, told("all", rows), ""]))
    assert len(rows) == ROWS
    assert {what: share for what, share in shares(rows).items() if share < AT_LEAST[what]} == {}
