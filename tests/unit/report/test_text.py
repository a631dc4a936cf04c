"""The story, whole: what a person reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from azext_akskv.engine.result import StepRecord
from azext_akskv.model.cluster import Experience
from azext_akskv.model.finding import Finding, State
from azext_akskv.report import text
from tests.unit.report import samples

Golden = Callable[[str, str], None]
FINDINGS = (
    samples.HEALTHY,
    samples.NO_PURGE_PROTECTION,
    samples.UNUSABLE,
    samples.NOT_APPLICABLE,
    samples.EXPIRING,
    samples.UNREADABLE_FIREWALL,
)


def page(lines: Sequence[text.Line]) -> str:
    return "".join(f"{line.head}{line.text}".rstrip() + "\n" for line in lines)


def test_findings_say_what_why_what_to_run_and_where_to_read(golden: Golden) -> None:
    golden("findings.txt", page(text.finding_lines(FINDINGS)))


def test_with_verbose_every_check_is_told(golden: Golden) -> None:
    golden("findings-verbose.txt", page(text.finding_lines(FINDINGS, text.EVERY)))


def test_a_finding_takes_four_lines_at_most() -> None:
    assert all(len(text.finding_lines([finding], text.EVERY)) <= 4 for finding in FINDINGS)


def test_what_could_not_be_looked_at_is_told_once_for_all_checks_that_need_it() -> None:
    unread = Finding("key-unusable", "key", State.UNKNOWN, "not allowed to read the vault", guards=True)
    lines = text.finding_lines([unread, replace(unread, code="key-expiring"), replace(unread, code="vault-missing")])
    assert lines[0].text == "not allowed to read the vault"
    assert len(lines) == 2 and lines[1].text.startswith("key-unusable, key-expiring, vault-missing  https://")


def test_findings_are_counted_by_state() -> None:
    assert text.counted(FINDINGS) == "6 checks: 2 errors, 1 unknown, 1 warning, 1 not applicable"
    assert text.counted([samples.HEALTHY]) == "1 check: all is well"


def test_the_plan_shows_what_is_already_so_and_what_to_know(golden: Golden) -> None:
    planned = [StepRecord(step.code, step.title, "planned") for step in samples.STEPS[1:]]
    golden("plan.txt", page(text.plan_lines(samples.PLAN, [samples.STEPS[0], *planned], "prod")))


def test_each_ending_says_what_is_safe_and_how_to_go_on(golden: Golden) -> None:
    dry = replace(samples.nothing_left(), status="dry-run", run="")
    well = (samples.done(), samples.nothing_left(), samples.waiting(), dry, replace(dry, status="declined"))
    results = (*well, samples.refused(), samples.failed(), samples.interrupted())
    golden("endings.txt", "\n".join(page(text.ending(each, samples.COMMAND)) for each in results))


@pytest.mark.parametrize("owed", [True, False, None])
@pytest.mark.parametrize("experience", Experience)
def test_a_state_is_one_sentence(experience: Experience, owed: bool | None) -> None:
    state = replace(samples.state(), experience=experience, rewrite_owed=owed)
    [line] = text.state_lines(state)
    assert line.text.startswith("prod, Kubernetes 1.30.4: ") and line.text.endswith(".")
    assert ("is proved" in line.text) == (experience.legacy and owed is False)
    assert ("is owed" in line.text) == (owed is True)


def test_of_a_cluster_that_could_not_be_read_nothing_is_said() -> None:
    assert text.state_lines(replace(samples.state(), experience=None)) == []


def test_remote_text_reaches_no_line_unfiltered() -> None:
    hostile = Finding("a", "key", samples.UNUSABLE.state, "x\x1b[2J\ny", "w\u202e", "az \x07keyvault")
    assert page(text.finding_lines([hostile])).splitlines()[:3] == [
        "  error    key        x y",
        "    why    w",
        "    fix    az keyvault",
    ]
