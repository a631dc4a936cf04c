"""The Key Vault data plane: who is let in, and what the official client makes of it."""

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
from emulator.dataplane.keyvault.access import ControlPlane
from emulator.dataplane.keyvault.routes import AUDIENCE
from emulator.providers.keyvault import connections
from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, OPERATOR_POLICY, Grant, Policy
from emulator.worlds.spec import Vault as VaultData
from tests.emulator.conftest import Running
from tests.emulator.data_planes import VAULT, Vault, grant, inner_code, properties_of, small_world

APPROVED = {"status": "Approved"}


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
    answer = Vault(vault.world, "shop-id")("POST", f"{vault.path()}/encrypt", {"alg": "RSA-OAEP", "value": "eA"})
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
    assert identity("POST", f"{vault.path()}/wrapkey", body).status == 200
    assert inner_code(identity("POST", f"{vault.path()}/encrypt", body)) == "ForbiddenByRbac"


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


def use(vault: Vault, path: Any = "public") -> bytes:
    aks = ControlPlane(vault.world.ids.principal("shop-id"), path)
    return vault.world.keyvault.use(vault.kid(), "encrypt", b"dek", algorithm="RSA-OAEP-256", caller=aks)


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
