"""SecretSync and AKVSync, by the API server's JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.sync import AkvObject, SyncedItem, parse_akv_sync, parse_sync
from tests.unit.model.secret_store.builders import NOW, a_condition, a_sync, an_akv_sync


def test_everything_that_is_told_is_read() -> None:
    found = parse_sync(a_sync(a_condition("CreateSucceeded", type="Create", observedGeneration=2), synced=30))
    assert (found.namespace, found.name, str(found)) == ("shop", "my-secret", "shop/my-secret")
    assert (found.service_account, found.class_name, found.type) == ("my-service-account", "my-class", "Opaque")
    assert found.items[1] == SyncedItem("my-secret/1", "my-secret-data-key1")
    assert [(each.name, each.ordinal) for each in found.items] == [("my-secret", 0), ("my-secret", 1)]
    assert (found.labels, found.annotations, found.force) == ({"team": "shop"}, {"note": "x"}, "v1")
    assert (found.generation, found.age(NOW), found.ending) == (2, timedelta(minutes=30), False)
    [condition] = found.conditions
    assert (condition.reason, condition.good, condition.creating, condition.generation) == (
        "CreateSucceeded",
        True,
        True,
        2,
    )
    assert condition.at == NOW - timedelta(minutes=5)


def test_the_hash_of_what_a_secret_holds_is_not_kept() -> None:
    assert "$2a$10$hash" not in repr(parse_sync(a_sync(a_condition("CreateSucceeded"))))


@pytest.mark.parametrize(
    ("source", "name", "ordinal"),
    [("a", "a", None), ("a/0", "a", 0), ("a/12", "a", 12), ("a/tls.crt", "a", None), ("", "", None)],
)
def test_a_path_names_a_thing_and_perhaps_its_version(source: str, name: str, ordinal: int | None) -> None:
    item = SyncedItem(source, "k")
    assert (item.name, item.ordinal) == (name, ordinal)


@pytest.mark.parametrize(
    ("kind", "creating"),
    [("Create", True), ("SecretCreated", True), ("Update", False), ("SecretUpdated", False), ("Unknown", None)],
)
def test_the_type_of_a_condition_tells_what_was_tried(kind: str, creating: bool | None) -> None:
    [condition] = parse_sync(a_sync(a_condition("ProviderError", type=kind))).conditions
    assert condition.creating is creating


def test_a_sync_without_a_status_was_never_good() -> None:
    found = parse_sync({"metadata": {"name": "a"}})
    assert (found.conditions, found.age(NOW), found.type, found.items) == ((), None, "Opaque", ())


def test_one_that_an_akv_sync_made_says_so() -> None:
    raw = a_sync()
    raw["metadata"]["ownerReferences"] = [{"kind": "Pod", "name": "x"}, {"kind": "AKVSync", "name": "all"}]
    raw["metadata"]["deletionTimestamp"] = "2026-11-28T11:00:00Z"
    found = parse_sync(raw)
    assert (found.akv_sync, found.ending) == ("all", True)


def test_an_akv_sync_names_what_it_copies() -> None:
    found = parse_akv_sync(an_akv_sync())
    assert (str(found), found.vault, found.client_id, found.tenant_id) == ("shop/all", "kv1", "c1", "t1")
    assert found.objects == (
        AkvObject(("secretInAKV",), ("db",), history=2),
        AkvObject(("certInAKV",), ("web",), type="kubernetes.io/tls"),
        AkvObject(("mapping",), ("one", "two"), "both"),
    )
    assert [each.reason for each in found.conditions] == ["PartialSync"]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {},
        {"kind": "Secret", "metadata": {"name": "a"}},
        {"metadata": {"name": "a"}, "spec": {"secretObject": {"data": {}}}},
        {"metadata": {"name": "a"}, "status": {"lastSuccessfulSyncTime": "yesterday"}},
        {"metadata": {"name": "a"}, "spec": {"secretObject": {"labels": [{"a": "b"}]}}},
    ],
)
def test_what_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(BadInput):
        parse_sync(wrong)


def test_an_akv_sync_of_the_wrong_shape_is_refused() -> None:
    for wrong in ({"kind": "SecretSync", "metadata": {"name": "a"}}, an_akv_sync(objects=[{"secretInAKV": 1}])):
        with pytest.raises(BadInput):
            parse_akv_sync(wrong)
