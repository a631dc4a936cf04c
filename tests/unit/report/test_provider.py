"""What texts told of the provider, as data, as a table and as a story."""

from __future__ import annotations

import json

from azext_akskv.engine.result import EXIT_DONE, EXIT_REFUSED, EXIT_UNKNOWN
from azext_akskv.model.provider.findings import findings_of
from azext_akskv.model.provider.reading import Reading, read_texts
from azext_akskv.model.provider.remedy import Place
from azext_akskv.report.provider import exit_code_of_reading, reading_lines, reading_row
from azext_akskv.report.tables import diagnosis_table
from tests.unit.model.provider.texts import EVENT, HEAD, block, mounted, refused

PLACE = Place("rg", "aks1")
KEYS = {"code", "category", "state", "text", "why", "command", "url", "evidence"}
DRIVER = 'E1122 09:14:05.713202       1 nodeserver.go:241] "x" err="objects is not set" pod="a/b"\n'


def read(text: str) -> Reading:
    return read_texts(text.splitlines(keepends=True), "a.log")


def code(text: str) -> int:
    return exit_code_of_reading(findings_of(read(text), PLACE))


def test_a_finding_has_the_keys_of_every_finding_and_its_evidence() -> None:
    row = reading_row(read(block(refused("ForbiddenByConnection"))), PLACE)
    [finding] = row["findings"]
    assert set(finding) == KEYS and json.loads(json.dumps(row)) == row
    assert (row["cluster"], row["resourceGroup"], row["read"]["entries"]) == ("aks1", "rg", 1)
    assert finding["code"] == "forbidden-connection" and finding["category"] == "provider"
    evidence = finding["evidence"]
    assert (evidence["source"], evidence["line"], evidence["vault"]) == ("a.log", 1, "kv-shop")
    assert evidence["causeNumbers"] == {"provider": 4, "addOn": 4} and evidence["node"] is None
    assert "ForbiddenByConnection" in evidence["text"] and "\n" not in evidence["text"]


def test_errors_come_first_then_what_is_unknown_then_what_is_healed() -> None:
    text = DRIVER + mounted("a/b", "09:20:00") + f'{HEAD}"odd" err="x"\n' + block(refused("ForbiddenByRbac"))
    row = reading_row(read(text), PLACE)
    assert [finding["state"] for finding in row["findings"]] == ["error", "unknown", "warning"]


def test_the_table_has_a_line_for_each_finding() -> None:
    text = f"  Warning  FailedMount  7s (x3 over 9m)  kubelet, node-1  {EVENT}{refused('ForbiddenByRbac')}\n"
    [line] = diagnosis_table(reading_row(read(text), PLACE))
    assert line == {
        "Category": "provider",
        "State": "error",
        "Code": "forbidden-rbac",
        "Count": 3,
        "Last": "-",
        "Node": "node-1",
        "Vault": "kv-shop",
        "Object": "db-pass",
        "Pods": "team-a/api-0",
    }


def test_a_text_without_failures_is_said_to_have_none() -> None:
    row = reading_row(read(mounted("a/b", "09:20:00")), PLACE)
    [finding] = row["findings"]
    assert (finding["code"], finding["state"], finding["evidence"]) == ("no-error-found", "ok", None)
    assert diagnosis_table(row)[0]["Count"] == ""


def test_a_text_that_is_no_log_is_said_to_be_none() -> None:
    [finding] = reading_row(read("Dear all,\n"), PLACE)["findings"]
    assert (finding["code"], finding["state"]) == ("nothing-recognised", "unknown")


def test_the_exit_code_says_what_the_worst_finding_is() -> None:
    healed = DRIVER + mounted("a/b", "09:20:00")
    unknown = f'{HEAD}"odd" err="x"\n'
    assert code(mounted("a/b", "09:20:00")) == code(healed) == EXIT_DONE
    assert code(unknown) == code("Dear all,\n") == EXIT_UNKNOWN
    assert code(unknown + DRIVER) == EXIT_REFUSED


def test_the_story_counts_and_gives_each_its_remedy() -> None:
    reading = read(block(refused("ForbiddenByConnection")))
    told = [line.head + line.text for line in reading_lines(reading, findings_of(reading, PLACE))]
    assert told[0] == f"Read {reading.lines} lines: 1 in error"
    assert any("fix    az aks kv fix-privatelink -g rg -n aks1 --vault kv-shop" in line for line in told)
    assert any("more   forbidden-connection  https://learn.microsoft.com/" in line for line in told)


def test_what_steers_a_terminal_comes_through_nowhere() -> None:
    evil = f'{HEAD}"failed" err="\x1b]0;evil\x07\u202eobjectName:x objects is not set\x1b[2J" pod="a/b"\n'
    row = json.dumps(reading_row(read(evil), PLACE), ensure_ascii=False)
    assert not {"\x1b", "\x07", "\u202e"} & set(row)
