"""Each command's `-o table`, as az prints it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from knack.output import format_table
from knack.util import CommandResultItem

from azext_akskv.model.ids import cluster_id
from azext_akskv.model.state import KmsState
from azext_akskv.report import tables
from azext_akskv.report.rows import change_row, state_row
from tests.unit.report import samples

Golden = Callable[[str, str], None]

RUN = {
    "run": "20261122-144501-enable",
    "cluster": "prod",
    "status": "failed",
    "started": "2026-11-22T14:45:01.123+00:00",
    "caller": "ops@example.org",
    "left": ["note-switch", "rewrite-secrets"],
}


def drawn(*rows: list[dict[str, Any]]) -> str:
    return "\n".join(format_table(CommandResultItem(each, is_query_active=True)) for each in rows)


def test_a_change_is_a_line_for_each_step(golden: Golden) -> None:
    results = (samples.done(), samples.failed(), samples.refused())
    golden("change.txt", drawn(*(tables.change_table(change_row(each)) for each in results)))


def test_a_rewrite_is_its_figures(golden: Golden) -> None:
    results = (samples.done(), samples.failed(), samples.refused())
    golden("rewrite.txt", drawn(*(tables.rewrite_table(change_row(each)) for each in results)))


def test_a_state_is_one_line(golden: Golden) -> None:
    states = (samples.state(), KmsState(cluster_id("sub", "rg1", "prod"), findings=(samples.UNREADABLE_FIREWALL,)))
    golden("state.txt", drawn(*(tables.state_table(state_row(each)) for each in states)))


def test_runs_are_a_line_each(golden: Golden) -> None:
    finished = {**RUN, "status": "done", "left": []}
    golden("runs.txt", drawn(tables.runs_table([RUN, finished]), tables.run_table(finished)))


def test_a_journal_is_a_line_for_each_event(golden: Golden) -> None:
    at = "2026-11-22T14:45:01.123+00:00"
    lines = [
        {"at": at, "event": "start", "run": RUN["run"]},
        {"at": at, "event": "begin", "step": "turn-on-kms"},
        {"at": at, "event": "operation", "step": "turn-on-kms", "url": "https://management.azure.com/operations/1"},
        {"at": at, "event": "failed", "step": "turn-on-kms", "why": "(BadRequest) no"},
    ]
    golden("journal.txt", drawn(tables.journal_table({**RUN, "lines": lines})))
