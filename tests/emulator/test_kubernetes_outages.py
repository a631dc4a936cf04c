"""Secrets that cannot be read or written: lost values and keys, and what health and metrics say of it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from emulator.providers.authorization.evaluate import ASSIGNMENTS
from tests.emulator.data_planes import (
    COUNT,
    SECRETS,
    START,
    VAULT,
    Api,
    Vault,
    encrypted_api,
    inner_code,
    plain_api,
    slot,
    some_secret,
)


def ungrant(api: Api) -> None:
    """The cluster's identity loses all its roles."""
    identity = api.world.ids.principal("shop-id")
    for one in list(api.world.resources.under("/", ASSIGNMENTS)):
        if one.body["properties"]["principalId"] == identity:
            api.world.resources.remove(one.id)


def set_attributes(api: Api, **attributes: Any) -> None:
    version = api.world.keyvault.find(f"https://{VAULT}/keys/etcd")
    assert version is not None
    version.change({"attributes": attributes}, int(START.timestamp()))


@pytest.fixture
def broken() -> tuple[Api, str, str]:
    """A cluster with one secret that no key decrypts any more, in the middle of the list."""
    api, _ = encrypted_api()
    namespace, name = some_secret(api)
    storage = api.server.registry.storage
    storage.put(f"/registry/secrets/{namespace}/{name}", b"k8s:enc:kms:v2:azurekms-0:" + b"0" * 400)
    return api, namespace, name


def test_one_unreadable_value_fails_the_whole_list_and_is_named(broken: tuple[Api, str, str]) -> None:
    api, namespace, name = broken
    answer = api("GET", SECRETS)
    assert (answer.status, answer.body["reason"]) == (500, "InternalError")
    assert answer.body["message"] == (
        f'Internal error occurred: unable to transform key "/registry/secrets/{namespace}/{name}": '
        "no matching prefix found"
    )


