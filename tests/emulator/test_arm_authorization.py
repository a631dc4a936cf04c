"""Microsoft.Authorization: definitions, assignments, who may do what and from when on."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerservice import ContainerServiceClient

from emulator.core.http import Answer
from emulator.providers.authorization.evaluate import permits
from emulator.providers.authorization.roles import role_named
from emulator.worlds.governance import Role
from emulator.worlds.spec import Delays, Grant
from tests.emulator.arm_client import CRYPTO_USER, GROUP, IDENTITY, SUB, VAULT, Arm, code_of, message_of
from tests.emulator.conftest import Connect, Running
from tests.emulator.data_planes import small_world

DEFINITIONS = f"{VAULT}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-05-01-preview"
ASSIGNMENTS = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments"
CLUSTERS = "Microsoft.ContainerService/managedClusters"
ENCRYPT = "Microsoft.KeyVault/vaults/keys/encrypt/action"
PERMISSIONS = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
NARROW = Role(
    "Cluster Operator",
    actions=("Microsoft.ContainerService/*", "Microsoft.Authorization/*/read"),
    not_actions=(f"{CLUSTERS}/listClusterAdminCredential/action", f"{CLUSTERS}/delete"),
    data_actions=("Microsoft.KeyVault/vaults/keys/*",),
    not_data_actions=("Microsoft.KeyVault/vaults/keys/purge/action",),
)


def assign(client: Arm, name: str = "one", role: str = CRYPTO_USER, **more: Any) -> Answer:
    definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {"principalId": client.world.ids.principal("shop-id"), "roleDefinitionId": definition, **more}
    return client("PUT", f"{ASSIGNMENTS}/{client.world.ids.uuid(name)}", {"properties": properties})


def test_roles_are_found_by_name_in_any_letter_case() -> None:
    client = Arm()
    [role] = client("GET", f"{DEFINITIONS}&$filter=roleName eq 'key vault crypto USER'").body["value"]
    assert role["name"] == CRYPTO_USER
    assert role["id"] == f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{CRYPTO_USER}"
    assert client("GET", f"{DEFINITIONS}&$filter=roleName eq 'Nobody'").body["value"] == []
    assert client("GET", f"{DEFINITIONS}&$filter=type eq 'CustomRole'").body["value"] == []
    assert len(client("GET", DEFINITIONS).body["value"]) > 10


def test_a_role_is_read_by_id() -> None:
    client = Arm()
    base = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions"
    assert client("GET", f"{base}/{CRYPTO_USER}").body["properties"]["roleName"] == "Key Vault Crypto User"
    assert code_of(client("GET", f"{base}/{client.world.ids.uuid('x')}")) == (404, "RoleDefinitionDoesNotExist")


@pytest.mark.parametrize(
    ("role", "action", "data", "allowed"),
    [
        ("Owner", "Microsoft.Authorization/roleAssignments/write", False, True),
        ("Owner", ENCRYPT, True, False),
        ("Contributor", "Microsoft.KeyVault/vaults/write", False, True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False, False),
        ("Reader", "Microsoft.KeyVault/vaults/read", False, True),
        ("Reader", f"{CLUSTERS}/listClusterUserCredential/action", False, False),
        ("Key Vault Crypto User", ENCRYPT, True, True),
        ("Key Vault Crypto User", "Microsoft.KeyVault/vaults/keys/create/action", True, False),
        ("Key Vault Crypto Officer", "Microsoft.KeyVault/vaults/keys/create/action", True, True),
        ("Key Vault Crypto Service Encryption User", ENCRYPT, True, False),
        ("Key Vault Crypto Service Encryption User", "Microsoft.KeyVault/vaults/keys/wrap/action", True, True),
        ("Key Vault Contributor", "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action", False, True),
        ("Key Vault Contributor", "Microsoft.KeyVault/locations/deletedVaults/purge/action", False, False),
        ("Key Vault Contributor", ENCRYPT, True, False),
        ("Key Vault Reader", ENCRYPT, True, False),
        ("Key Vault Reader", "Microsoft.KeyVault/vaults/read", False, True),
        ("Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", False, True),
        ("Key Vault Reader", "Microsoft.KeyVault/vaults/keys/read", True, True),
        ("Key Vault Administrator", ENCRYPT, True, True),
        ("Azure Kubernetes Service RBAC Cluster Admin", f"{CLUSTERS}/secrets/read", True, True),
        ("Azure Kubernetes Service Cluster User Role", f"{CLUSTERS}/listClusterUserCredential/action", False, True),
    ],
)
def test_what_a_role_allows(role: str, action: str, data: bool, allowed: bool) -> None:
    assert permits(role_named(small_world(), role), action, data) is allowed


def test_an_assignment_is_made_with_201_and_who_made_it_shows_later() -> None:
    client = Arm()
    made = assign(client, principalType="ServicePrincipal")
    assert made.status == 201
    assert made.body["properties"]["createdBy"] is None
    read = client("GET", made.body["id"]).body["properties"]
    assert read["createdBy"] == client.world.ids.principal("ops")
    assert (read["createdOn"], read["scope"]) == ("2026-03-01T12:00:00.0000000Z", VAULT)


def test_the_same_grant_under_another_name_exists_already() -> None:
    client = Arm()
    assign(client)
    assert assign(client, name="two").body == {
        "error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}
    }
    assert code_of(assign(client, name="two")) == (409, "RoleAssignmentExists")


def test_the_same_assignment_again_is_an_update() -> None:
    client = Arm()
    first = assign(client)
    client.wait(5)
    again = assign(client, description="kept for KMS")
    assert again.status == 201
    assert again.body["properties"]["createdOn"] == first.body["properties"]["createdOn"]
    assert again.body["properties"]["description"] == "kept for KMS"
    other = assign(client, role="21090545-7ca7-4776-b22c-e363652d74d2")
    assert code_of(other) == (400, "RoleAssignmentUpdateNotPermitted")


def test_an_assignment_takes_effect_after_a_while() -> None:
    client = Arm(delays=Delays(grant=60))
    principal = client.world.ids.principal("shop-id")
    assign(client)
    client.wait(59)
    assert not client.world.rights.may(principal, ENCRYPT, VAULT, data=True)
    client.wait(1)
    assert client.world.rights.may(principal, ENCRYPT, f"{VAULT}/keys/etcd", data=True)
    assert not client.world.rights.may(principal, ENCRYPT, GROUP, data=True)


def test_a_new_identity_is_not_in_the_directory_at_once() -> None:
    client = Arm(delays=Delays(directory=30))
    identity = client("PUT", f"{IDENTITY}2", {"location": "westeurope"}).body
    principal = identity["properties"]["principalId"]
    refused = assign(client, principalId=principal)
    assert code_of(refused) == (400, "PrincipalNotFound")
    assert message_of(refused).startswith(f"Principal {principal.replace('-', '')} does not exist in the directory ")
    assert assign(client, principalId=principal, principalType="ServicePrincipal").status == 201
    client.wait(30)
    found = assign(client, name="two", role="21090545-7ca7-4776-b22c-e363652d74d2", principalId=principal)
    assert found.body["properties"]["principalType"] == "ServicePrincipal"


def test_bad_assignments_are_refused() -> None:
    client = Arm()
    nothing = client("PUT", f"{ASSIGNMENTS}/not-a-guid", {"properties": {}})
    assert code_of(nothing) == (400, "InvalidRoleAssignmentId")
    empty = client("PUT", f"{ASSIGNMENTS}/{client.world.ids.uuid('x')}", {"properties": {}})
    assert code_of(empty) == (400, "InvalidRequestContent")
    assert code_of(assign(client, role=client.world.ids.uuid("x"))) == (404, "RoleDefinitionDoesNotExist")


def test_assignments_are_listed_by_scope_and_assignee() -> None:
    client = Arm()
    made = assign(client).body
    me, shop = client.world.ids.principal("ops"), client.world.ids.principal("shop-id")

    def roles(scope: str, wanted: str = "") -> list[str]:
        url = f"{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={wanted}"
        found = client("GET", url).body["value"]
        return [one["properties"]["principalId"] + " " + one["properties"]["scope"].rpartition("/")[2] for one in found]

    assert roles(VAULT, "atScope()") == [f"{me} {SUB.rpartition('/')[2]}", f"{me} shop-kv", f"{shop} shop-kv"]
    assert roles(SUB, "atScope()") == [f"{me} {SUB.rpartition('/')[2]}"]
    assert len(roles(SUB)) == 3
    assert roles(VAULT, f"atScope() and assignedTo('{shop}')") == [f"{shop} shop-kv"]
    assert roles(SUB, f"principalId eq '{shop}'") == [f"{shop} shop-kv"]
    url = f"{ASSIGNMENTS}?$filter=atScope() and principalId eq '{shop}'"
    assert code_of(client("GET", url)) == (400, "UnsupportedQuery")
    assert client("DELETE", made["id"]).body["name"] == made["name"]
    assert client("DELETE", made["id"]).status == 204
    assert code_of(client("GET", made["id"])) == (404, "RoleAssignmentNotFound")


def test_the_callers_own_permissions_are_those_of_its_roles() -> None:
    client = Arm()
    url = f"{VAULT}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    permissions = client("GET", url).body["value"]
    assert permissions[0]["actions"] == ["*"]
    assert "Microsoft.KeyVault/vaults/keys/*" in permissions[1]["dataActions"]


def test_permissions_are_listed_at_and_above_a_scope_one_entry_for_each_role() -> None:
    client = Arm(principal="auditor")
    assert code_of(client("GET", f"{GROUP}/{PERMISSIONS}")) == (403, "AuthorizationFailed")
    client.grant("auditor", "Reader", GROUP)
    client.grant("auditor", "Key Vault Crypto User", VAULT)
    [reader] = client("GET", f"{GROUP}/{PERMISSIONS}").body["value"]
    assert reader == {"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}
    assert len(client("GET", f"{VAULT}/{PERMISSIONS}").body["value"]) == 2
    assert code_of(client("GET", f"{SUB}/{PERMISSIONS}")) == (403, "AuthorizationFailed")


@pytest.mark.parametrize(
    ("action", "data", "allowed"),
    [
        (f"{CLUSTERS}/write", False, True),
        (f"{CLUSTERS}/delete", False, False),
        (f"{CLUSTERS}/listClusterAdminCredential/action", False, False),
        ("Microsoft.KeyVault/vaults/read", False, False),
        (ENCRYPT, True, True),
        ("Microsoft.KeyVault/vaults/keys/purge/action", True, False),
    ],
)
def test_a_world_may_have_roles_of_its_own(action: str, data: bool, allowed: bool) -> None:
    assert permits(role_named(small_world(roles=(NARROW,)), "cluster operator"), action, data) is allowed


def test_a_role_of_a_world_is_a_custom_role_of_its_subscription() -> None:
    client = Arm(roles=(NARROW,))
    [role] = client("GET", f"{DEFINITIONS}&$filter=type eq 'CustomRole'").body["value"]
    assert (role["properties"]["roleName"], role["properties"]["assignableScopes"]) == ("Cluster Operator", [SUB])
    assert client("GET", role["id"]).body == role
    assert role["properties"]["permissions"][0]["notDataActions"] == list(NARROW.not_data_actions)


def test_the_sdk_reads_the_permissions_of_a_narrow_caller_and_is_held_to_them(
    running: Running, connect: Connect
) -> None:
    emulation = running(roles=(NARROW,), grants=(Grant("ops", "Cluster Operator", "group"),))
    authorization = connect(emulation, AuthorizationManagementClient)
    [permission] = authorization.permissions.list_for_resource_group("shop-rg")
    assert permission.actions == list(NARROW.actions) and permission.not_actions == list(NARROW.not_actions)
    found = authorization.permissions.list_for_resource("shop-rg", "Microsoft.KeyVault", "", "vaults", "shop-kv")
    assert [one.data_actions for one in found] == [list(NARROW.data_actions)]
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    assert clusters.get("shop-rg", "shop").name == "shop"
    with pytest.raises(HttpResponseError, match="listClusterAdminCredential/action"):
        clusters.list_cluster_admin_credentials("shop-rg", "shop")
