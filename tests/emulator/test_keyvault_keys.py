"""The Key Vault data plane: what keys are, what they do, and when they stop doing it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from emulator.dataplane.keyvault import algorithms
from emulator.worlds.spec import Vault as VaultData
from tests.emulator.data_planes import START, VAULT, Vault, inner_code, small_world

GARBAGE = algorithms.encoded(b"x" * 256)


def seconds(days: float) -> int:
    return int((START + timedelta(days=days)).timestamp())


def encrypted(vault: Vault, text: bytes, algorithm: str = "RSA-OAEP-256", verb: str = "encrypt") -> str:
    body = {"alg": algorithm, "value": algorithms.encoded(text)}
    answer = vault("POST", f"{vault.path()}/{verb}", body)
    assert answer.status == 200, answer.body
    value: str = answer.body["value"]
    return value


def test_a_new_key_has_the_shape_of_the_real_service(vault: Vault) -> None:
    body = {"kty": "RSA", "tags": {"for": "test"}, "attributes": {"exp": seconds(30)}}
    answer = vault("POST", "/keys/fresh/create", body)
    assert answer.status == 200
    key, attributes = answer.body["key"], answer.body["attributes"]
    assert key["kid"].startswith(f"https://{VAULT}/keys/fresh/") and len(key["kid"].rpartition("/")[2]) == 32
    assert (key["kty"], key["e"], len(key["n"])) == ("RSA", "AQAB", 342)
    assert key["key_ops"] == ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]
    assert attributes == {
        "enabled": True,
        "exp": seconds(30),
        "created": seconds(0),
        "updated": seconds(0),
        "recoveryLevel": "Recoverable",
        "recoverableDays": 90,
        "exportable": False,
        "hsmPlatform": "0",
    }
    assert answer.body["tags"] == {"for": "test"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kty": "oct"},
        {"kty": "RSA", "key_size": 1024},
        {"kty": "EC", "crv": "P-1"},
        {"kty": "EC", "key_ops": ["encrypt"]},
    ],
)
def test_a_key_that_cannot_be_is_refused(vault: Vault, body: dict[str, Any]) -> None:
    answer = vault("POST", "/keys/fresh/create", body)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadParameter")
    assert vault("GET", "/keys/fresh").status == 404


def test_creating_an_existing_name_makes_a_version(vault: Vault) -> None:
    old = vault.kid()
    new = vault("POST", "/keys/etcd/create", {"kty": "RSA"}).body["key"]["kid"]
    assert new != old
    assert vault("GET", "/keys/etcd").body["key"]["kid"] == new
    assert vault("GET", old.removeprefix(f"https://{VAULT}")).body["key"]["kid"] == old


def test_lists_have_no_key_material_and_go_on_by_next_link(vault: Vault) -> None:
    for _ in range(3):
        vault("POST", "/keys/etcd/create", {"kty": "EC"})
    first = vault("GET", "/keys/etcd/versions", maxresults="3").body
    assert [set(item) for item in first["value"]] == [{"kid", "attributes"}] * 3
    token = first["nextLink"].partition("$skiptoken=")[2].partition("&")[0]
    second = vault("GET", "/keys/etcd/versions", maxresults="3", **{"$skiptoken": token}).body
    kids = [item["kid"] for item in first["value"] + second["value"]]
    assert (len(set(kids)), second["nextLink"], kids) == (4, None, sorted(kids))
    names = vault("GET", "/keys").body
    assert [item["kid"] for item in names["value"]] == [f"https://{VAULT}/keys/etcd"]


@pytest.mark.parametrize("name", ["nothing", "etcd/00000000000000000000000000000000"])
def test_an_unknown_key_or_version_is_not_found(vault: Vault, name: str) -> None:
    answer = vault("GET", f"/keys/{name}")
    assert (answer.status, answer.body["error"]["code"], inner_code(answer)) == (404, "KeyNotFound", None)
    assert answer.body["error"]["message"].startswith(f"A key with (name/id) {name} was not found in this key vault.")


@pytest.mark.parametrize("algorithm", ["RSA1_5", "RSA-OAEP", "RSA-OAEP-256"])
@pytest.mark.parametrize(("verb", "back"), [("encrypt", "decrypt"), ("wrapkey", "unwrapkey")])
def test_what_was_encrypted_comes_back(vault: Vault, algorithm: str, verb: str, back: str) -> None:
    value = encrypted(vault, b"a data encryption key", algorithm, verb)
    assert len(algorithms.decoded(value)) == 256
    answer = vault("POST", f"{vault.path()}/{back}", {"alg": algorithm, "value": value})
    assert answer.body == {"kid": vault.kid(), "value": algorithms.encoded(b"a data encryption key")}


@pytest.mark.parametrize(("algorithm", "value"), [("RSA-OAEP-256", GARBAGE), ("A256GCM", "eA"), ("RSA-OAEP-256", "!")])
def test_what_the_key_cannot_decrypt_is_a_bad_parameter(vault: Vault, algorithm: str, value: str) -> None:
    answer = vault("POST", f"{vault.path()}/decrypt", {"alg": algorithm, "value": value})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadParameter")


def test_a_key_does_only_its_key_ops(vault: Vault) -> None:
    vault("POST", "/keys/etcd/create", {"kty": "RSA", "key_ops": ["encrypt"]})
    answer = vault("POST", f"{vault.path()}/decrypt", {"alg": "RSA-OAEP", "value": GARBAGE})
    assert (answer.status, inner_code(answer)) == (403, "KeyOperationForbidden")
    assert answer.body["error"]["message"] == "Operation decrypt is not permitted on this key."


def test_elliptic_curve_keys_never_encrypt(vault: Vault) -> None:
    made = vault("POST", "/keys/curve/create", {"kty": "EC"}).body["key"]
    assert (made["crv"], made["key_ops"]) == ("P-256", ["sign", "verify"])
    answer = vault("POST", "/keys/curve/encrypt", {"alg": "RSA-OAEP", "value": "eA"})
    assert inner_code(answer) == "KeyOperationForbidden"


def test_a_disabled_key_neither_encrypts_nor_decrypts(vault: Vault) -> None:
    value = encrypted(vault, b"x")
    assert vault("PATCH", vault.path(), {"attributes": {"enabled": False}}).status == 200
    for verb in ("encrypt", "decrypt"):
        answer = vault("POST", f"{vault.path()}/{verb}", {"alg": "RSA-OAEP-256", "value": value})
        assert (answer.status, inner_code(answer)) == (403, "KeyDisabled")
        assert answer.body["error"]["message"] == f"Operation {verb} is not allowed on a disabled key."


def test_an_expired_key_still_decrypts(vault: Vault) -> None:
    value = encrypted(vault, b"x")
    vault("PATCH", vault.path(), {"attributes": {"exp": seconds(-1)}})
    refused = vault("POST", f"{vault.path()}/encrypt", {"alg": "RSA-OAEP-256", "value": "eA"})
    assert (refused.status, inner_code(refused)) == (403, "KeyExpired")
    assert refused.body["error"]["message"] == "Operation encrypt is not allowed on an expired key."
    assert vault("POST", f"{vault.path()}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 200


def test_a_key_is_not_used_before_its_time(vault: Vault) -> None:
    vault("PATCH", vault.path(), {"attributes": {"nbf": seconds(1)}})
    body = {"alg": "RSA-OAEP-256", "value": "eA"}
    assert inner_code(vault("POST", f"{vault.path()}/encrypt", body)) == "KeyNotYetValid"
    vault.world.clock.advance(2 * 86400)
    assert vault("POST", f"{vault.path()}/encrypt", body).status == 200


def test_an_update_changes_what_it_names_and_no_more(vault: Vault) -> None:
    vault("PATCH", vault.path(), {"tags": {"a": "b"}})
    vault.world.clock.advance(60)
    answer = vault("PATCH", "/keys/etcd/", {"attributes": {"exp": seconds(9)}, "key_ops": ["decrypt"]})
    assert answer.body["tags"] == {"a": "b"}
    assert answer.body["key"]["key_ops"] == ["decrypt"]
    attributes = answer.body["attributes"]
    assert (attributes["enabled"], attributes["exp"]) == (True, seconds(9))
    assert attributes["updated"] - attributes["created"] == 60


def test_rotation_makes_a_version_like_the_newest_without_its_window(vault: Vault) -> None:
    body = {"kty": "RSA", "key_size": 3072, "key_ops": ["encrypt", "decrypt"], "attributes": {"exp": seconds(5)}}
    vault("POST", "/keys/etcd/create", body)
    answer = vault("POST", "/keys/etcd/rotate")
    assert (answer.body["key"]["key_ops"], len(answer.body["key"]["n"])) == (["encrypt", "decrypt"], 512)
    assert "exp" not in answer.body["attributes"]


def test_a_deleted_key_blocks_its_name_until_it_is_recovered(vault: Vault) -> None:
    kid, value = vault.kid(), encrypted(vault, b"x")
    path = vault.path()
    gone = vault("DELETE", "/keys/etcd").body
    assert gone["recoveryId"] == f"https://{VAULT}/deletedkeys/etcd"
    assert gone["scheduledPurgeDate"] - gone["deletedDate"] == 90 * 86400
    assert vault("POST", f"{path}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 404
    conflict = vault("POST", "/keys/etcd/create", {"kty": "RSA"})
    assert (conflict.status, inner_code(conflict)) == (409, "ObjectIsDeletedButRecoverable")
    assert [item["recoveryId"] for item in vault("GET", "/deletedkeys").body["value"]] == [gone["recoveryId"]]
    assert vault("GET", "/deletedkeys/etcd").body["key"]["kid"] == kid
    assert vault("POST", "/deletedkeys/etcd/recover").body["key"]["kid"] == kid
    assert vault("POST", f"{path}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 200


def test_purge_protection_forbids_purging_before_the_retention_is_over(vault: Vault) -> None:
    vault("DELETE", "/keys/etcd")
    answer = vault("DELETE", "/deletedkeys/etcd")
    assert answer.status == 403 and "purge protection is enabled" in answer.body["error"]["message"]
    vault.world.clock.advance(91 * 86400)
    assert vault("GET", "/deletedkeys/etcd").status == 404
    assert vault("POST", "/keys/etcd/create", {"kty": "RSA"}).status == 200


def test_a_key_made_again_under_a_purged_name_is_another_key() -> None:
    vault = Vault(small_world(vaults=(VaultData(purge_protection=False),)))
    value, old = encrypted(vault, b"x"), vault.kid()
    assert vault("GET", "/keys/etcd").body["attributes"]["recoveryLevel"] == "Recoverable+Purgeable"
    vault("DELETE", "/keys/etcd")
    assert vault("DELETE", "/deletedkeys/etcd").status == 204
    vault("POST", "/keys/etcd/create", {"kty": "RSA"})
    assert vault.kid() != old
    assert vault("POST", f"{vault.path()}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 400


def test_the_keys_of_a_deleted_vault_come_back_with_it(vault: Vault) -> None:
    kid, resource = vault.kid(), vault.world.keyvault.vault(VAULT)
    assert resource is not None
    vault.world.resources.remove(resource.id)
    assert vault.world.keyvault.find(kid) is None
    assert vault("GET", "/keys/etcd").status == 502
    vault.world.resources.put(resource)
    assert vault.kid() == kid


def test_a_key_that_others_are_imported_under_is_good_for_two_days(vault: Vault) -> None:
    body = vault("POST", "/keys/kek/create", {"kty": "RSA-HSM", "key_ops": ["import"]}).body
    assert body["key"]["key_ops"] == ["import"] and body["attributes"]["exp"] == seconds(2)


def test_a_page_that_nobody_named_is_a_bad_parameter(vault: Vault) -> None:
    answer = vault("GET", "/keys", **{"$skiptoken": "somebody's"})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadParameter")


def test_keys_say_their_platform_since_november_2023() -> None:
    then = Vault(small_world(datetime(2023, 10, 13, tzinfo=timezone.utc)))
    assert "hsmPlatform" not in then("GET", "/keys/etcd").body["attributes"]
