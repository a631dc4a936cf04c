"""Of which objects the versions are read: those that a class names, and what was made anew after a pod mounted it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.checks.declare import PROVIDER
from azext_akskv.flows.drive import look
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.times import parse_time
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.builders import a_vault
from tests.fake_mounts import seen_by
from tests.fakes import FakeWorld
from tests.mount_builders import STARTED, Json, a_class, a_pod, a_status

SECRET, _, CERT = ObjectType
MOUNTED_AT = parse_time(STARTED)
PINNED = "array:\n  - |\n    objectName: DB-pass\n    objectType: secret\n    objectVersion: v1\n"


def in_kv1(**spec: str) -> Json:
    raw = a_class(**spec)
    raw["spec"]["parameters"]["keyvaultName"] = "kv1"
    return raw


def versions_seen(world: FakeWorld) -> dict[tuple[str, ObjectType, str], list[str | None]]:
    view = look(Wanted("show"), world.world(), (PROVIDER,)).provider.get()
    assert isinstance(view, ProviderView)
    return {key: [each.version for each in found.get()] for key, found in view.behind.versions.items()}


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    """A secret in one version and a certificate in two, all from before the mount."""
    assert MOUNTED_AT
    world = FakeWorld(tmp_path)
    for of, name, version, hours in (
        (SECRET, "db-pass", "v1", 9),
        (CERT, "web-tls", "v6", 9),
        (CERT, "web-tls", "v7", 5),
    ):
        made = MOUNTED_AT - timedelta(hours=hours)
        world.hold(a_vault(), VaultObject(of, name, enabled=True, version=version, created=made))
    world.seen = seen_by(classes=[in_kv1()], pods=[a_pod()], statuses=[a_status()])
    return world


def test_none_where_the_mount_is_newer(world: FakeWorld) -> None:
    assert versions_seen(world) == {}


def test_what_was_made_anew_after_a_mount(world: FakeWorld) -> None:
    assert MOUNTED_AT
    newer = VaultObject(SECRET, "db-pass", enabled=True, version="v2", created=MOUNTED_AT + timedelta(hours=1))
    world.hold(a_vault(), newer)
    assert versions_seen(world) == {("kv1", SECRET, "db-pass"): ["v2", "v1"]}
    world.seen = seen_by(classes=[in_kv1()], pods=[a_pod()])  # nobody has mounted it
    assert versions_seen(world) == {}


def test_what_a_class_names_in_a_version(world: FakeWorld) -> None:
    world.seen = seen_by(classes=[in_kv1(objects=PINNED)], pods=[a_pod()])
    assert versions_seen(world) == {("kv1", SECRET, "db-pass"): ["v1"]}
