"""The journal's commands, over real journals; what they ask and give back."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.cli.core.azclierror import ResourceNotFoundError
from azure.cli.core.mock import DummyCli

from azext_akskv.cli import operation
from azext_akskv.cli.wiring import journal_folder
from azext_akskv.engine.journal import Journal, RunJournal
from azext_akskv.engine.waiting import SystemClock
from azext_akskv.model.ids import cluster_id


@pytest.fixture
def cmd(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AZURE_CONFIG_DIR", str(tmp_path_factory.mktemp("az")))
    yield SimpleNamespace(cli_ctx=DummyCli())


def a_run(cmd: Any, cluster: str = "prod", ending: str | None = "failed", flow: str = "enable") -> str:
    journal = Journal(Path(journal_folder(cmd.cli_ctx)), cluster_id("sub", "rg1", cluster), SystemClock())
    with journal.locked():
        run, _, _ = journal.start(flow, f"flow={flow}", {"caller": "ops"})
        run.write("plan", steps=["turn-on-kms"])
        end_with(run, ending)
    return run.run


def end_with(run: RunJournal, ending: str | None) -> None:
    if ending:
        run.write(ending)


def test_runs_of_all_clusters_are_listed_and_one_cluster_can_be_named(cmd: Any) -> None:
    a_run(cmd, "prod")
    a_run(cmd, "test", "done")
    assert {run["cluster"] for run in operation.list_runs(cmd)} == {"prod", "test"}
    assert [run["cluster"] for run in operation.list_runs(cmd, "RG1", "PROD")] == ["prod"]
    assert operation.list_runs(cmd, "rg2") == []


def test_without_a_name_the_latest_run_is_shown(cmd: Any) -> None:
    a_run(cmd, flow="enable")
    latest = a_run(cmd, "test", flow="reencrypt")
    assert operation.show_run(cmd)["run"] == latest
    assert operation.show_run(cmd, latest)["run"] == latest
    assert operation.show_run(cmd, name="prod")["cluster"] == "prod"


def test_a_run_that_is_not_there_is_not_found(cmd: Any) -> None:
    with pytest.raises(ResourceNotFoundError, match="20200101"):
        operation.show_run(cmd, "20200101-000000-enable")


def test_an_abandoned_run_is_not_continued_and_not_forgotten(cmd: Any) -> None:
    run = a_run(cmd)
    row = operation.abandon_run(cmd, yes=True)
    assert (row["run"], row["status"], row["left"]) == (run, "abandoned", ["turn-on-kms"])
    assert [event["event"] for event in operation.show_run(cmd, run)["lines"]][-1] == "abandoned"
    with pytest.raises(ResourceNotFoundError):
        operation.abandon_run(cmd, yes=True)


def test_a_no_leaves_the_run_as_it_is(cmd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Typed(io.StringIO):
        def isatty(self) -> bool:
            return True

    a_run(cmd)
    monkeypatch.setattr(sys, "stdin", Typed("n\n"))
    assert operation.abandon_run(cmd)["status"] == "failed"


def test_without_a_terminal_and_without_yes_it_ends_with_2(cmd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run(cmd)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as stop:
        operation.abandon_run(cmd)
    assert stop.value.code == 2
    assert operation.list_runs(cmd)[0]["status"] == "failed"


def test_with_several_unfinished_runs_one_must_be_named(cmd: Any) -> None:
    first = a_run(cmd, "prod")
    a_run(cmd, "test", flow="disable")
    with pytest.raises(ResourceNotFoundError, match="There are 2"):
        operation.abandon_run(cmd, yes=True)
    assert operation.abandon_run(cmd, run=first, yes=True)["cluster"] == "prod"
