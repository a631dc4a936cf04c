"""What can be seen of vaults and identities is seen, whatever else cannot."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.failures import Denied, Unavailable
from azext_akskv.model.access import Identity
from azext_akskv.model.ids import identity_id
from azext_akskv.model.vault_object import ObjectType, VaultObject
from azext_akskv.observe.provided import contents_named, contents_of, identity_with
from tests.builders import IDENTITY, NOW, SUBSCRIPTION, a_vault, an_identity
from tests.fakes import FakeWorld, fake_ports

SECRET, KEY, CERT = ObjectType
OTHER = "5c1d2a7e-0000-4000-8000-000000000002"
DB = VaultObject(SECRET, "db", enabled=True, version="1", created=NOW)
TLS = [VaultObject(of, "tls", enabled=True, version="1", created=NOW, managed=of is not CERT) for of in ObjectType]
VAULT = a_vault()


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    world = FakeWorld(tmp_path)
    newer = VaultObject(SECRET, "db", enabled=False, version="2", created=NOW + timedelta(1))
    world.hold(VAULT, DB, newer, *TLS)
    return world


def test_everything_or_why_not(world: FakeWorld) -> None:
    world.objects_closed[CERT] = "closed to us"
    found = contents_of(fake_ports(world).objects, VAULT)
    assert {of: {each.name for each in listed} for of, listed in found.listed.items()} == {
        SECRET: {"db", "tls"},
        KEY: {"tls"},
    }
    assert "closed to us" in found.unseen[CERT] and found.holds(CERT, "tls") is None


def test_what_is_under_one_name_with_its_newest_version(world: FakeWorld) -> None:
    objects = fake_ports(world).objects
    found = contents_named(objects, VAULT, "DB").named("DB")
    assert {of: (each.version, each.enabled) for of, each in found.items()} == {SECRET: ("2", False)}
    assert contents_named(objects, VAULT, "tls").named("tls").keys() == set(ObjectType)
    assert contents_named(objects, VAULT, "none").named("none") == {}
    assert [contents_named(objects, VAULT, "db").holds(of, "db") for of in ObjectType] == [True, False, False]


@pytest.mark.parametrize("error", [Denied("x", "ForbiddenByConnection", "closed"), Unavailable("x", "", "no route")])
def test_where_versions_are_not_told_the_list_still_is(world: FakeWorld, error: Exception) -> None:
    world.faults["objects.versions"] = [error] * 3
    found = contents_named(fake_ports(world).objects, VAULT, "db")
    assert [found.holds(of, "db") for of in ObjectType] == [True, False, None]
    assert found.named("db")[SECRET].version is None and str(error) in found.unseen[CERT]


def test_an_identity_is_looked_for_in_every_subscription_that_is_seen(world: FakeWorld) -> None:
    away = identity_id(OTHER, "rg1", "away")
    world.identities[away] = Identity(away, "p", "C-2", "x", "t")
    identities = fake_ports(world).identities
    assert identity_with(identities, [SUBSCRIPTION, OTHER], "c-2").identity == world.identities[away]
    assert world.calls["identities.all"] == 2
    assert identity_with(identities, [SUBSCRIPTION, OTHER], "client").identity == an_identity()
    assert world.calls["identities.all"] == 3 and world.identities[IDENTITY] == an_identity()


def test_a_subscription_that_is_not_seen_is_told(world: FakeWorld) -> None:
    world.faults["identities.all"] = [Denied("list", "AuthorizationFailed", "no right")]
    found = identity_with(fake_ports(world).identities, [OTHER, SUBSCRIPTION], "nobody")
    assert found.identity is None and found.unseen.keys() == {OTHER} and "no right" in found.unseen[OTHER]
