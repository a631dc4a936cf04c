"""KMS through Resource Manager: who is tried, what is refused, what the API servers get, how it fails."""

from __future__ import annotations

from typing import Any

from emulator.worlds.spec import Cluster, Delays, Grant, Kms, Vault
from tests.emulator.arm_client import CLUSTER, IDENTITY, VAULT, Arm, code_of, message_of

CANNOT = "AzureKeyVaultKmsValidateIdentityPermissionCustomerError"
OFF = {"azureKeyVaultKms": {"enabled": False}}
INTERNAL = {"code": "InternalOperationError", "message": "Internal server error"}


def ready(world: str = "public-rbac", **overrides: Any) -> Arm:
    """A world whose cluster may use the key, and whose private endpoint it may approve."""
    client = Arm(world, **overrides)
    for role in ("Key Vault Crypto User", "Key Vault Contributor"):
        client.grant("shop-id", role)
    return client


def slots(client: Arm) -> list[tuple[str, str]]:
    """Key version and way of each slot, the current one first."""
    return [(slot.kid, slot.path) for slot in client.world.kubernetes.server(CLUSTER).slots]


def rewrite(client: Arm) -> int:
    """An empty patch for every secret, as a client of the API server would do; how many were written anew."""
    server = client.world.kubernetes.server(CLUSTER)
    written = 0
    for key, entry in list(server.registry.storage.range("/registry/secrets/", "", server.registry.storage.revision)):
        plain, stale = server.registry.providers.read(entry.value or b"", key)
        if stale:
            server.registry.storage.put(key, server.registry.providers.write(plain, key))
            written += 1
    return written


def unreadable(client: Arm) -> list[str]:
    return list(client.world.kubernetes.unreadable())