def test_pages_before_an_unreadable_value_and_a_token_behind_it_work(broken: tuple[Api, str, str]) -> None:
    api, namespace, name = broken
    half = str(COUNT // 2)
    first = api("GET", SECRETS, limit=half)
    assert len(first.body["items"]) == COUNT // 2
    assert api("GET", SECRETS, limit=half, **{"continue": first.body["metadata"]["continue"]}).status == 500
    start = {
        "v": "meta.k8s.io/v1",
        "rv": int(first.body["metadata"]["resourceVersion"]),
        "start": f"{namespace}/{name}\0",
    }
    behind = base64.urlsafe_b64encode(json.dumps(start).encode()).decode().rstrip("=")
    assert len(api("GET", SECRETS, **{"continue": behind}).body["items"]) == COUNT // 2 - 1


def test_an_unreadable_value_can_be_neither_patched_nor_deleted(broken: tuple[Api, str, str]) -> None:
    api, namespace, name = broken
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
    answers = [api("GET", path), api.patch(path, {}), api("DELETE", path)]
    assert [answer.status for answer in answers] == [500, 500, 500]
    assert answers[0].body["message"] == "Internal error occurred: no matching prefix found"


def test_a_restart_with_an_unreadable_value_never_gets_ready(broken: tuple[Api, str, str]) -> None:
    api, namespace, name = broken
    assert api("GET", "/readyz").status == 200
    api.server.restart()
    answer = api("GET", "/readyz", verbose="")
    assert answer.status == 500
    assert "[-]informer-sync failed: reason withheld\n" in answer.body.decode()
    assert api("GET", "/livez").status == 200
    api.server.registry.storage.delete(f"/registry/secrets/{namespace}/{name}")
    assert api("GET", "/readyz").status == 200


def test_the_cache_answers_where_etcd_cannot_be_read() -> None:
    api, _ = encrypted_api()
    api.world.keyvault.delete(VAULT, "etcd")
    api.world.clock.advance(86400)
    assert api("GET", SECRETS).status == 500
    assert len(api("GET", SECRETS, resourceversion="0").body["items"]) == COUNT


def statuses(api: Api, name: str) -> dict[str, int]:
    """What the API server can do just now."""
    return {
        "read": api("GET", SECRETS).status,
        "secret": api.create(name, data={"a": "Yg=="}).status,
        "configmap": api.create(name, plural="configmaps", data={"a": "b"}).status,
        "livez": api("GET", "/livez").status,
    }


def test_v1_reads_and_does_not_write_under_an_expired_key() -> None:
    api, _ = encrypted_api("1.26.12")
    set_attributes(api, exp=int(START.timestamp()))
    assert statuses(api, "new") == {"read": 200, "secret": 500, "configmap": 201, "livez": 500}
    refused = api.create("other")
    assert refused.body["reason"] == "InternalError"
    assert "Operation encrypt is not allowed on an expired key." in refused.body["message"]
    assert 'InnerError={"code":"KeyExpired"}' in refused.body["message"]
    api.server.restart()
    assert statuses(api, "again") == {"read": 200, "secret": 500, "configmap": 201, "livez": 500}


def test_v2_goes_on_writing_for_three_minutes_under_an_expired_key() -> None:
    api, _ = encrypted_api()
    set_attributes(api, exp=int(START.timestamp()))
    api.world.clock.advance(100)
    assert statuses(api, "one") == {"read": 200, "secret": 201, "configmap": 201, "livez": 500}
    api.world.clock.advance(100)
    assert statuses(api, "two") == {"read": 200, "secret": 500, "configmap": 201, "livez": 500}
    assert "expired at 2026-03-01T12:03:00Z" in api.create("three").body["message"]


def test_v2_cannot_even_read_when_it_starts_under_an_expired_key() -> None:
    api, _ = encrypted_api()
    set_attributes(api, exp=int(START.timestamp()))
    api.server.restart()
    assert statuses(api, "new") == {"read": 500, "secret": 500, "configmap": 201, "livez": 500}
    set_attributes(api, exp=int(START.timestamp()) + 86400)
    api.world.clock.advance(60)
    assert statuses(api, "new") == {"read": 200, "secret": 201, "configmap": 409, "livez": 200}
    assert api("GET", "/readyz").status == 200


def test_after_switching_off_the_last_key_must_stay_usable() -> None:
    api, first = encrypted_api()
    api.server.use_keys(None, first)
    api.rewrite()
    set_attributes(api, exp=int(START.timestamp()))
    api.world.clock.advance(30)
    readyz = api("GET", "/readyz", verbose="")
    assert (readyz.status, "[-]kms-providers failed" in readyz.body.decode()) == (500, True)
    assert api.create("new").status == 201


def test_a_deleted_key_shows_itself_when_the_cached_key_is_forgotten() -> None:
    api, _ = encrypted_api()
    api.world.keyvault.delete(VAULT, "etcd")
    assert api("GET", SECRETS).status == 200
    api.server.restart()
    api.world.keyvault.recover(VAULT, "etcd")
    assert api("GET", SECRETS).status == 500
    api.world.clock.advance(60)
    assert (api("GET", SECRETS).status, api("GET", "/readyz").status) == (200, 200)


def test_a_missing_grant_stops_what_the_key_itself_would_allow() -> None:
    api, _ = encrypted_api("1.26.12")
    ungrant(api)
    answer = api.create("new")
    assert answer.status == 500 and 'InnerError={"code":"ForbiddenByRbac"}' in answer.body["message"]
    assert api("GET", "/livez/kms-provider-0").status == 500
    assert inner_code(Vault(api.world, "shop-id")("GET", "/keys/etcd")) == "ForbiddenByRbac"


def test_health_believes_a_good_answer_for_twenty_seconds_and_a_bad_one_for_three() -> None:
    api, _ = encrypted_api()
    assert api("GET", "/readyz").status == 200
    set_attributes(api, enabled=False)
    assert api("GET", "/readyz").status == 200
    api.world.clock.advance(20)
    assert api("GET", "/readyz").status == 500
    set_attributes(api, enabled=True)
    assert api("GET", "/readyz").status == 500
    api.world.clock.advance(3)
    assert api("GET", "/readyz").status == 200
    set_attributes(api, enabled=False)
    api.world.clock.advance(20)
    assert api("GET", "/readyz", exclude="kms-providers").status == 200


def samples(api: Api, name: str) -> dict[str, float]:
    """Labels of a metric -> value."""
    lines = api("GET", "/metrics").body.decode().splitlines()
    found = [line.removeprefix(name).rpartition(" ") for line in lines if line.startswith(name + "{")]
    return {labels: float(value) for labels, _, value in found}


def test_v2_metrics_name_the_key_by_the_hash_of_its_hash() -> None:
    api = plain_api()
    name = "apiserver_envelope_encryption_key_id_hash_total"
    assert samples(api, name) == {}
    used = slot(api.world)
    api.server.use_keys(used, None)
    api.rewrite()
    key_id = hashlib.sha256(used.kid.encode()).hexdigest()
    expected = f'key_id_hash="sha256:{hashlib.sha256(key_id.encode()).hexdigest()}",provider_name="azurekms-1"'
    found = samples(api, name)
    written = [value for labels, value in found.items() if expected in labels and "to_storage" in labels]
    assert written == [COUNT]
    assert all(labels.startswith('{apiserver_id_hash="sha256:') for labels in found)
    status = samples(api, "apiserver_envelope_encryption_key_id_hash_status_last_timestamp_seconds")
    assert list(status.values()) == [START.timestamp()]


@pytest.mark.parametrize(("version", "labelled"), [("1.26.12", None), ("1.28.15", False), ("1.29.0", True)])
def test_metrics_name_keys_since_v2_and_api_servers_since_1_29(version: str, labelled: bool | None) -> None:
    api, _ = encrypted_api(version)
    found = samples(api, "apiserver_envelope_encryption_key_id_hash_total")
    assert bool(found) == (labelled is not None)
    assert all(("apiserver_id_hash" in labels) == labelled for labels in found)


def test_the_identity_in_the_metrics_has_a_lease() -> None:
    api, _ = encrypted_api()
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    query = {"labelselector": "apiserver.kubernetes.io/identity=kube-apiserver"}
    (lease,) = api("GET", path, **query).body["items"]
    digest = hashlib.sha256(lease["metadata"]["name"].encode()).hexdigest()
    found = samples(api, "apiserver_envelope_encryption_key_id_hash_total")
    assert all(f'apiserver_id_hash="sha256:{digest}"' in labels for labels in found)
    api.server.restart()
    (renewed,) = api("GET", path, **query).body["items"]
    assert renewed["metadata"]["name"] != lease["metadata"]["name"]


def test_a_private_path_is_needed_for_a_closed_vault() -> None:
    api = plain_api()
    vault = api.world.keyvault.vault(VAULT)
    assert vault is not None
    vault.body["properties"]["publicNetworkAccess"] = "Disabled"
    api.server.use_keys(slot(api.world), None)
    assert api.create("new").status == 500
    state = {"privateLinkServiceConnectionState": {"status": "Approved"}}
    vault.body["properties"]["privateEndpointConnections"] = [{"properties": state}]
    api.server.use_keys(slot(api.world, path="private"), None)
    assert api.create("new").status == 201
