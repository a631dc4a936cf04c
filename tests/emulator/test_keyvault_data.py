"""The Key Vault data plane: who is let in, what keys do, and what the official client makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm

from emulator.core.http import Refusal
from emulator.dataplane.keyvault import algorithms
from emulator.dataplane.keyvault.routes import AUDIENCE
from emulator.providers.keyvault import connections
from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, OPERATOR_POLICY, Grant, Policy
from emulator.worlds.spec import Vault as VaultData
from tests.emulator.conftest import Running
from tests.emulator.data_planes import START, VAULT, Vault, grant, inner_code, properties_of, small_world

APPROVED = {"status": "Approved"}
GARBAGE = algorithms.encoded(b"x" * 256)


@pytest.fixture
def vault() -> Vault:
    """An RBAC vault as its Crypto Officer sees it."""
    return Vault(small_world())


def seconds(days: float) -> int:
    return int((START + timedelta(days=days)).timestamp())


def key_path(vault: Vault) -> str:
    return vault.kid().removeprefix(f"https://{VAULT}")


def encrypted(vault: Vault, text: bytes, algorithm: str = "RSA-OAEP-256", verb: str = "encrypt") -> str:
    body = {"alg": algorithm, "value": algorithms.encoded(text)}
    answer = vault("POST", f"{key_path(vault)}/{verb}", body)
    assert answer.status == 200, answer.body
    value: str = answer.body["value"]
    return value


def test_a_request_without_a_token_is_told_the_tenant_and_the_resource() -> None:
    answer = Vault(small_world(), headers={})("GET", "/keys/etcd")
    tenant = properties_of(small_world())["tenantId"]
    assert answer.status == 401
    assert answer.body["error"] == {
        "code": "Unauthorized",
        "message": "AKV10000: Request is missing a Bearer or PoP token.",
    }
    expected = f'Bearer authorization="https://login.emulator.test/{tenant}", resource="https://vault.emulator.test"'
    assert answer.headers["WWW-Authenticate"] == expected


def test_a_token_for_another_audience_is_refused() -> None:
    world = small_world()
    token, _ = world.tokens.issue(world.ids.principal(CALLER), "https://management.emulator.test/")
    answer = Vault(world, headers={"authorization": f"Bearer {token}"})("GET", "/keys/etcd")
    assert answer.status == 401
    assert answer.body["error"]["message"] == (
        "AKV10022: Invalid audience. Expected https://vault.emulator.test, found: https://management.emulator.test/."
    )


def test_an_expired_token_is_refused() -> None:
    world = small_world()
    token, _ = world.tokens.issue(world.ids.principal(CALLER), AUDIENCE)
    world.clock.advance(2 * 86400)
    answer = Vault(world, headers={"authorization": f"Bearer {token}"})("GET", "/keys/etcd")
    assert (answer.status, "WWW-Authenticate" in answer.headers) == (401, True)
    assert "token is expired" in answer.body["error"]["message"]


def test_a_closed_vault_answers_public_callers_with_forbidden_by_connection(vault: Vault) -> None:
    properties_of(vault.world)["publicNetworkAccess"] = "Disabled"
    answer = vault("GET", "/keys/etcd")
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByConnection")
    assert answer.body["error"]["message"].startswith("Public network access is disabled and request is not from a")
    assert answer.body["error"]["message"].endswith("Vault: shop-kv;location=westeurope")


def test_a_firewall_lets_in_only_the_addresses_that_it_names(vault: Vault) -> None:
    properties_of(vault.world)["networkAcls"] = {"defaultAction": "Deny", "ipRules": []}
    answer = vault("GET", "/keys/etcd")
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByFirewall")
    assert "Client address: 198.51.100.7" in answer.body["error"]["message"]
    properties_of(vault.world)["networkAcls"]["ipRules"] = [{"value": "198.51.100.0/24"}]
    assert vault("GET", "/keys/etcd").status == 200


def test_healthstatus_needs_no_token_and_passes_a_closed_vault() -> None:
    world = small_world()
    properties_of(world)["publicNetworkAccess"] = "Disabled"
    answer = Vault(world, headers={})("GET", "/healthstatus")
    assert (answer.status, len(answer.body)) == (200, 4)
    assert "addr=198.51.100.7" in answer.headers["x-ms-keyvault-network-info"]


def test_without_a_role_the_action_and_the_key_are_named(vault: Vault) -> None:
    answer = Vault(vault.world, "shop-id")("POST", f"{key_path(vault)}/encrypt", {"alg": "RSA-OAEP", "value": "eA"})
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByRbac")
    message = answer.body["error"]["message"]
    assert "Action: 'Microsoft.KeyVault/vaults/keys/encrypt/action'\r\n" in message
    assert "/providers/microsoft.keyvault/vaults/shop-kv/keys/etcd'\r\nAssignment: (not found)\r\n" in message
    grant(vault.world, "shop-id", "Key Vault Crypto User")
    assert Vault(vault.world, "shop-id")("GET", "/keys/etcd").status == 200


def test_wrapping_rights_alone_do_not_encrypt(vault: Vault) -> None:
    grant(vault.world, "shop-id", "Key Vault Crypto Service Encryption User")
    identity = Vault(vault.world, "shop-id")
    body = {"alg": "RSA-OAEP", "value": "eA"}
    assert identity("POST", f"{key_path(vault)}/wrapkey", body).status == 200
    assert inner_code(identity("POST", f"{key_path(vault)}/encrypt", body)) == "ForbiddenByRbac"


def test_without_a_policy_the_permission_is_named() -> None:
    world = small_world(vaults=(VaultData(rbac=False, policies=(OPERATOR_POLICY,)),))
    path = Vault(world).kid().removeprefix(f"https://{VAULT}")
    answer = Vault(world)("POST", f"{path}/encrypt", {"alg": "RSA-OAEP", "value": "eA"})
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByPolicy")
    message = answer.body["error"]["message"]
    assert "does not have keys encrypt permission on key vault 'shop-kv;location=westeurope'" in message
    assert inner_code(Vault(world, "shop-id")("GET", "/keys/etcd")) == "AccessDenied"
    assert Vault(world)("GET", "/keys/etcd").status == 200


def test_a_role_means_nothing_to_a_vault_with_policies() -> None:
    world = small_world(vaults=(VaultData(rbac=False),), grants=OPERATOR_GRANTS)
    assert inner_code(Vault(world)("GET", "/keys/etcd")) == "AccessDenied"


def test_a_policy_means_nothing_to_a_vault_with_roles() -> None:
    policies = (Policy(CALLER, ("get",)),)
    world = small_world(vaults=(VaultData(policies=policies),), grants=(Grant(CALLER, "Owner", "subscription"),))
    assert inner_code(Vault(world)("GET", "/keys/etcd")) == "ForbiddenByRbac"


def test_an_unknown_api_version_is_refused(vault: Vault) -> None:
    answer = vault("GET", "/keys/etcd", **{"api-version": "1.0"})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadParameter")
    assert "The specified version (1.0) is not recognized." in answer.body["error"]["message"]


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
    answer = vault("POST", f"{key_path(vault)}/{back}", {"alg": algorithm, "value": value})
    assert answer.body == {"kid": vault.kid(), "value": algorithms.encoded(b"a data encryption key")}


@pytest.mark.parametrize(("algorithm", "value"), [("RSA-OAEP-256", GARBAGE), ("A256GCM", "eA"), ("RSA-OAEP-256", "!")])
def test_what_the_key_cannot_decrypt_is_a_bad_parameter(vault: Vault, algorithm: str, value: str) -> None:
    answer = vault("POST", f"{key_path(vault)}/decrypt", {"alg": algorithm, "value": value})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadParameter")


def test_a_key_does_only_its_key_ops(vault: Vault) -> None:
    vault("POST", "/keys/etcd/create", {"kty": "RSA", "key_ops": ["encrypt"]})
    answer = vault("POST", f"{key_path(vault)}/decrypt", {"alg": "RSA-OAEP", "value": GARBAGE})
    assert (answer.status, inner_code(answer)) == (403, "KeyOperationForbidden")
    assert answer.body["error"]["message"] == "Operation decrypt is not permitted on this key."


def test_elliptic_curve_keys_never_encrypt(vault: Vault) -> None:
    made = vault("POST", "/keys/curve/create", {"kty": "EC"}).body["key"]
    assert (made["crv"], made["key_ops"]) == ("P-256", ["sign", "verify"])
    answer = vault("POST", "/keys/curve/encrypt", {"alg": "RSA-OAEP", "value": "eA"})
    assert inner_code(answer) == "KeyOperationForbidden"


def test_a_disabled_key_neither_encrypts_nor_decrypts(vault: Vault) -> None:
    value = encrypted(vault, b"x")
    assert vault("PATCH", key_path(vault), {"attributes": {"enabled": False}}).status == 200
    for verb in ("encrypt", "decrypt"):
        answer = vault("POST", f"{key_path(vault)}/{verb}", {"alg": "RSA-OAEP-256", "value": value})
        assert (answer.status, inner_code(answer)) == (403, "KeyDisabled")
        assert answer.body["error"]["message"] == f"Operation {verb} is not allowed on a disabled key."


def test_an_expired_key_still_decrypts(vault: Vault) -> None:
    value = encrypted(vault, b"x")
    vault("PATCH", key_path(vault), {"attributes": {"exp": seconds(-1)}})
    refused = vault("POST", f"{key_path(vault)}/encrypt", {"alg": "RSA-OAEP-256", "value": "eA"})
    assert (refused.status, inner_code(refused)) == (403, "KeyExpired")
    assert refused.body["error"]["message"] == "Operation encrypt is not allowed on an expired key."
    assert vault("POST", f"{key_path(vault)}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 200


def test_a_key_is_not_used_before_its_time(vault: Vault) -> None:
    vault("PATCH", key_path(vault), {"attributes": {"nbf": seconds(1)}})
    body = {"alg": "RSA-OAEP-256", "value": "eA"}
    assert inner_code(vault("POST", f"{key_path(vault)}/encrypt", body)) == "KeyNotYetValid"
    vault.world.clock.advance(2 * 86400)
    assert vault("POST", f"{key_path(vault)}/encrypt", body).status == 200


def test_an_update_changes_what_it_names_and_no_more(vault: Vault) -> None:
    vault("PATCH", key_path(vault), {"tags": {"a": "b"}})
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
    path = key_path(vault)
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
    assert vault("POST", f"{key_path(vault)}/decrypt", {"alg": "RSA-OAEP-256", "value": value}).status == 400


def test_the_keys_of_a_deleted_vault_come_back_with_it(vault: Vault) -> None:
    kid, resource = vault.kid(), vault.world.keyvault.vault(VAULT)
    assert resource is not None
    vault.world.resources.remove(resource.id)
    assert vault.world.keyvault.find(kid) is None
    assert vault("GET", "/keys/etcd").status == 502
    vault.world.resources.put(resource)
    assert vault.kid() == kid


def use(vault: Vault, path: Any = "public") -> bytes:
    identity = vault.world.ids.principal("shop-id")
    operation = vault.world.keyvault.use
    return operation(vault.kid(), "encrypt", b"dek", algorithm="RSA-OAEP-256", caller=identity, path=path)


def refused_use(vault: Vault, path: Any = "public") -> str | None:
    with pytest.raises(Refusal) as refusal:
        use(vault, path)
    return inner_code(refusal.value.answer)


def test_the_control_plane_is_refused_like_anybody(vault: Vault) -> None:
    assert refused_use(vault) == "ForbiddenByRbac"
    grant(vault.world, "shop-id", "Key Vault Crypto User")
    assert len(use(vault)) == 256
    assert vault.world.keyvault.operations[vault.kid(), "encrypt"] == 1


def approve_endpoint(vault: Vault) -> None:
    resource = vault.world.keyvault.vault(VAULT)
    assert resource is not None
    connection = connections.connect(vault.world, resource, "/subscriptions/s/privateEndpoints/kms")
    connections.decide(vault.world, connection, {"properties": {"privateLinkServiceConnectionState": APPROVED}})


def test_an_approved_private_endpoint_passes_the_firewall_and_not_the_rights(vault: Vault) -> None:
    properties_of(vault.world)["publicNetworkAccess"] = "Disabled"
    assert refused_use(vault) == "ForbiddenByConnection"
    assert refused_use(vault, "private") == "ForbiddenByConnection"
    approve_endpoint(vault)
    assert refused_use(vault, "private") == "ForbiddenByRbac"
    grant(vault.world, "shop-id", "Key Vault Crypto User")
    assert len(use(vault, "private")) == 256


def test_no_address_rule_lets_the_control_plane_in(vault: Vault) -> None:
    grant(vault.world, "shop-id", "Key Vault Crypto User")
    properties_of(vault.world)["networkAcls"] = {"defaultAction": "Deny", "ipRules": [{"value": "0.0.0.0/1"}]}
    assert refused_use(vault) == "ForbiddenByFirewall"


class Credential:
    """A login as one of the world's principals."""

    def __init__(self, running: Any, principal: str) -> None:
        self._tokens, self._oid = running.world.tokens, running.world.ids.principal(principal)

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(*self._tokens.issue(self._oid, scopes[0].removesuffix("/.default")))


