"""Secrets in etcd: really encrypted under the vault's key, stale or not, readable or not."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from emulator.kubernetes.encryption import KeySlot
from emulator.providers.authorization.evaluate import ASSIGNMENTS
from tests.emulator.data_planes import (
    START,
    TABLE,
    VAULT,
    Api,
    Vault,
    grant,
    inner_code,
    new_api,
    new_key_version,
    slot,
    small_world,
)

SECRETS = "/api/v1/secrets"
HERE = "/api/v1/namespaces/default/secrets"
VALUE = base64.b64encode(b"correct-horse-battery")
COUNT = 12


def plain_api(version: str = "1.30.7") -> Api:
    """A cluster without KMS whose identity may use the key."""
    world = small_world()
    grant(world, "shop-id", "Key Vault Crypto User")
    return new_api(world, COUNT, version)


def encrypted_api(version: str = "1.30.7") -> tuple[Api, KeySlot]:
    """A cluster whose secrets all are under the key's first version, with a slot for it."""
    world = small_world()
    grant(world, "shop-id", "Key Vault Crypto User")
    first = slot(world)
    return new_api(world, COUNT, version, current=first), first


def ungrant(api: Api) -> None:
    """The cluster's identity loses all its roles."""
    identity = api.world.ids.principal("shop-id")
    for one in list(api.world.resources.under("/", ASSIGNMENTS)):
        if one.body["properties"]["principalId"] == identity:
            api.world.resources.remove(one.id)