def test_enabling_gives_the_api_servers_the_key() -> None:
    client = ready()
    client.enable()
    assert slots(client) == [(client.key(), "public")]
    kms = client("GET", CLUSTER).body["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert kms == {"enabled": True, "keyId": client.key(), "keyVaultNetworkAccess": "Public", "keyVaultResourceId": ""}
    assert rewrite(client) >= 300
    assert rewrite(client) == 0


def test_the_api_servers_are_away_while_their_keys_change() -> None:
    client = ready()
    server = client.world.kubernetes.server(CLUSTER)
    client.put_kms()
    seen = [server.away]
    for _ in range(4):
        client.wait(0.25)
        seen.append(server.away)
    assert seen == [False, True, True, True, False]


def test_an_update_that_leaves_the_keys_alone_restarts_nothing() -> None:
    client = Arm("kms-on")
    server = client.world.kubernetes.server(CLUSTER)
    before = server.identity_hash
    client("PUT", CLUSTER, client("GET", CLUSTER).body)
    client.wait(0.5)
    assert not server.away
    client.wait(0.5)
    assert server.identity_hash == before


def test_a_system_assigned_identity_is_refused() -> None:
    refused = Arm("system-identity").put_kms()
    assert code_of(refused) == (400, "BadRequest")
    assert "does not support cluster identity type SystemAssigned" in message_of(refused)


def test_components_keep_the_old_identity_for_hours() -> None:
    client = ready("system-identity", delays=Delays(identity=7200))
    identity = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    client.finish(client("PUT", CLUSTER, {**client("GET", CLUSTER).body, "identity": identity}))
    assert set(client("GET", CLUSTER).body["identity"]["userAssignedIdentities"][IDENTITY]) == {
        "clientId",
        "principalId",
    }
    assert code_of(client.put_kms()) == (400, CANNOT)
    client.wait(3600)
    client.finish(client("PUT", CLUSTER, client("GET", CLUSTER).body))
    client.wait(3598)
    client.enable()


def test_a_private_vault_gets_an_endpoint_of_the_clusters_own() -> None:
    client = ready("private-vnet")
    client.enable(access="Private")
    assert slots(client) == [(client.key(), "private")]
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    endpoint = connection["properties"]["privateEndpoint"]["id"]
    assert "/resourceGroups/MC_shop-rg_shop_westeurope/providers/Microsoft.Network/privateEndpoints/" in endpoint
    client.finish(client.put_security(OFF))
    client.enable(access="Private")
    assert len(client("GET", VAULT).body["properties"]["privateEndpointConnections"]) == 1


def test_a_private_vault_is_not_tried_beforehand_and_the_operation_fails() -> None:
    client = Arm("private-vnet")
    client.grant("shop-id", "Key Vault Contributor")
    answer = client.put_kms(access="Private")
    assert answer.status == 200
    end = client.finish(answer)
    assert (end["status"], end["error"]) == ("Failed", INTERNAL)
    cluster = client("GET", CLUSTER).body["properties"]
    assert cluster["provisioningState"] == "Failed"
    assert cluster["securityProfile"]["azureKeyVaultKms"]["enabled"] is True
    assert slots(client) == [] and not client.world.kubernetes.server(CLUSTER).away
    client.grant("shop-id", "Key Vault Crypto User")
    client.enable(access="Private")
    assert slots(client) == [(client.key(), "private")]


def test_without_the_right_to_approve_the_endpoint_stays_pending() -> None:
    client = Arm("private-vnet")
    client.grant("shop-id", "Key Vault Crypto User")
    assert client.finish(client.put_kms(access="Private"))["error"] == INTERNAL
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Pending"
    state = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    assert client("PUT", connection["id"], state).status == 200
    client.enable(access="Private")


def test_rotating_keeps_the_key_before_as_the_previous_slot() -> None:
    client = ready()
    first = client.key()
    client.enable()
    rewrite(client)
    second = client.new_key()
    client.enable(second)
    assert slots(client) == [(second, "public"), (first, "public")]
    assert rewrite(client) >= 300
    third = client.new_key()
    client.enable(third)
    assert slots(client) == [(third, "public"), (second, "public")]
    assert unreadable(client) == []


def test_rotating_twice_without_a_rewrite_gets_stuck() -> None:
    client = ready(delays=Delays(stuck=7200))
    client.enable()
    rewrite(client)
    first, second = client.key(), client.new_key()
    client.enable(second)
    answer = client.put_kms(client.new_key())
    assert client.finish(answer)["status"] == "ReconcilingAddons"
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Updating"
    assert slots(client) == [(second, "public"), (first, "public")]
    assert unreadable(client) == []
    client.wait(7199)
    assert code_of(client.put_kms(second)) == (409, "OperationNotAllowed")
    client.wait(2)
    end = client("GET", answer.headers["Azure-AsyncOperation"]).body
    assert (end["status"], end["error"]) == ("Failed", INTERNAL)
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Failed"


def test_switching_off_keeps_the_last_key_as_the_previous_slot() -> None:
    client = Arm("kms-on")
    key = client.key()
    end = client.finish(client.put_security(OFF))
    assert end["status"] == "Succeeded"
    kms = client("GET", CLUSTER).body["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert kms == {"enabled": False, "keyId": key, "keyVaultNetworkAccess": "Public", "keyVaultResourceId": ""}
    assert slots(client) == [(key, "public")]
    assert rewrite(client) >= 300
    assert unreadable(client) == []


def test_switching_on_again_after_a_rewrite_keeps_the_old_key_a_slot_longer() -> None:
    client = Arm("kms-on")
    first = client.key()
    client.finish(client.put_security(OFF))
    rewrite(client)
    second = client.new_key()
    client.enable(second)
    assert slots(client) == [(second, "public"), (first, "public")]


def test_a_cluster_without_kms_can_be_switched_off() -> None:
    client = Arm()
    assert client.finish(client.put_security(OFF))["status"] == "Succeeded"
    assert slots(client) == []


def test_the_mode_of_the_attached_vault_changes_only_while_kms_is_off() -> None:
    client = ready(clusters=(Cluster(vnet_integration=True),))
    client.enable()
    rewrite(client)
    assert code_of(client.put_kms(access="Private")) == (400, "BadRequest")
    client.finish(client.put_security(OFF))
    rewrite(client)
    client.enable(access="Private")
    assert slots(client) == [(client.key(), "private")]
    client("PATCH", VAULT, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert rewrite(client) >= 300


def test_a_vault_closed_before_it_becomes_private_fails_the_update() -> None:
    client = ready("kms-on", clusters=(Cluster(vnet_integration=True, kms=Kms()),))
    client.finish(client.put_security(OFF))
    rewrite(client)
    client("PATCH", VAULT, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert client.finish(client.put_kms(access="Private"))["error"] == INTERNAL
    client("PATCH", VAULT, {"properties": {"publicNetworkAccess": "Enabled"}})
    client.enable(access="Private")


def test_the_old_key_of_a_vault_that_became_private_is_asked_the_private_way() -> None:
    client = ready("kms-on", clusters=(Cluster(vnet_integration=True, kms=Kms()),))
    first, second = client.key(), client.new_key()
    client.finish(client.put_security(OFF))
    rewrite(client)
    client.enable(second, access="Private")
    assert slots(client) == [(second, "private"), (first, "private")]
    client("PATCH", VAULT, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert all(plugin.health() is None for plugin in client.world.kubernetes.server(CLUSTER).plugins)


def test_kms_v1_uses_its_own_algorithm_and_is_not_upgraded() -> None:
    client = Arm(
        clusters=(Cluster(kubernetes_version="1.26.12", kms=Kms()),),
        grants=(Grant("ops", "Owner", "subscription"), Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
    )
    assert client.world.kubernetes.server(CLUSTER).kms_version == 1
    body = client("GET", CLUSTER).body
    body["properties"]["kubernetesVersion"] = "1.27.9"
    assert "it uses KMS v1" in message_of(client("PUT", CLUSTER, body))
    client.enable(client.new_key())
    assert len(slots(client)) == 2


def test_a_key_id_without_version_means_the_newest_one() -> None:
    client = ready(clusters=(Cluster(kubernetes_version="1.33.1"),))
    newest = client.new_key()
    bare = newest.rpartition("/")[0]
    kms = {"enabled": True, "keyId": bare, "keyVaultNetworkAccess": "Public", "keyVaultResourceId": VAULT}
    profile = {"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}
    answer = client.put_security({"azureKeyVaultKms": kms, **profile}, "2026-08-01")
    assert client.finish(answer)["status"] == "Succeeded"
    assert slots(client) == [(newest, "public")]
    assert client("GET", CLUSTER).body["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"] == bare


def test_a_world_can_begin_with_a_private_vault_in_use() -> None:
    client = Arm(
        clusters=(Cluster(vnet_integration=True, kms=Kms(network_access="Private")),),
        vaults=(Vault(public_network_access="Disabled"),),
        grants=(Grant("ops", "Owner", "subscription"), Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
    )
    kms = client("GET", CLUSTER).body["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert (kms["keyVaultNetworkAccess"], kms["keyVaultResourceId"]) == ("Private", VAULT)
    assert slots(client) == [(client.key(), "private")]
    assert unreadable(client) == []


def test_a_cluster_is_created_with_kms_or_not_at_all() -> None:
    client = Arm()
    kms = {"enabled": True, "keyId": client.key(), "keyVaultNetworkAccess": "Public", "keyVaultResourceId": ""}
    sent = {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {"kubernetesVersion": "1.31.5", "securityProfile": {"azureKeyVaultKms": kms}},
    }
    assert code_of(client("PUT", f"{CLUSTER}2", sent)) == (400, CANNOT)
    assert code_of(client("GET", f"{CLUSTER}2")) == (404, "ResourceNotFound")
    client.grant("shop-id", "Key Vault Crypto User")
    assert client.finish(client("PUT", f"{CLUSTER}2", sent))["status"] == "Succeeded"
    [slot] = client.world.kubernetes.server(f"{CLUSTER}2").slots
    assert slot.kid == client.key()
