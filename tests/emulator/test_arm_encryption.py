"""The new KMS data encryption: whose key is in use, by which way, and what the platform does by itself."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer
from emulator.kubernetes.api_server import ApiServer
from emulator.worlds.spec import Cluster, Vault
from tests.emulator.arm_client import CLUSTER, HOST, VAULT, Arm, code_of

ENCRYPTION = {"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}
VERSION = "2026-08-01"
KEY = f"https://{HOST}/keys/etcd"
MODERN = Cluster(kubernetes_version="1.33.3")
CLOSED = Vault(public_network_access="Disabled", default_action="Deny")


def put(client: Arm, **kms: Any) -> Answer:
    """Turns it on: with the platform's key, or with what `kms` says of a customer's."""
    body = client("GET", f"{CLUSTER}?api-version={VERSION}").body
    profile = {"azureKeyVaultKms": kms} if kms else {"azureKeyVaultKms": {"enabled": False}}
    body["properties"]["securityProfile"] = {**ENCRYPTION, **profile}
    return client("PUT", f"{CLUSTER}?api-version={VERSION}", body)


def customers(mode: str = "Public") -> dict[str, Any]:
    return {"enabled": True, "keyId": KEY, "keyVaultNetworkAccess": mode, "keyVaultResourceId": VAULT}


def server(client: Arm) -> ApiServer:
    found = client.world.kubernetes.server(CLUSTER)
    assert isinstance(found, ApiServer)
    return found


def providers(client: Arm) -> set[str]:
    """Of every secret as it stands in etcd; empty for a plain one."""
    storage = server(client).registry.storage
    entries = storage.range("/registry/secrets/", "", storage.revision)
    values = [entry.value or b"" for _, entry in entries]
    return {value.split(b":")[4].decode() if value.startswith(b"k8s:enc:kms:") else "" for value in values}


def test_the_platform_keeps_a_key_of_its_own_and_rewrites_every_secret() -> None:
    client = Arm(clusters=(MODERN,))
    assert client.finish(put(client))["status"] == "Succeeded" and providers(client) == {""}
    [slot] = server(client).slots
    assert slot.provider == "aksplatform" and HOST not in slot.kid
    client.wait(3)
    assert providers(client) == {"aksplatform"} and not list(client.world.kubernetes.unreadable())


def test_from_legacy_both_keys_are_held_until_the_platform_has_rewritten() -> None:
    client = Arm("modern-legacy")
    legacy = providers(client)
    assert client.finish(put(client, **customers()))["status"] == "Succeeded"
    assert [slot.provider.partition("-")[0] for slot in server(client).slots] == ["azurekmsplus", "azurekms"]
    assert providers(client) == legacy and not list(client.world.kubernetes.unreadable())
    client.wait(3)
    [now] = providers(client)
    assert now.startswith("azurekmsplus-") and not list(client.world.kubernetes.unreadable())


def test_a_closed_vault_lets_it_in_as_a_trusted_service_that_may_read_the_vault() -> None:
    client = Arm(clusters=(MODERN,), vaults=(CLOSED,))
    client.grant("shop-id", "Key Vault Crypto User")
    assert client.finish(put(client, **customers("Private")))["status"] == "Failed"  # it may not read the vault
    client.grant("shop-id", "Key Vault Reader")
    assert client.finish(put(client, **customers("Private")))["status"] == "Succeeded"
    assert [slot.path for slot in server(client).slots] == ["trusted"]
    shut = Arm(clusters=(MODERN,), vaults=(Vault(public_network_access="Disabled", bypass="None"),))
    for role in ("Key Vault Crypto User", "Key Vault Reader"):
        shut.grant("shop-id", role)
    assert shut.finish(put(shut, **customers("Private")))["status"] == "Failed"


def test_a_newer_version_is_adopted_within_six_hours_if_it_can_be_used() -> None:
    client = Arm("modern-customer")
    before = server(client).slots[0].kid
    client.world.keyvault.create(HOST, "etcd", {"kty": "RSA", "key_size": 2048, "attributes": {"enabled": False}})
    client.world.clock.advance(6.1 * 3600)
    client("GET", CLUSTER)
    assert server(client).slots[0].kid == before
    newer = client.world.keyvault.create(HOST, "etcd", {"kty": "RSA", "key_size": 2048}).kid
    client.world.clock.advance(6.1 * 3600)
    client("GET", CLUSTER)
    assert [slot.kid for slot in server(client).slots] == [newer, before]
    client.wait(3)
    assert len(providers(client)) == 1 and not list(client.world.kubernetes.unreadable())


def test_there_is_a_way_between_its_two_kinds_and_none_back() -> None:
    client = Arm(clusters=(MODERN,))
    client.grant("shop-id", "Key Vault Crypto User")
    for kms in ({}, customers(), {}):
        assert client.finish(put(client, **kms))["status"] == "Succeeded"
        client.wait(3)
    assert providers(client) == {"aksplatform"}
    body = client("GET", f"{CLUSTER}?api-version={VERSION}").body
    body["properties"]["securityProfile"]["kubernetesResourceObjectEncryptionProfile"] = {
        "infrastructureEncryption": "Disabled"
    }
    assert code_of(client("PUT", f"{CLUSTER}?api-version={VERSION}", body)) == (400, "BadRequest")
