"""A journal of any content: its runs, or JournalTrouble, and then every reader of a run finds what it expects."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from azext_akskv.engine.journal import FORMAT, Journal, JournalTrouble, read_run
from azext_akskv.engine.step import MissingFact
from azext_akskv.flows.previous_keys import keys_before
from azext_akskv.model.kube import Switch
from azext_akskv.report import tables
from azext_akskv.report.runs import run_row, run_story
from azext_akskv.steps.access import POLICY_SINCE
from azext_akskv.steps.create import KEY as KEY_FACT
from azext_akskv.steps.rewrite_cursor import CURSOR, cursor_of
from tests.builders import KEY, TARGET
from tests.fakes import FakeClock
from tests.unit.properties.json_of_any_shape import ANY_JSON, spoiled
from tests.unit.steps.secret_store import Scene, SecretStore

AT = "2026-11-22T14:45:00.000+00:00"
START = {
    "at": AT,
    "event": "start",
    "format": FORMAT,
    "run": "20261122-144500-enable",
    "flow": "enable",
    "asked": "flow=enable",
    "cluster": str(TARGET),
    "before": {"experience": "legacy-v2", "key": str(KEY), "caller": "ops", "accepted": []},
}
LINES = [
    START,
    {"at": AT, "event": "plan", "steps": ["turn-on-kms", "note-switch"]},
    {"at": AT, "event": "end", "step": "turn-on-kms", "facts": {"key": str(KEY)}, "detail": str(KEY)},
    {"at": AT, "event": "operation", "step": "turn-on-kms", "url": "https://x"},
    {"at": AT, "event": "failed", "step": "note-switch", "why": "x", "request": "y"},
]


def read(folder: Path, content: bytes) -> None:
    """As every command does that looks into the journal. Raises JournalTrouble."""
    path = folder / "run.jsonl"
    path.write_bytes(content)
    run = read_run(path)
    if run is None:
        return
    keys_before([run])
    tables.journal_table(run_story(run))
    tables.runs_table([run_row(run)])
    assert isinstance(run.finished, bool) and all(isinstance(fact, str) for fact in run.facts().values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(range(1, len(LINES) + 1)).flatmap(lambda number: spoiled(LINES[:number])))
@example(LINES)
def test_lines_of_any_shape(tmp_path: Path, lines: Any) -> None:
    lines = lines if isinstance(lines, list) else [lines]
    try:
        read(tmp_path, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    except JournalTrouble as trouble:
        assert str(tmp_path) in str(trouble)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"[" * 200_000 + b"\n")
@example(json.dumps(START).encode() + b"\n" + b"\xff\xfe\n")
def test_bytes_of_any_kind(tmp_path: Path, content: bytes) -> None:
    try:
        read(tmp_path, content)
    except JournalTrouble as trouble:
        assert str(tmp_path) in str(trouble)


@given(ANY_JSON.map(json.dumps) | st.text(max_size=40))
def test_a_spoiled_cursor_only_makes_the_rewrite_begin_again(text: str) -> None:
    run = Scene(SecretStore(team_a=1)).run()
    run.facts[CURSOR.name] = text
    cursor = cursor_of(run, Switch(str(KEY), "", r0=-1))
    assert cursor is None


@given(st.text(max_size=40))
def test_a_spoiled_fact_is_one_that_is_still_to_be_found_out(text: str) -> None:
    run = Scene(SecretStore(team_a=1)).run()
    run.facts |= {KEY_FACT.name: text, POLICY_SINCE.name: text}
    for fact in (KEY_FACT, POLICY_SINCE):
        with suppress(MissingFact):
            assert run[fact] is not None and fact in run


def test_a_newer_version_is_told_by_its_format_whatever_else_it_changed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, TARGET, FakeClock())
    with journal.locked():
        pass
    [folder] = tmp_path.iterdir()
    (folder / "x.jsonl").write_text('{"format": 2, "what": []}\n')
    try:
        journal.runs()
    except JournalTrouble as trouble:
        assert "newer version" in str(trouble) and "format 2" in str(trouble) and "this one knows 1" in str(trouble)
    else:
        raise AssertionError("it was read")
