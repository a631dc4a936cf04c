"""Secrets in etcd: really encrypted under the vault's key, stale or not."""

from __future__ import annotations

import base64
import json

import pytest

from emulator.kubernetes import kms
from tests.emulator.data_planes import (
    COUNT,
    HERE,
    SECRETS,
    TABLE,
    Api,
    encrypted_api,
    new_key_version,
    plain_api,
    slot,
    some_secret,
)

VALUE = base64.b64encode(b"correct-horse-battery")


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
    namespace, name = some_secret(api)
    assert VALUE not in api.in_etcd(name, namespace)


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


def test_v1_forgets_the_least_recently_used_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kms, "V1_CACHE_SIZE", COUNT - 1)
    api, _ = encrypted_api("1.26.12")
    api("GET", SECRETS)
    _, before = uses(api)
    api("GET", SECRETS)
    assert uses(api) == (COUNT, before + COUNT)
