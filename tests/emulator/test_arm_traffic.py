"""How much of real Azure's recorded answers the emulator gives: a first selection of the recordings, in per cent."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.emulator.traffic import AREAS, FOLDER, compared

ROWS = 1000
"""How many rows the selection has."""


def test_the_emulator_answers_as_azure_was_recorded_to(capsys: pytest.CaptureFixture[str]) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"{ROWS} recorded rows would be compared, but there is no {FOLDER.parent.name}/{FOLDER.name}")
    rows = [row for area in AREAS for row in compared(area)]
    answers, members, total = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        total[row.area] += 1
        answers[row.area] += row.same_answer
        members[row.area] += row.same_answer and row.same_keys
    with capsys.disabled():
        for area, number in total.items():
            print(f"\n{area}: {number} rows, status and code {answers[area] / number:.1%}, members too {members[area] / number:.1%}", end="")
        print(f"\nall: {len(rows)} rows, {sum(answers.values()) / len(rows):.1%}, {sum(members.values()) / len(rows):.1%}")
    assert len(rows) == ROWS
