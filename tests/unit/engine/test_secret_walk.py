"""Reading all secrets of a namespace: past values that cannot be decrypted, and past tokens that expire."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azext_akskv.engine.secret_walk import MOST_UNREADABLE, PAGE, UNKNOWN, SecretWalk, TooManyUnreadable
from azext_akskv.failures import Missing, Unreadable
from azext_akskv.model.kube import SecretPage, SecretRef
from tests.unit.steps.secret_store import SecretStore


def names_in(walk: SecretWalk, namespace: str = "team-a") -> list[str]:
    return [secret.name for page in walk.pages(namespace) for secret in page.secrets]


def test_pages_follow_one_another() -> None:
    store = SecretStore(team_a=990)
    assert names_in(SecretWalk(store)) == [f"s-{number:03}" for number in range(990)]
    assert store.page_limits == [PAGE, PAGE]


def test_a_namespace_without_secrets_has_no_pages() -> None:
    assert names_in(SecretWalk(SecretStore()), "default") == []


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 599), max_size=6))
def test_every_readable_secret_is_given_out_once_and_every_other_is_named(bad: set[int]) -> None:
    store = SecretStore(team_a=600)
    store.unreadable = {SecretRef("team-a", f"s-{number:03}") for number in bad}
    walk = SecretWalk(store)
    assert names_in(walk) == [f"s-{number:03}" for number in range(600) if number not in bad]
    assert {each.secret for each in walk.unreadable} == store.unreadable
    assert len(store.page_limits) <= 3 + 30 * len(bad)


def test_a_server_that_takes_no_tokens_but_its_own_hides_the_rest_and_that_is_told() -> None:
    store = SecretStore(team_a=10)
    store.unreadable = {SecretRef("team-a", "s-004")}
    store.takes_own_tokens = False
    walk = SecretWalk(store)
    assert names_in(walk) == ["s-000", "s-001", "s-002", "s-003"]
    assert [str(each.secret) for each in walk.unreadable] == ["team-a/s-004", f"team-a/{UNKNOWN}"]
    assert walk.unreadable[1].reason == "it stands behind team-a/s-004 in the list"


def test_an_unreadable_secret_without_a_name_ends_its_namespace() -> None:
    store = SecretStore(team_a=3)
    store.page_faults = [Unreadable("list", "no matching prefix found")] * 20
    walk = SecretWalk(store)
    assert names_in(walk) == []
    assert [each.secret for each in walk.unreadable] == [SecretRef("team-a", UNKNOWN)]


def test_a_cluster_whose_key_is_gone_is_not_searched_to_its_end() -> None:
    store = SecretStore(team_a=300)
    store.unreadable = set(store.stored)
    with pytest.raises(TooManyUnreadable):
        names_in(SecretWalk(store))
    assert len(store.page_limits) < 15 * MOST_UNREADABLE


@pytest.mark.parametrize(("takes_own_tokens", "pages"), [(True, 3), (False, 5)])
def test_when_a_token_expires_the_list_goes_on_and_nothing_comes_twice(takes_own_tokens: bool, pages: int) -> None:
    """Behind the last name where the server takes such a token, else from the beginning."""
    store = SecretStore(team_a=990)
    store.takes_own_tokens = takes_own_tokens
    reading = SecretWalk(store).pages("team-a")
    first = next(reading)
    store.page_faults = [Missing("list", "Expired")]
    rest = [secret for page in reading for secret in page.secrets]
    assert len(first.secrets) + len(rest) == 990
    assert len({*first.secrets, *rest}) == 990
    assert len(store.page_limits) == pages


def test_a_list_gets_to_its_end_however_often_its_tokens_expire() -> None:
    store = SecretStore(team_a=999)

    def read(namespace: str, after: str | None, limit: int) -> SecretPage:
        if after and not after.startswith("own:"):
            raise Missing("list", "Expired")
        return store.page(namespace, after, 50)

    assert len(names_in(SecretWalk(store, read))) == 999


def test_tokens_that_keep_expiring_end_the_walk() -> None:
    store = SecretStore(team_a=990)
    walk = SecretWalk(store, lambda namespace, after, limit: expiring(store, namespace, after, limit))
    with pytest.raises(Missing):
        names_in(walk)


def expiring(store: SecretStore, namespace: str, after: str | None, limit: int):  # type: ignore[no-untyped-def]
    if after:
        raise Missing("list", "Expired")
    return store.page(namespace, after, limit)
