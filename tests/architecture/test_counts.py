"""The figures of docs/witnesses.rst are those of today."""

from __future__ import annotations

from azext_akskv.checks.declare import CATALOGUE
from tests.counts import PAGE, checks_with_tests, counts, documented


def test_the_page_has_the_figures_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == documented(), "make counts writes them"


def test_no_check_goes_without_a_test() -> None:
    assert checks_with_tests() == len(CATALOGUE) == len(set(CATALOGUE))


def test_nothing_is_counted_that_is_not_there() -> None:
    assert all(any(each.isdigit() for each in figure) for _, figure in counts())
