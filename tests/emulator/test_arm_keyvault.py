"""Microsoft.KeyVault as Resource Manager shows it: vaults and deleted vaults."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.spec import TENANT, Delays, Vault
from tests.emulator.arm_client import GROUP, HOST, SUB, VAULT, Arm, code_of, message_of

DELETED = f"{SUB}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/shop-kv"


def a_vault(**properties: Any) -> dict[str, Any]:
    """What az sends for a new vault."""
    asked = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": [],
        "enableRbacAuthorization": True,
        "networkAcls": {"bypass": "AzureServices", "defaultAction": "Allow"},
        **properties,
    }
    return {"location": "westeurope", "properties": asked}


def unprotected() -> Arm:
    return Arm(vaults=(Vault(purge_protection=False),))


def test_a_new_vault_answers_at_once_and_registers_its_name_for_a_while() -> None:
    client = Arm(delays=Delays(vault=20))
    made = client("PUT", f"{VAULT}2", a_vault())
    assert made.status == 200
    assert not {"Azure-AsyncOperation", "Location", "location"} & set(made.headers)
    assert made.body["properties"]["provisioningState"] == "RegisteringDns"
    assert made.body["properties"]["vaultUri"] == "https://shop-kv2.vault.emulator.test"
    assert client("GET", f"{VAULT}2").body["properties"]["provisioningState"] == "RegisteringDns"
    client.wait(20)
    ready = client("GET", f"{VAULT}2").body["properties"]
    assert (ready["provisioningState"], ready["vaultUri"]) == ("Succeeded", "https://shop-kv2.vault.emulator.test/")


@pytest.mark.parametrize(("version", "rbac"), [("2024-11-01", False), ("2026-02-01", True)])
def test_a_new_vault_has_roles_by_default_since_2026(version: str, rbac: bool) -> None:
    client = Arm()
    url, unsaid = f"{VAULT}2?api-version={version}", a_vault(enableRbacAuthorization=None)
    assert bool(client("PUT", url, unsaid).body["properties"].get("enableRbacAuthorization")) == rbac
    client("PATCH", url, {"properties": {"enableRbacAuthorization": False}})
    assert client("PUT", url, unsaid).body["properties"].get("enableRbacAuthorization") in (None, False)


def test_a_plain_vault_has_no_firewall_and_no_connections_in_its_document() -> None:
    made = Arm()("PUT", f"{VAULT}2", a_vault()).body["properties"]
    assert not {"networkAcls", "privateEndpointConnections", "enablePurgeProtection"} & set(made)
    assert (made["publicNetworkAccess"], made["softDeleteRetentionInDays"]) == ("Enabled", 90)


def test_addresses_come_back_as_networks_and_subnets_in_lower_case() -> None:
    subnet = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/one"
    acls = {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4"}], "virtualNetworkRules": [{"id": subnet}]}
    made = Arm()("PUT", f"{VAULT}2", a_vault(networkAcls=acls)).body["properties"]
    assert made["networkAcls"] == {
        "bypass": "AzureServices",
        "defaultAction": "Deny",
        "ipRules": [{"value": "1.2.3.4/32"}],
        "virtualNetworkRules": [{"id": subnet.lower()}],
    }


def test_a_put_replaces_the_access_policies_and_keeps_what_cannot_be_undone() -> None:
    client = Arm("public-policy")
    assert client("GET", VAULT).body["properties"]["accessPolicies"]
    after = client("PUT", VAULT, a_vault(enableRbacAuthorization=False)).body["properties"]
    assert after["accessPolicies"] == []
    assert after["enablePurgeProtection"] is True
    assert after["vaultUri"] == f"https://{HOST}/"


def test_a_patch_changes_only_what_it_names() -> None:
    client = Arm("public-policy")
    before = client("GET", VAULT).body["properties"]
    after = client("PATCH", VAULT, {"properties": {"publicNetworkAccess": "Disabled"}, "tags": {"a": "b"}}).body
    assert after["properties"] == {**before, "publicNetworkAccess": "Disabled"}
    assert after["tags"] == {"a": "b"}


def test_purge_protection_and_soft_delete_cannot_be_taken_back() -> None:
    client = Arm()
    for member in ("enablePurgeProtection", "enableSoftDelete"):
        for method in ("PATCH", "PUT"):
            refused = client(method, VAULT, a_vault(**{member: False}))
            assert code_of(refused) == (400, "BadRequest")
            assert message_of(refused).startswith(f'The property "{member}" can')
    assert code_of(client("PUT", VAULT, a_vault(softDeleteRetentionInDays=7))) == (400, "BadRequest")


def test_a_put_without_what_it_needs_is_refused() -> None:
    client = Arm()
    assert code_of(client("PUT", f"{VAULT}2", {"properties": {}})) == (400, "LocationRequired")
    assert code_of(client("PUT", f"{VAULT}2", a_vault(sku=None))) == (400, "BadRequest")
    missing = client("PUT", f"{VAULT}2", a_vault(enableRbacAuthorization=False, accessPolicies=None))
    assert message_of(missing) == "The parameter accessPolicies is not specified."
    moved = client("PUT", VAULT, {**a_vault(), "location": "northeurope"})
    assert code_of(moved) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize("name", ["ab", "1shop", "shop--kv", "shop-", "a" * 25, "shop_kv"])
def test_bad_names_are_refused(name: str) -> None:
    client = Arm()
    refused = client("PUT", f"{GROUP}/providers/Microsoft.KeyVault/vaults/{name}", a_vault())
    assert code_of(refused) == (400, "VaultNameNotValid")
    checked = client("POST", f"{SUB}/providers/Microsoft.KeyVault/checkNameAvailability", {"name": name}).body
    assert (checked["nameAvailable"], checked["reason"]) == (False, "AccountNameInvalid")


def test_a_name_is_taken_in_all_of_azure() -> None:
    client = Arm()
    client("PUT", f"{SUB}/resourcegroups/other", {"location": "westeurope"})
    refused = client("PUT", VAULT.replace("shop-rg", "other"), a_vault())
    assert code_of(refused) == (409, "VaultAlreadyExists")
    check = f"{SUB}/providers/Microsoft.KeyVault/checkNameAvailability"
    checked = client("POST", check, {"name": "shop-kv"}).body
    assert (checked["reason"], checked["message"]) == ("AlreadyExists", message_of(refused))
    assert client("POST", check, {"name": "free-kv"}).body == {"nameAvailable": True}


def test_vaults_are_listed_in_pages_that_end() -> None:
    client = Arm()
    for scope in (SUB, GROUP):
        first = client("GET", f"{scope}/providers/Microsoft.KeyVault/vaults").body
        assert [vault["name"] for vault in first["value"]] == ["shop-kv"]
        assert client("GET", first["nextLink"].removeprefix("https://management.emulator.test")).body == {"value": []}


def test_a_deleted_vault_keeps_its_name_and_its_keys() -> None:
    client = unprotected()
    key = client.key()
    assert client("DELETE", VAULT).body is None
    assert code_of(client("GET", VAULT)) == (404, "ResourceNotFound")
    assert client("DELETE", VAULT).status == 204
    assert code_of(client("PUT", VAULT, a_vault())) == (409, "ConflictError")
    deleted = client("GET", DELETED).body
    assert deleted["properties"]["vaultId"] == VAULT
    assert deleted["properties"]["scheduledPurgeDate"] == "2026-05-30T12:00:00Z"
    assert client("GET", f"{SUB}/providers/Microsoft.KeyVault/deletedVaults").body["value"] == [deleted]
    assert client.world.keyvault.find(key) is None
    recovered = client("PUT", VAULT, a_vault(createMode="recover"))
    assert recovered.body["properties"]["enableRbacAuthorization"] is True
    assert client.world.keyvault.find(key) is not None
    assert code_of(client("PUT", VAULT, a_vault(createMode="recover"))) == (404, "DeletedVaultNotFound")


def test_a_purged_vault_is_gone_for_ever() -> None:
    client = unprotected()
    client("DELETE", VAULT)
    purge = client("POST", f"{DELETED}/purge")
    assert (purge.status, purge.body) == (202, None)
    running = client("GET", purge.headers["Location"])
    assert (running.status, running.body["status"]) == (
        200 if client.world.spec.delays.vault == 0 else 202,
        "Succeeded",
    )
    assert code_of(client("GET", DELETED)) == (404, "DeletedVaultNotFound")
    assert client("PUT", VAULT, a_vault()).status == 200
    assert client.world.keyvault.living(HOST) == []


def test_a_purge_takes_its_time() -> None:
    client = Arm(vaults=(Vault(purge_protection=False),), delays=Delays(vault=5))
    client("DELETE", VAULT)
    location = client("POST", f"{DELETED}/purge").headers["Location"]
    running = client("GET", location)
    assert (running.status, running.body["status"]) == (202, "NotStarted")
    assert running.headers["Location"] == location
    client.wait(5)
    assert client("GET", location).body["lastActionDateTime"] == "2026-03-01 12:00:05Z"


def test_a_protected_vault_cannot_be_purged() -> None:
    client = Arm()
    client("DELETE", VAULT)
    assert client("GET", DELETED).body["properties"]["purgeProtectionEnabled"] is True
    assert code_of(client("POST", f"{DELETED}/purge")) == (405, "MethodNotAllowed")


def test_a_deleted_vault_is_purged_when_its_time_has_come() -> None:
    client = Arm()
    client("DELETE", VAULT)
    client.wait(90 * 86400)
    assert client("GET", f"{SUB}/providers/Microsoft.KeyVault/deletedVaults").body["value"] == []


def test_there_are_no_managed_hsms() -> None:
    client = Arm()
    for kind in ("managedHSMs", "deletedManagedHSMs"):
        assert client("GET", f"{SUB}/providers/Microsoft.KeyVault/{kind}").body == {"value": []}


def policy(client: Arm, *keys: str, principal: str = "shop-id") -> dict[str, Any]:
    return {"tenantId": TENANT, "objectId": client.world.ids.principal(principal), "permissions": {"keys": list(keys)}}


def change(client: Arm, operation: str, *policies: dict[str, Any]) -> dict[str, list[str]]:
    """The key permissions by object id after the change."""
    answer = client("PUT", f"{VAULT}/accessPolicies/{operation}", {"properties": {"accessPolicies": list(policies)}})
    assert answer.body["type"] == "Microsoft.KeyVault/vaults/accessPolicies"
    found = answer.body["properties"]["accessPolicies"]
    assert found == client("GET", VAULT).body["properties"]["accessPolicies"]
    return {one["objectId"]: one["permissions"]["keys"] for one in found}


def test_access_policies_are_added_replaced_and_removed_one_by_one() -> None:
    client = Arm("public-policy")
    shop, me = (client.world.ids.principal(name) for name in ("shop-id", "ops"))
    assert change(client, "add", policy(client, "decrypt"))[shop] == ["decrypt"]
    assert change(client, "add", policy(client, "Decrypt", "encrypt"))[shop] == ["decrypt", "encrypt"]
    assert change(client, "replace", policy(client, "get"))[shop] == ["get"]
    left = change(client, "remove", policy(client, "GET"))
    assert shop not in left and me in left
    url = f"{VAULT}/accessPolicies/toggle"
    assert code_of(client("PUT", url, {"properties": {"accessPolicies": []}})) == (400, "BadRequest")


def test_access_policies_mean_nothing_where_rbac_decides() -> None:
    client = Arm()
    change(client, "add", policy(client, "encrypt", "decrypt"))
    assert code_of(client.put_kms()) == (400, "AzureKeyVaultKmsValidateIdentityPermissionCustomerError")


def test_old_versions_do_not_show_everything() -> None:
    client = Arm()

    def shown(version: str) -> tuple[bool, bool]:
        body = client("GET", f"{VAULT}?api-version={version}").body
        return "systemData" in body, "publicNetworkAccess" in body["properties"]

    versions = ("2019-09-01", "2021-04-01-preview", "2021-10-01", "2026-02-01")
    assert [shown(version) for version in versions] == [(False, False), (True, False), (True, True), (True, True)]
