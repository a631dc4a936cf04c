"""How much of real Azure's recorded answers the emulator gives: every recorded row that it has a route for."""

from __future__ import annotations

import sys

import pytest

from tests.emulator.traffic.comparison import Traffic, run
from tests.emulator.traffic.figures import COMPARED, DOCS, NOT_RUN, documented, share
from tests.emulator.traffic.reason import reasons_for
from tests.emulator.traffic.reasons import REASONS
from tests.emulator.traffic.recordings import FOLDER

AT_LEAST = 0.90


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    if not FOLDER.is_dir():
        pytest.skip(NOT_RUN)
    return run()


def test_the_emulator_answers_as_azure_was_recorded_to(traffic: Traffic, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{len(traffic.compared)} recorded rows, {share(traffic.compared):.1%} agree\n")
    assert len(traffic.compared) == COMPARED
    assert share(traffic.compared) >= AT_LEAST


def test_every_row_that_does_not_agree_has_a_reason_and_every_reason_a_row(traffic: Traffic) -> None:
    used, unexplained = set(), []
    for one in traffic.compared:
        reasons = reasons_for(one.row, one.differences, REASONS)
        if reasons is None:
            unexplained.append(f"{one.row.test} {one.row.index} {one.row.operation}: {'; '.join(one.differences)}")
        used |= set(reasons or ())
    assert unexplained == []
    assert [reason.text for reason in REASONS if reason not in used] == []


def test_the_figures_in_the_docs_are_those_of_a_fresh_run(traffic: Traffic) -> None:
    assert DOCS.read_text() == documented(traffic), "make traffic writes them"
