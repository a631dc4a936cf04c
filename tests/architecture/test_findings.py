"""The catalogue of checks against docs/findings.rst, both ways."""

from __future__ import annotations

import importlib
import pkgutil
import re

import azext_akskv.checks
from azext_akskv.checks.declare import CATALOGUE
from tests.architecture.codebase import CHECKOUT

HEADING = re.compile(
    r"^``?([a-z0-9]+(?:-[a-z0-9]+)+)``?$\n^[-=~^]{3,}$|^([a-z0-9]+(?:-[a-z0-9]+)+)$\n^[-=~^]{3,}$", re.M
)


def declared() -> set[str]:
    for module in pkgutil.iter_modules(azext_akskv.checks.__path__):
        importlib.import_module(f"azext_akskv.checks.{module.name}")
    return set(CATALOGUE)


def documented() -> list[str]:
    text = (CHECKOUT / "docs" / "findings.rst").read_text(encoding="utf-8")
    return [quoted or bare for quoted, bare in HEADING.findall(text)]


def test_every_finding_has_one_section_and_every_section_a_finding() -> None:
    sections = documented()
    assert sections and sorted(sections) == sorted(declared())


def test_a_code_is_of_several_words() -> None:
    """It is also an anchor, and a single word would be taken for a category."""
    assert all("-" in code for code in declared())


def test_the_codes_that_can_never_be_overruled_are_so() -> None:
    for code in ("secret-unreadable", "rewrite-owed", "key-unusable", "vault-unreachable"):
        assert code in declared() and not CATALOGUE[code].may_accept, code
