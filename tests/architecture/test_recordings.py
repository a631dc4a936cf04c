"""Cassettes: small, marked with where they come from, and free of credentials."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.codebase import CHECKOUT, shown

CASSETTES = sorted((CHECKOUT / "tests" / "recordings").glob("*.yaml"))
CREDENTIALS = re.compile(
    r"""
      x-identity-header | access_token | client-key-data | client-certificate-data
    | PRIVATE\ KEY
    | \bBearer\ (?!authorization=|or\ PoP)      # a token, and not the vault's way of asking for one
    | \bey[JI][\w-]{8,}\.[\w-]+\.[\w-]*        # a JWT
    | correct-horse-battery                    # in every value of the emulator's Secrets
    """,
    re.IGNORECASE | re.VERBOSE,
)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def test_there_are_cassettes() -> None:
    assert CASSETTES


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_a_cassette_has_at_most_180_kb(path: Path) -> None:
    """One story each; the longest is two changes of KMS with a rewrite after each."""
    assert path.stat().st_size <= 180_000


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_its_first_line_says_where_it_was_recorded(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first in ("# recorded-from: emulator", "# recorded-from: azure")


@pytest.mark.parametrize("path", CASSETTES, ids=shown)
def test_it_holds_no_credential_and_no_secret(path: Path) -> None:
    """Also where it is encoded, as a kubeconfig in a kubeconfig's answer and a certificate in that: each layer."""
    assert [found for text in layers(path.read_text(encoding="utf-8")) for found in CREDENTIALS.findall(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abc",
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln",
        "correct-horse-battery-1",
    ],
)
def test_a_credential_is_found_however_deep_it_is_encoded(text: str) -> None:
    twice = encoded(encoded(f"a line before it\n{text}\nand one after it"))
    assert all(any(map(CREDENTIALS.search, layers(f"x: {each}\n"))) for each in (text, encoded(text * 2), twice))


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def layers(text: str) -> Iterator[str]:
    """The text, and what the base64 in it says, and so on."""
    yield text
    for coded in BASE64.findall(text):
        whole = coded.rstrip("=").translate(str.maketrans("-_", "+/"))
        decoded = base64.b64decode(whole[: len(whole) - (len(whole) % 4 == 1)] + "==")
        if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in decoded):
            yield from layers(decoded.decode())
