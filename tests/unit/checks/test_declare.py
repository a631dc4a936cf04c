"""How findings come about, and that no check goes without a test of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from azext_akskv.checks.declare import (
    CATALOGUE,
    CATEGORIES,
    MANIFESTS,
    PRIVATE_LINK,
    PROVIDER,
    PROVISION,
    Check,
    NotApplicable,
    findings_of,
    run_checks,
)
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from tests.builders import a_snapshot


def a_check(severity: State, *outcome: Problem | Exception) -> Check:
    def examine(_snapshot: Snapshot) -> Iterator[Problem]:
        for each in outcome:
            if isinstance(each, Exception):
                raise each
            yield each

    return Check("a-code", "key", severity, "all is well", False, examine)


@pytest.mark.parametrize(
    ("severity", "outcome", "state", "blocks"),
    [
        (State.ERROR, (), "ok", False),
        (State.ERROR, (Problem("bad"),), "error", True),
        (State.WARNING, (Problem("so so"),), "warning", False),
        (State.ERROR, (Problem("milder", state=State.WARNING),), "warning", False),
        (State.ERROR, (NotObserved("no right"),), "unknown", True),
        (State.WARNING, (NotObserved("no right"),), "unknown", False),
        (State.ERROR, (NotApplicable("not here"),), "skipped", False),
    ],
)
def test_what_a_check_yields_becomes_a_finding(severity, outcome, state, blocks) -> None:
    [finding] = findings_of(a_check(severity, *outcome), a_snapshot())
    assert (finding.state.value, finding.blocks) == (state, blocks)


def test_each_problem_is_a_finding_of_its_own() -> None:
    found = findings_of(a_check(State.ERROR, Problem("one"), Problem("two")), a_snapshot())
    assert [finding.text for finding in found] == ["one", "two"]


def test_checks_run_by_category_and_each_says_something() -> None:
    findings = run_checks(CATEGORIES, a_snapshot())
    assert {finding.code for finding in findings} == {
        each.code
        for each in CATALOGUE.values()
        if each.category not in (MANIFESTS, PRIVATE_LINK, PROVIDER, PROVISION)  # of commands of their own
    }
    order = [CATEGORIES.index(finding.category) for finding in findings]
    assert order == sorted(order)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_check_has_a_test_named_after_it(code: str) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert f"def test_{code.replace('-', '_')}" in tests
