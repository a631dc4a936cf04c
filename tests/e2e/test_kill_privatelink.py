"""Kills `fix-privatelink` at each line of its journal and at each request that changes something, before and after it:
the same command finishes, with the journal and without."""

from __future__ import annotations

import os
from typing import Any

import pytest

from emulator.worlds.spec import Delays
from tests.changes import CHANGING
from tests.e2e.conftest import Station
from tests.e2e.reached import untrue
from tests.e2e.test_privatelink import FIX, proved, writes

DELAYS = Delays(network=0.1)
COMMAND = (*FIX, "--via", "direct")
LINES, CHANGES = 22, 7
"""Of the journal, and to Azure and the cluster: pinned, so that no point gets lost unseen."""
EVERY = 1 if "AKSKV_WHOLE_TABLE" in os.environ else 7
POINTS: list[dict[str, Any]] = [
    *({"line": n, "when": when} for n in range(1, LINES + 1) for when in ("before", "after")),
    *({"nth": n, "hold": hold} for n in range(1, CHANGES + 1) for hold in ("before", "after")),
]
CASES = [
    pytest.param(point, journal, id=f"{'-'.join(map(str, point.values()))}-{journal}")
    for number, point in enumerate(POINTS)
    for turn, journal in enumerate(("with-journal", "without-journal"))
    if EVERY == 1 or (number % EVERY == 0 and (number // EVERY) % 2 == turn)
]


def test_the_points_are_all_there_are(station: Station) -> None:
    station.start("pl-nothing", delays=DELAYS)
    proved(station, station.az(*COMMAND))
    lines = sum(len(file.read_text().splitlines()) for file in station.journal.rglob("*.jsonl"))
    sent = [each for each in station.changes() if each["method"] in ("PUT", "PATCH", "POST")]
    assert (lines, len(sent)) == (LINES, CHANGES), [each["url"] for each in sent]


@pytest.mark.parametrize(("point", "journal"), CASES)
def test_the_same_command_finishes(station: Station, point: dict[str, Any], journal: str) -> None:
    emulation = station.start("pl-nothing", delays=DELAYS)
    if "line" in point:
        killed = station.az(*COMMAND, kill=point)
    else:
        killed = station.az_killed_at({"method": "PUT|PATCH|POST", "path": CHANGING, **point}, *COMMAND)
    assert killed.code == -9
    if journal == "without-journal":
        station.forget_journal()
    again = station.az(*COMMAND)
    proved(station, again)
    # The pod of a killed look ends by itself; a later look takes it away, once nobody can be waiting for it any more.
    assert [each for each in untrue(station, again) if not each.startswith("left behind")] == []
    emulation.world.log.clear()
    proved(station, station.az(*COMMAND))
    assert writes(station) == []
