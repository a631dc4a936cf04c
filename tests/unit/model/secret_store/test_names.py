"""Names for objects of Kubernetes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.secret_store.names import (
    is_force_value,
    is_name,
    is_namespace,
    is_target_key,
    names_for,
    target_key,
)

AS_IN_THE_KIND = re.compile(r"[A-Za-z0-9.]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?(\/([0-9]+))*", re.ASCII)
FORCE_AS_IN_THE_KIND = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?", re.ASCII)


@pytest.mark.parametrize(
    "key", ["db_pass", "tls.crt", "v0", ".dockerconfigjson", "my-secret-data-key0", "a", "v0/1", "a-", "a" * 253]
)
def test_keys_that_are_taken(key: str) -> None:
    assert is_target_key(key)


@pytest.mark.parametrize("key", ["", "a_b", "a.b", "my__k", "abc.", "_a", "-a", "a b", "ab/x", "ab\n", "é", "a" * 254])
def test_keys_that_are_refused(key: str) -> None:
    assert not is_target_key(key)


@given(st.text(alphabet="aZ0-._/", max_size=12))
def test_the_pattern_is_the_one_of_the_kind(key: str) -> None:
    assert is_target_key(key) is bool(AS_IN_THE_KIND.fullmatch(key))
    assert is_force_value(key) is bool(FORCE_AS_IN_THE_KIND.fullmatch(key))


def test_matching_takes_no_longer_than_the_text_is_long() -> None:
    assert not is_target_key("a" * 252 + "!") and not is_force_value("a" * 252 + "!")
    assert not is_name("a." * 126 + "!")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a", True),
        ("a.b-c", True),
        ("", False),
        ("A", False),
        ("-a", False),
        ("a..b", False),
        ("a" * 253, True),
        ("a" * 254, False),
    ],
)
def test_names_of_kubernetes(name: str, good: bool) -> None:
    assert is_name(name) is good


def test_the_longest_name_of_kubernetes() -> None:
    assert is_name("a" * 253) and not is_name("a" * 254)


def test_namespaces_have_no_dot() -> None:
    assert is_namespace("shop") and not is_namespace("a.b") and not is_namespace("a" * 64)


def test_a_thing_gives_its_name_in_small_letters() -> None:
    assert names_for(["Db-Pass", "web"]) == {"Db-Pass": "db-pass", "web": "web"}
    assert names_for(["-a-"]) == {"-a-": "a"}


def test_things_that_would_have_the_same_name_have_others() -> None:
    found = names_for(["a", "-a", "a-", "--"])
    assert found["a"] == "a" and re.fullmatch(r"a-[0-9a-f]{8}", found["-a"]) and found["--"].startswith("secret-")
    assert len(set(found.values())) == 4
    assert names_for(["--", "a-", "-a", "a"]) == {each: found[each] for each in ("--", "a-", "-a", "a")}


THINGS = st.text(alphabet="abC09-", min_size=1, max_size=6)


@given(st.lists(THINGS, unique_by=str.lower, max_size=12))
def test_all_names_are_good_and_each_thing_has_its_own(things: list[str]) -> None:
    found = names_for(things)
    assert set(found) == set(things) and len(set(found.values())) == len(things)
    assert all(is_name(each) for each in found.values())
    assert all(is_target_key(target_key(each, 1)) for each in things)


@given(st.text(max_size=300))
def test_any_text_gives_a_name(thing: str) -> None:
    assert is_name(names_for([thing])[thing])


def test_entries_are_called_as_in_the_document() -> None:
    assert target_key("my-secret", 1) == "my-secret-data-key1"
