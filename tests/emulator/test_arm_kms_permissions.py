"""KMS that cannot work: what AKS tries beforehand on a public vault, and how every failure looks."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.spec import TENANT, Delays, Key, Vault
from tests.emulator.arm_client import CLUSTER, HOST, VAULT, Arm, code_of, message_of

CANNOT = "AzureKeyVaultKmsValidateIdentityPermissionCustomerError"


def granted(world: str = "public-rbac", **overrides: Any) -> Arm:
    """A world whose cluster may use the key, and whose private endpoint it may approve."""
    client = Arm(world, **overrides)
    for role in ("Key Vault Crypto User", "Key Vault Contributor"):
        client.grant("shop-id", role)
    return client


def without_role() -> Arm:
    return Arm()


def with_the_wrong_role() -> Arm:
    client = Arm()
    client.grant("shop-id", "Key Vault Crypto Service Encryption User")
    return client


def with_a_role_on_an_access_policy_vault() -> Arm:
    return granted("public-policy")


def with_a_closed_vault() -> Arm:
    return granted("private-vnet")


def with_selected_networks() -> Arm:
    return granted(vaults=(Vault(default_action="Deny"),))


def with_an_expired_key() -> Arm:
    return granted(vaults=(Vault(keys=(Key(expires_in_days=-1),)),))


def with_a_disabled_key() -> Arm:
    return granted(vaults=(Vault(keys=(Key(enabled=False),)),))


def with_a_key_that_only_signs() -> Arm:
    return granted(vaults=(Vault(keys=(Key(operations=("sign", "verify")),)),))


def with_a_deleted_key() -> Arm:
    client = granted()
    key = client.key()
    client.world.keyvault.delete(HOST, "etcd")
    client.world.keyvault.create(HOST, "other", {"kty": "RSA"})
    client.key = lambda *_, **__: key  # type: ignore[method-assign]
    return client


@pytest.mark.parametrize(
    "make",
    [
        without_role,
        with_the_wrong_role,
        with_a_role_on_an_access_policy_vault,
        with_a_closed_vault,
        with_selected_networks,
        with_an_expired_key,
        with_a_disabled_key,
        with_a_key_that_only_signs,
        with_a_deleted_key,
    ],
)
def test_a_public_vault_is_tried_and_every_failure_has_the_same_text(make: Any) -> None:
    client = make()
    before = client("GET", CLUSTER).body
    refused = client.put_kms()
    assert code_of(refused) == (400, CANNOT)
    assert message_of(refused) == (
        f'The identity does not have keys encrypt/decrypt permission on key vault "https://{HOST}"'
    )
    assert client("GET", CLUSTER).body == before
    assert client.world.operations.running_on(CLUSTER) is None


def test_an_elliptic_key_fails_like_a_missing_role() -> None:
    client = granted()
    curve = client.world.keyvault.create(HOST, "curve", {"kty": "EC", "crv": "P-256"}).kid
    assert code_of(client.put_kms(curve)) == (400, CANNOT)


def test_a_vault_that_nobody_has_fails_like_a_missing_role() -> None:
    client = granted()
    assert code_of(client.put_kms(client.key().replace("shop-kv", "no-kv"))) == (400, CANNOT)


def test_a_grant_works_when_it_has_spread() -> None:
    client = Arm(delays=Delays(grant=300))
    definition = f"{VAULT}/providers/Microsoft.Authorization/roleDefinitions/12338af0-0e69-4776-bea7-57ae8d297424"
    properties = {
        "principalId": client.world.ids.principal("shop-id"),
        "principalType": "ServicePrincipal",
        "roleDefinitionId": definition,
    }
    name = client.world.ids.uuid("grant")
    client("PUT", f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{name}", {"properties": properties})
    assert code_of(client.put_kms()) == (400, CANNOT)
    client.wait(300)
    assert client.put_kms().status == 200


def test_an_access_policy_is_enough_on_a_vault_of_that_kind() -> None:
    client = Arm("public-policy")
    policy = {
        "tenantId": TENANT,
        "objectId": client.world.ids.principal("shop-id"),
        "permissions": {"keys": ["encrypt", "decrypt"]},
    }
    client("PUT", f"{VAULT}/accessPolicies/add", {"properties": {"accessPolicies": [policy]}})
    client.enable()
