"""The census before a change: everything is counted, and what cannot be decrypted is named."""

from __future__ import annotations

import pytest

from azext_akskv.engine.pace import Inline
from azext_akskv.failures import Denied, Unreadable
from azext_akskv.model.kube import SecretRef
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.observe.census import take_census
from tests.unit.steps.secret_store import FakeReporter, SecretStore


def census_of(store: SecretStore) -> SecretCensus:
    reporter = FakeReporter()
    return take_census(store, reporter, Inline(), 1)


def test_all_secrets_of_all_namespaces_are_counted() -> None:
    census = census_of(SecretStore(team_a=700, team_b=3))
    assert (census.count, census.namespaces, census.unreadable) == (703, 3, ())
    assert census.samples == (SecretRef("team-a", "s-000"), SecretRef("team-b", "s-000"))


def test_the_count_is_told_on_the_way() -> None:
    reporter = FakeReporter()
    take_census(SecretStore(team_a=700), reporter, Inline(), 1)
    assert reporter.ticks == ["500 secrets read", "700 secrets read"]


def test_an_unreadable_secret_is_named_and_the_others_are_counted() -> None:
    store = SecretStore(team_a=700, team_b=3)
    store.unreadable = {SecretRef("team-a", "s-123"), SecretRef("team-b", "s-000")}
    census = census_of(store)
    assert (census.count, census.namespaces) == (701, 3)
    assert census.unreadable == (SecretRef("team-a", "s-123"), SecretRef("team-b", "s-000"))
    assert census.samples == (SecretRef("team-a", "s-000"), SecretRef("team-b", "s-001"))


def test_an_unreadable_secret_without_a_name_is_told_by_its_namespace() -> None:
    store = SecretStore(team_a=3)
    store.page_faults = [Unreadable("list", "no matching prefix found")] * 9
    [told] = census_of(store).unreadable
    assert told == "a secret in default that the API server does not name: no matching prefix found"


def test_a_cluster_full_of_unreadable_secrets_names_the_first_ones() -> None:
    store = SecretStore(team_a=300)
    store.unreadable = set(store.stored)
    assert len(census_of(store).unreadable) == 20


def test_who_may_not_list_is_told_so() -> None:
    store = SecretStore(team_a=3)
    store.page_faults = [Denied("list", "Forbidden", "no")]
    with pytest.raises(Denied):
        census_of(store)
