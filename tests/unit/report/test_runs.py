"""Rows made of a real journal."""

from __future__ import annotations

import json
from pathlib import Path

from azext_akskv.engine.journal import Journal, every_run
from azext_akskv.engine.waiting import SystemClock
from azext_akskv.model.ids import cluster_id
from azext_akskv.report.runs import run_row, run_story

PROD = cluster_id("sub", "rg1", "prod")


def journal_with_a_failed_run(folder: Path) -> Journal:
    journal = Journal(folder, PROD, SystemClock())
    with journal.locked():
        run, _, _ = journal.start("enable", "flow=enable vault=kv1", {"kms": "off", "caller": "ops\x1b[1m"})
        run.write("plan", steps=["grant-crypto-user", "turn-on-kms", "rewrite-secrets"])
        run.write("already", step="grant-crypto-user", facts={}, detail="")
        run.write("begin", step="turn-on-kms")
        run.write("operation", step="turn-on-kms", url="https://management.azure.com/operations/1")
        run.write("failed", step="turn-on-kms", why="(BadRequest) no", request="4711")
        run.write("failed")
    return journal


def test_a_run_says_who_when_and_what_is_left(tmp_path: Path) -> None:
    journal_with_a_failed_run(tmp_path)
    [run] = every_run(tmp_path)
    row = run_row(run)
    assert set(row) == {
        "run",
        "flow",
        "cluster",
        "resourceGroup",
        "subscription",
        "status",
        "started",
        "ended",
        "caller",
        "left",
    }
    assert (row["status"], row["caller"], row["left"]) == ("failed", "ops", ["turn-on-kms", "rewrite-secrets"])


def test_its_story_has_what_support_asks_for(tmp_path: Path) -> None:
    journal_with_a_failed_run(tmp_path)
    story = run_story(every_run(tmp_path)[0])
    assert story["operations"] == ["https://management.azure.com/operations/1"]
    assert story["requests"] == ["4711"]
    assert story["before"]["kms"] == "off"
    json.dumps(story)


def test_a_step_that_ended_at_last_is_not_left(tmp_path: Path) -> None:
    journal = journal_with_a_failed_run(tmp_path)
    with journal.locked():
        again, _, resumed = journal.start("enable", "flow=enable vault=kv1", {})
        again.write("plan", steps=["grant-crypto-user", "turn-on-kms", "rewrite-secrets"])
        again.write("end", step="turn-on-kms", facts={}, detail="")
    assert resumed
    assert run_row(every_run(tmp_path)[0])["left"] == ["rewrite-secrets"]
