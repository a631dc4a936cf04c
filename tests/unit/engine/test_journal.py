"""What a run remembers on this machine."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from azext_akskv.engine.journal import Busy, Journal, JournalTrouble, RunJournal, read_run
from azext_akskv.model.ids import cluster_id
from tests.builders import GROUP, SUBSCRIPTION, TARGET
from tests.fakes import FakeClock


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    made = Journal(tmp_path, TARGET, FakeClock())
    with made.locked():
        return made


def files(tmp_path: Path) -> list[Path]:
    return sorted(tmp_path.glob("*/*.jsonl"))


def test_a_run_is_named_after_its_start_and_its_flow(journal: Journal) -> None:
    first, _, resumed = journal.start("enable", "asked", {})
    second, _, _ = journal.start("enable", "asked otherwise", {})
    assert (first.run, second.run) == ("20261122-144500-enable", "20261122-144500-enable-2") and not resumed


def test_the_same_request_goes_on_with_the_unfinished_run_and_its_facts(journal: Journal) -> None:
    run, facts, _ = journal.start("enable", "asked", {})
    run.write("end", step="create-key", facts={"key": "old"})
    run.write("end", step="create-key", facts={"key": "new"})
    again, facts, resumed = journal.start("enable", "asked", {})
    assert (again.run, facts, resumed) == (run.run, {"key": "new"}, True)


@pytest.mark.parametrize("ending", ["done", "declined", "refused", "abandoned"])
def test_what_is_finished_is_not_gone_on_with(journal: Journal, ending: str) -> None:
    run, _, _ = journal.start("enable", "asked", {})
    run.write(ending)
    assert journal.unfinished() == []
    again, facts, resumed = journal.start("enable", "asked", {})
    assert again.run != run.run and not resumed and facts == {}


@pytest.mark.parametrize("ending", ["failed", "waiting", "interrupted"])
def test_what_stopped_on_the_way_is_unfinished(journal: Journal, ending: str) -> None:
    run, _, _ = journal.start("enable", "asked", {})
    run.write(ending)
    [unfinished] = journal.unfinished()
    assert unfinished.status == ending


def test_a_killed_run_is_interrupted(journal: Journal) -> None:
    journal.start("enable", "asked", {})[0].write("begin", step="turn-on-kms")
    assert journal.runs()[0].status == "interrupted"


def test_abandoning_keeps_what_was_found_out(journal: Journal) -> None:
    journal.start("enable", "asked", {})[0].write("end", step="create-key", facts={"key": "k"})
    [run] = journal.unfinished()
    journal.abandon(run)
    found = journal.find(run.run)
    assert found and found.finished and found.facts() == {"key": "k"}


def test_only_its_owner_can_read_it(journal: Journal, tmp_path: Path) -> None:
    journal.start("enable", "asked", {})
    [file] = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_line_that_a_kill_cut_short_is_left_out_and_not_grown_onto(journal: Journal, tmp_path: Path) -> None:
    run, _, _ = journal.start("enable", "asked", {})
    run.write("begin", step="turn-on-kms")
    [file] = files(tmp_path)
    file.write_bytes(file.read_bytes() + b'{"at": "2026-11-22T14')
    assert [line["event"] for line in journal.runs()[0].lines] == ["start", "begin"]
    journal.start("enable", "asked", {})[0].write("done")
    assert [line["event"] for line in journal.runs()[0].lines] == ["start", "begin", "start", "done"]


def test_a_file_without_a_whole_line_is_no_run(journal: Journal, tmp_path: Path) -> None:
    journal.start("enable", "asked", {})
    [file] = files(tmp_path)
    file.write_text('{"at":')
    assert journal.runs() == []


@pytest.mark.parametrize("text", ["no json\n", "[]\n", '{"event": "end"}\n', "{}\n", "1\n"])
def test_what_cannot_be_understood_is_told_and_not_skipped(journal: Journal, tmp_path: Path, text: str) -> None:
    journal.start("enable", "asked", {})
    [file] = files(tmp_path)
    file.write_text(text)
    with pytest.raises(JournalTrouble, match="cannot understand"):
        journal.runs()


def test_a_newer_version_is_not_guessed_at(journal: Journal, tmp_path: Path) -> None:
    journal.start("enable", "asked", {})
    [file] = files(tmp_path)
    file.write_text(json.dumps({"event": "start", "format": 99, "run": "r", "flow": "f", "at": "t"}) + "\n")
    with pytest.raises(JournalTrouble, match="newer version"):
        journal.unfinished()


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b"\xff\xfe\n")
    with pytest.raises(JournalTrouble, match="cannot read"):
        read_run(tmp_path / "x.jsonl")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalTrouble, match="cannot write"):
        RunJournal("r", tmp_path / "no" / "such" / "folder", FakeClock()).write("begin")


def test_a_rehearsal_writes_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    RunJournal.nowhere(FakeClock()).write("begin")
    assert list(tmp_path.iterdir()) == []


def test_one_process_at_a_time_for_a_cluster(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path, cluster_id(SUBSCRIPTION, GROUP, "staging"), FakeClock())
    with journal.locked():
        with pytest.raises(Busy, match="prod"), Journal(tmp_path, TARGET, FakeClock()).locked():
            raise AssertionError("two at once")
        with other.locked():
            pass
    with journal.locked():
        pass


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalTrouble), Journal(tmp_path / "file", TARGET, FakeClock()).locked():
        raise AssertionError("locked a file")


def test_runs_of_different_clusters_lie_apart_and_come_oldest_first(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = Journal(tmp_path, TARGET, clock)
    with journal.locked():
        for flow in ("enable", "disable"):
            journal.start(flow, "", {})[0].write("done")
            clock.sleep(60)
    assert [run.flow for run in journal.runs()] == ["enable", "disable"]
    assert Journal(tmp_path, cluster_id(SUBSCRIPTION, GROUP, "staging"), clock).runs() == []
