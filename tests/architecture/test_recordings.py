"""Cassettes: small, marked with where they come from, and free of credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.codebase import CHECKOUT, shown

CASSETTES = sorted((CHECKOUT / "tests" / "recordings").glob("*.yaml"))
CREDENTIALS = (
    "x-identity-header",
    "bearer ey",
    "client-key-data",
    "client-certificate-data",
    "access_token",
    "begin private",
)


def test_there_are_cassettes() -> None:
    assert CASSETTES


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_a_cassette_has_at_most_100_kb(path: Path) -> None:
    assert path.stat().st_size <= 100_000


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_its_first_line_says_where_it_was_recorded(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first in ("# recorded-from: emulator", "# recorded-from: azure")


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_it_holds_no_credential(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert not [credential for credential in CREDENTIALS if credential in text]
