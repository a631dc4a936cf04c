"""What lies in a vault, told by lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.vault_object import (
    Contents,
    ObjectType,
    VaultObject,
    is_object_name,
    newest,
    newest_first,
    parse_arm_listed,
    parse_listed,
    scope_of,
)
from tests.builders import NOW, VAULT

SECRET, KEY, CERT = ObjectType
TLS = VaultObject(SECRET, "TLS", enabled=True, managed=True)


def test_what_is_under_a_name() -> None:
    listed = {SECRET: (TLS, VaultObject(SECRET, "db", enabled=True)), KEY: (replace(TLS, type=KEY),)}
    contents = Contents(listed, {CERT: "(ForbiddenByConnection) closed"})
    assert contents.named("tls") == {SECRET: TLS, KEY: replace(TLS, type=KEY)}
    assert contents.named("db").keys() == {SECRET} and contents.named("none") == {}
    assert [contents.holds(of, "db") for of in ObjectType] == [True, False, None]


def test_the_newest_is_the_last_one_made_even_when_it_is_disabled() -> None:
    old = replace(TLS, version="1", created=NOW)
    new = replace(TLS, version="2", created=NOW + timedelta(seconds=1), enabled=False)
    undated = replace(TLS, version="3")
    assert newest([old, new, undated]) == new and newest([]) is None
    assert newest_first([undated, old, new]) == (new, old, undated)


def test_a_single_thing_has_a_scope_of_its_own() -> None:
    assert str(scope_of(VAULT, SECRET, "db")) == f"{VAULT}/secrets/db"
    assert str(scope_of(VAULT, CERT, "tls")) == f"{VAULT}/certificates/tls"


@pytest.mark.parametrize("name", ["db", "a-1", "A" * 127])
def test_names(name: str) -> None:
    assert is_object_name(name) and not is_object_name(f"{name}_") and not is_object_name(f"{name}/1")


WRONG = [
    *["https://kv1.vault.azure.net/secrets", "https://kv1.vault.azure.net/keys/db", "", "db", "http://["],
    *["https://kv1.vault.azure.net/secrets/db/1/2", "https://kv1.vault.azure.net/secrets/d_b"],
    "https://kv1.vault.azure.net/secrets/db/%31",
]


@pytest.mark.parametrize("address", WRONG)
def test_an_address_of_something_else_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput):
        parse_listed({"id": address}, SECRET)
    with pytest.raises(BadInput):
        parse_arm_listed({"name": f"{address}_"}, SECRET)