def test_the_official_client_creates_uses_and_recovers_keys(
    running: Running, client: Callable[..., requests.Session]
) -> None:
    emulation = running()
    options = {"proxies": {"https": emulation.proxy_url}, "connection_verify": client(emulation).verify}
    keys = KeyClient(f"https://{VAULT}", Credential(emulation, CALLER), **options)
    expires = datetime.now(timezone.utc) + timedelta(days=30)
    made = keys.create_rsa_key("mine", size=2048, expires_on=expires, tags={"a": "b"})
    assert made.properties.tags == {"a": "b"} and made.properties.recovery_level == "Recoverable"
    keys.update_key_properties("mine", enabled=True, key_operations=["encrypt", "decrypt"])
    assert keys.rotate_key("mine").properties.version != made.properties.version
    assert len(list(keys.list_properties_of_key_versions("mine"))) == 2
    crypto = CryptographyClient(made.id, Credential(emulation, CALLER), **options)
    sealed = crypto.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"text").ciphertext
    assert crypto.decrypt(EncryptionAlgorithm.rsa_oaep_256, sealed).plaintext == b"text"
    keys.begin_delete_key("mine").wait()
    with pytest.raises(ResourceNotFoundError):
        keys.get_key("mine")
    keys.begin_recover_deleted_key("mine").wait()
    assert keys.get_key("mine").name == "mine"
    with pytest.raises(HttpResponseError) as refused:
        KeyClient(f"https://{VAULT}", Credential(emulation, "shop-id"), **options).get_key("mine")
    assert refused.value.status_code == 403 and "ForbiddenByRbac" in str(refused.value.error)