def some_secret(api: Api) -> tuple[str, str]:
    """Namespace and name of one in the middle of the list."""
    metadata = api("GET", SECRETS).body["items"][COUNT // 2]["metadata"]
    return metadata["namespace"], metadata["name"]


def set_attributes(api: Api, **attributes: Any) -> None:
    version = api.world.keyvault.find(f"https://{VAULT}/keys/etcd")
    assert version is not None
    version.change({"attributes": attributes}, int(START.timestamp()))


def uses(api: Api) -> tuple[int, int]:
    """How often the vault encrypted and decrypted, whatever the version."""
    counted = api.world.keyvault.operations
    totals = {verb: sum(n for (_, one), n in counted.items() if one == verb) for verb in ("encrypt", "decrypt")}
    return totals["encrypt"], totals["decrypt"]


def test_without_kms_etcd_holds_the_values() -> None:
    api = plain_api()
    namespace, name = some_secret(api)
    assert VALUE in api.in_etcd(name, namespace)


@pytest.mark.parametrize(("version", "prefix"), [("1.30.7", "v2"), ("1.26.12", "v1")])
def test_under_kms_etcd_holds_a_prefix_and_no_value(version: str, prefix: str) -> None:
    api, _ = encrypted_api(version)
    namespace, name = some_secret(api)
    stored = api.in_etcd(name, namespace)
    assert stored.startswith(f"k8s:enc:kms:{prefix}:azurekms-1:".encode())
    assert VALUE not in stored and name.encode() not in stored
    assert VALUE in json.dumps(api.secret(name, namespace)).encode()


def test_config_maps_stay_in_the_clear() -> None:
    api, _ = encrypted_api()
    api.create("map", plural="configmaps", data={"a": "b"})
    entry = api.server.registry.storage.get("/registry/configmaps/default/map")
    assert entry is not None and entry.value is not None and entry.value.startswith(b'{"metadata":')


@pytest.mark.parametrize("version", ["1.30.7", "1.26.12"])
def test_switching_kms_on_makes_every_secret_stale_once(version: str) -> None:
    api = plain_api(version)
    assert api.rewrite() == []
    api.server.use_keys(slot(api.world), None)
    assert len(api.rewrite()) == COUNT
    assert api.rewrite() == []
    assert all(VALUE not in api.in_etcd(*reversed(one)) for one in [some_secret(api)])


@pytest.mark.parametrize("version", ["1.30.7", "1.26.12"])
def test_another_provider_makes_every_secret_stale_once(version: str) -> None:
    api, first = encrypted_api(version)
    second = slot(api.world, "azurekms-2", new_key_version(api.world))
    api.server.use_keys(second, first)
    assert len(api.rewrite()) == COUNT
    namespace, name = some_secret(api)
    assert b":azurekms-2:" in api.in_etcd(name, namespace)[:40]
    assert api.rewrite() == []
    api.server.use_keys(second, None)
    assert api.server.synced


def test_switching_kms_off_writes_plain_and_still_reads_with_the_last_key() -> None:
    api, first = encrypted_api()
    api.server.use_keys(None, first)
    namespace, name = some_secret(api)
    assert api.in_etcd(name, namespace).startswith(b"k8s:enc:")
    assert len(api.rewrite()) == COUNT and api.rewrite() == []
    assert VALUE in api.in_etcd(name, namespace)


def test_v2_knows_another_key_behind_the_same_name() -> None:
    """The key id is part of the value: it is refused, not misread."""
    api, _ = encrypted_api()
    api.server.use_keys(slot(api.world, kid=new_key_version(api.world)), None)
    assert not api.server.synced
    assert "does not match expected" in api("GET", SECRETS).body["message"]


def test_v1_calls_a_value_current_that_another_key_of_the_same_name_wrote() -> None:
    api, first = encrypted_api("1.26.12")
    second = slot(api.world, kid=new_key_version(api.world))
    api.server.use_keys(second, first)
    assert api.rewrite() == []
    api.server.use_keys(second, None)
    assert api("GET", SECRETS).status == 500
    assert api("GET", "/readyz").status == 500


def test_every_kind_of_empty_update_rewrites_what_is_stale() -> None:
    api = plain_api()
    for name in ("a", "b", "c"):
        api.create(name, data={"x": "eA=="})
    api.server.use_keys(slot(api.world), None)
    api("PUT", f"{HERE}/a", api.secret("a"))
    api.patch(f"{HERE}/b", [], "application/json-patch+json")
    api.patch(f"{HERE}/c", {}, "application/strategic-merge-patch+json")
    assert all(api.in_etcd(name).startswith(b"k8s:enc:kms:v2:") for name in ("a", "b", "c"))
    version = api.secret("a")["metadata"]["resourceVersion"]
    assert api("PUT", f"{HERE}/a", api.secret("a")).body["metadata"]["resourceVersion"] == version


def test_a_dry_run_never_shows_staleness() -> None:
    api = plain_api()
    api.server.use_keys(slot(api.world), None)
    namespace, name = some_secret(api)
    before = api.secret(name, namespace)
    answer = api.patch(f"/api/v1/namespaces/{namespace}/secrets/{name}", {}, dryrun="All")
    assert answer.body["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert VALUE in api.in_etcd(name, namespace)


def test_immutable_secrets_are_rewritten_too() -> None:
    api = plain_api()
    api.create("fixed", data={"x": "eA=="}, immutable=True)
    api.server.use_keys(slot(api.world), None)
    assert "default/fixed" in api.rewrite()


def test_the_rewrite_tells_nothing_but_versions_when_asked_for_tables() -> None:
    api = plain_api()
    api.server.use_keys(slot(api.world), None)
    namespace, name = some_secret(api)
    old = int(api.secret(name, namespace)["metadata"]["resourceVersion"])
    headers = {**api.headers, "content-type": "application/merge-patch+json"}
    path = f"/api/v1/namespaces/{namespace}/secrets/{name}"
    table = Api(api.world, api.server, headers)("PATCH", path, {}, TABLE, includeobject="None").body
    assert int(table["metadata"]["resourceVersion"]) > old
    assert "correct-horse" not in json.dumps(table) and VALUE.decode() not in json.dumps(table)


def test_v2_asks_the_vault_once_for_all_secrets() -> None:
    api = plain_api()
    api.server.use_keys(slot(api.world), None)
    api.rewrite()
    assert uses(api) == (2, 1)  # the plugin's status, and one data encryption key


def test_v1_asks_the_vault_for_every_write_and_for_every_unknown_key() -> None:
    api = plain_api("1.26.12")
    api.server.use_keys(slot(api.world), None)
    api.rewrite()
    assert uses(api) == (COUNT, 0)
    api.server.restart()
    assert uses(api) == (COUNT, COUNT)
    api("GET", SECRETS)
    assert uses(api) == (COUNT, COUNT)


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
