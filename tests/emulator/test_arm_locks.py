"""Management locks: the resources, what they refuse to everybody, and az's own commands for them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.governance import Lock
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import CLUSTER, CRYPTO_USER, GROUP, IDENTITY, SUB, VAULT, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz

LOCKS = "providers/Microsoft.Authorization/locks"
VERSION = "api-version=2016-09-01"
GRANT = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/6fbe2b2a-0e3d-4b1e-9a0e-1f7d1c0c9a11"
ASSIGNMENT = {"properties": {"roleDefinitionId": CRYPTO_USER, "principalId": "x", "principalType": "ServicePrincipal"}}


def lock(client: Arm, scope: str, name: str = "keep", level: str = "ReadOnly", **properties: str) -> Answer:
    return client("PUT", f"{scope}/{LOCKS}/{name}?{VERSION}", {"properties": {"level": level, **properties}})


def names(client: Arm, scope: str, query: str = "") -> list[str]:
    return [one["name"] for one in client("GET", f"{scope}/{LOCKS}?{VERSION}{query}").body["value"]]


def three_levels() -> Arm:
    """A lock at the subscription, at the group and at the vault, which refuse deleting."""
    return Arm(locks=tuple(Lock(f"on-{scope[:5]}", "CanNotDelete", scope) for scope in ("subscription", "group", KV)))


KV = "vault/shop-kv"


@pytest.mark.parametrize("version", ["2016-09-01", "2020-05-01"])
def test_a_lock_is_made_with_201_changed_with_200_and_removed_without_a_body(version: str) -> None:
    client = Arm()
    url = f"{VAULT}/{LOCKS}/keep?api-version={version}"
    made = client("PUT", url, {"properties": {"level": "CanNotDelete"}})
    changed = client("PUT", url, {"properties": {"level": "ReadOnly", "notes": "ask us"}})
    assert (made.status, changed.status) == (201, 200)
    assert client("GET", url).body == {
        "properties": {"level": "ReadOnly", "notes": "ask us"},
        "id": f"{VAULT}/{LOCKS}/keep",
        "type": "Microsoft.Authorization/locks",
        "name": "keep",
    }
    removed = client("DELETE", url)
    assert (removed.status, removed.body, client("DELETE", url).status) == (200, None, 204)
    assert code_of(client("GET", url)) == (404, "LockNotFound")


def test_a_level_that_there_is_not_is_refused() -> None:
    client = Arm()
    assert code_of(lock(client, VAULT, level="Closed")) == (400, "InvalidRequestContent")
    assert names(client, VAULT) == []


def test_a_list_has_the_locks_at_above_and_below_its_scope() -> None:
    client = three_levels()
    assert names(client, SUB) == names(client, GROUP) == names(client, VAULT) == ["on-subsc", "on-group", "on-vault"]
    assert names(client, CLUSTER) == ["on-subsc", "on-group"]
    assert code_of(client("GET", f"{VAULT}/{LOCKS}?{VERSION}&$filter=name eq 'x'")) == (400, "UnsupportedQuery")


def test_at_scope_leaves_out_the_locks_below() -> None:
    client = three_levels()
    assert names(client, SUB, "&$filter=atScope()") == ["on-subsc"]
    assert names(client, VAULT, "&$filter=atScope()") == ["on-subsc", "on-group", "on-vault"]


def test_the_refusal_names_the_scope_the_operation_and_the_locked_scopes() -> None:
    client = three_levels()
    refused = client("DELETE", VAULT)
    assert code_of(refused) == (409, "ScopeLocked")
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert message_of(refused) == (
        f"The scope '{VAULT}' cannot perform delete operation because following scope(s) are locked: "
        f"'{SUB},{GROUP},{VAULT}'. Please remove the lock and try again."
    )


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PUT", VAULT, {"location": "westeurope", "properties": {}}),
        ("PATCH", VAULT, {"tags": {"a": "b"}}),
        ("PUT", f"{VAULT}/accessPolicies/add", {"properties": {"accessPolicies": []}}),
        ("PATCH", f"{VAULT}/providers/Microsoft.Resources/tags/default", {"operation": "Merge"}),
        ("PUT", GRANT, ASSIGNMENT),
        ("DELETE", VAULT, None),
    ],
)
def test_a_read_only_lock_refuses_every_write_of_every_provider_and_its_absence_none(
    method: str, url: str, body: Any
) -> None:
    client = Arm()
    lock(client, VAULT)
    assert code_of(client(method, url, body)) == (409, "ScopeLocked")
    assert client("DELETE", f"{VAULT}/{LOCKS}/keep?{VERSION}").status == 200
    assert client(method, url, body).status != 409


def test_a_read_only_lock_refuses_actions_that_only_look() -> None:
    client = Arm()
    lock(client, CLUSTER)
    for action in ("listClusterUserCredential", "listClusterAdminCredential", "stop"):
        refused = client("POST", f"{CLUSTER}/{action}")
        assert code_of(refused) == (409, "ScopeLocked")
        assert f"The scope '{CLUSTER}' cannot perform write operation because" in message_of(refused)
    assert client("GET", CLUSTER).status == 200
    lock(client, SUB)
    assert client("POST", f"{SUB}/providers/Microsoft.KeyVault/checkNameAvailability", {"name": "x-kv"}).status == 200


def test_a_lock_on_deleting_lets_everything_else_pass() -> None:
    client = Arm()
    lock(client, GROUP, level="CanNotDelete")
    lock(client, SUB, level="NotSpecified")
    assert client("PATCH", VAULT, {"tags": {"a": "b"}}).status == 200
    assert client("POST", f"{CLUSTER}/listClusterUserCredential").status == 200
    assert client("PUT", GRANT, ASSIGNMENT).status == 201
    assert code_of(client("DELETE", GRANT)) == (409, "ScopeLocked")


def test_locks_hold_for_what_is_below_and_nothing_beside() -> None:
    client = Arm()
    lock(client, VAULT.lower(), level="CanNotDelete")
    assert client("DELETE", f"{IDENTITY}2").status == 204
    lock(client, GROUP)
    assert code_of(client("PUT", f"{IDENTITY}2", {"location": "westeurope"})) == (409, "ScopeLocked")
    assert client("PUT", f"{SUB}/resourceGroups/more", {"location": "westeurope"}).status == 201


def test_a_parent_cannot_be_deleted_over_a_lock_below_it() -> None:
    client = Arm()
    lock(client, f"{VAULT}/keys/etcd", level="CanNotDelete")
    assert client("PATCH", VAULT, {"tags": {"a": "b"}}).status == 200
    assert f"are locked: '{VAULT}/keys/etcd'." in message_of(client("DELETE", VAULT))


def test_rights_are_looked_at_before_locks() -> None:
    client = Arm(principal="auditor")
    client.grant("auditor", "Contributor", SUB)
    assert code_of(lock(client, VAULT)) == (403, "AuthorizationFailed")
    owner = Arm(locks=(Lock("keep", "ReadOnly", "group"),), principal="nobody")
    assert code_of(owner("DELETE", VAULT)) == (403, "AuthorizationFailed")


def test_stock_az_locks_lists_and_unlocks(running: Running, az: StockAz) -> None:
    emulation = running(delays=Delays(update=0.3, retry_after=0.05))
    on_vault = ("-g", "shop-rg", "--resource", "shop-kv", "--resource-type", "Microsoft.KeyVault/vaults")
    made = az(emulation, "lock", "create", "-n", "keep", "-t", "ReadOnly", *on_vault, "--notes", "ask us").json
    assert (made["level"], made["notes"]) == ("ReadOnly", "ask us")
    refused = az(emulation, "keyvault", "update", "-n", "shop-kv", "-g", "shop-rg", "--default-action", "Deny")
    assert refused.code == 1 and "(ScopeLocked)" in refused.output and f"locked: '{made['id'][:60]}" in refused.output
    assert az(emulation, "lock", "create", "-n", "all", "-t", "CanNotDelete", "-g", "shop-rg").code == 0
    assert [one["name"] for one in az(emulation, "lock", "list", *on_vault).json] == ["keep", "all"]
    assert [one["name"] for one in az(emulation, "lock", "list").json] == ["keep", "all"]
    assert az(emulation, "lock", "delete", "-n", "keep", *on_vault).code == 0
    assert az(emulation, "lock", "delete", "-n", "all", "-g", "shop-rg").code == 0
    assert az(emulation, "keyvault", "delete", "-n", "shop-kv", "-g", "shop-rg").code == 0
