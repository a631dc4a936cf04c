"""Each bad input, brought to the real az: a clear error, the exit code that is promised, and nothing changed."""

from __future__ import annotations

import re
import shlex
import unicodedata
from pathlib import Path

import pytest

from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import Cluster
from tests.e2e.bad_input import EVERY, page
from tests.e2e.bad_input.case import BadInput
from tests.e2e.bad_input.hostile import EVIL, TAME
from tests.e2e.commands import REENCRYPT, finding
from tests.e2e.conftest import Ended, Station
from tests.remedies import refusal_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.rst"
STEERING = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
MOST_CHARACTERS = 60_000


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.brought)
def test_it_is_told_and_nothing_is_changed(station: Station, case: BadInput) -> None:
    station.start(case.world, secrets=2, **case.overrides)
    undo = case.prepare(station) if case.prepare else None
    try:
        ended = station.az(*case.command)
    finally:
        if undo:
            undo()
    assert ended.code == case.code, ended.output
    assert station.changes() == [], station.changes()
    told(case, ended)
    remedied(case, ended)
    assert "Traceback" not in ended.output and "mistake in akskv" not in ended.output
    steering = {each for each in ended.output if unicodedata.category(each) in STEERING}
    assert steering <= {"\n"} and len(ended.output) < MOST_CHARACTERS
    assert not re.search(r"^(ERROR: all is lost|ERROR: forged| *fix +az group delete)", ended.output, re.MULTILINE)


def told(case: BadInput, ended: Ended) -> None:
    """The finding or the error, what was expected, and what was found."""
    if case.finding:
        seen = finding(ended, case.finding)
        assert seen["state"] == case.state, ended.output
        assert seen["url"].startswith("https://learn.microsoft.com/")
    words = " ".join(ended.output.split())
    for each in (case.error, case.expected, case.found):
        assert each.lower() in words.lower(), ended.output


def remedied(case: BadInput, ended: Ended) -> None:
    """The command to paste is one for a shell, word by word; what could not be looked at is to be tried again."""
    if case.finding and case.state == "unknown" and case.command[3] != "show":
        [following] = re.findall(r"^Next: +(.+)$", ended.output, re.MULTILINE)
        assert shlex.split(following)[:3] == ["az", "aks", "kv"]
    if not case.remedy:
        return
    if not case.finding:
        assert case.remedy in ended.output, ended.output
        return
    command = finding(ended, case.finding)["command"]
    assert command.startswith(case.remedy), command
    words = shlex.split(command)
    assert words[0] in ("az", "helm", "kubectl") and not {each for each in command if each in "\r\n\x1b"}
    assert not refusal_of(command)


def test_the_page_is_the_table(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update"):
        PAGE.write_text(page(), encoding="utf-8")
    assert page() == PAGE.read_text(encoding="utf-8")


def test_no_case_is_brought_twice() -> None:
    brought = [case.brought for case in EVERY]
    assert len(brought) == len(set(brought)) >= 80


def test_an_admission_message_can_forge_nothing(station: Station) -> None:
    """Here a change has begun, so it is no row of the table: each secret is refused in the webhook's own words."""
    station.start("admission-refuses", clusters=(Cluster(admission=(AdmissionRule(EVIL),)),), secrets=2)
    ended = station.az(*REENCRYPT)
    assert ended.code == 1 and {each["reason"] for each in ended.json["secrets"]["refused"]} == {TAME}, ended.output
    assert {each for each in ended.output if unicodedata.category(each) in STEERING} == {"\n"}
    assert not re.search(r"^(ERROR: all is lost| *fix +az group delete)", ended.output, re.MULTILINE)
