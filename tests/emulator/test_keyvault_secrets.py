"""The Key Vault data plane: secrets, who reads them, and what stock az makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.spec import OTHER_TENANT, Policy
from emulator.worlds.spec import Vault as VaultData
from emulator.worlds.vault_contents import VaultSecret
from tests.emulator.conftest import Running, StockAz
from tests.emulator.data_planes import START, VAULT, Vault, grant, inner_code, properties_of, small_world

ONE = (VaultSecret(),)
OFFICER, USER = "Key Vault Secrets Officer", "Key Vault Secrets User"


def officer(**vault: Any) -> Vault:
    """A vault with these secrets, as a Secrets Officer sees it."""
    world = small_world(vaults=(VaultData(**vault),))
    grant(world, "ops", OFFICER)
    return Vault(world)


def as_user(vault: Vault, role: str) -> Vault:
    grant(vault.world, "shop-id", role)
    return Vault(vault.world, "shop-id")


def seconds(days: float = 0) -> int:
    return int((START + timedelta(days=days)).timestamp())


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["error"]["code"]


def test_a_new_secret_has_the_shape_of_the_real_service() -> None:
    vault = officer()
    request = {"value": "v", "contentType": "text/plain", "tags": {"a": "b"}, "attributes": {"exp": seconds(30)}}
    answer = vault("PUT", "/secrets/fresh", request)
    assert answer.status == 200
    assert answer.body.pop("id").startswith(f"https://{VAULT}/secrets/fresh/")
    assert answer.body == {
        "value": "v",
        "attributes": {
            "enabled": True,
            "exp": seconds(30),
            "created": seconds(),
            "updated": seconds(),
            "recoveryLevel": "Recoverable",
            "recoverableDays": 90,
        },
        "contentType": "text/plain",
        "tags": {"a": "b"},
    }


def test_setting_a_secret_again_makes_a_version() -> None:
    vault = officer(secrets=(VaultSecret(versions=2),))
    versions = vault("GET", "/secrets/db-pass/versions").body["value"]
    assert [one["id"] for one in versions] == sorted(one["id"] for one in versions) and len(versions) == 2
    newest = vault("GET", "/secrets/db-pass").body
    assert newest["value"] == "correct-horse-staple-2"
    other = next(one["id"] for one in versions if one["id"] != newest["id"])
    assert vault("GET", other.removeprefix(f"https://{VAULT}")).body["value"] == "correct-horse-staple-1"
    assert vault("GET", "/secrets/db-pass/").body == newest


def test_lists_have_no_values_and_show_disabled_and_expired_secrets() -> None:
    secrets = (VaultSecret(enabled=False), VaultSecret("old", expires_in_days=-1), VaultSecret("of-day"))
    answer = officer(secrets=secrets)("GET", "/secrets")
    assert [one["id"].rpartition("/")[2] for one in answer.body["value"]] == ["db-pass", "of-day", "old"]
    assert "correct-horse" not in str(answer.body) and answer.body["nextLink"] is None
    assert answer.body["value"][0]["attributes"]["enabled"] is False


def test_a_disabled_secret_is_not_read_and_an_expired_one_is() -> None:
    vault = officer(secrets=(VaultSecret(enabled=False), VaultSecret("old", expires_in_days=-1)))
    answer = vault("GET", "/secrets/db-pass")
    assert (answer.status, inner_code(answer)) == (403, "SecretDisabled")
    assert answer.body["error"]["message"] == "Operation get is not allowed on a disabled secret."
    assert vault("GET", "/secrets/old").status == 200


def test_an_unknown_secret_or_version_is_not_found() -> None:
    vault = officer(secrets=ONE)
    answer = vault("GET", "/secrets/db-passw")
    assert code(answer) == (404, "SecretNotFound")
    assert answer.body["error"]["message"].startswith(
        "A secret with (name/id) db-passw was not found in this key vault"
    )
    version = "0" * 32
    assert f"db-pass/{version} was" in vault("GET", f"/secrets/db-pass/{version}").body["error"]["message"]
    assert code(vault("GET", "/secrets/nobody/versions")) == (404, "SecretNotFound")


def test_a_secret_that_cannot_be_is_refused() -> None:
    vault = officer()
    assert code(vault("PUT", "/secrets/db_pass", {"value": "v"})) == (400, "BadParameter")
    assert code(vault("PUT", "/secrets/big", {"value": "v" * 25601})) == (400, "BadParameter")
    assert code(vault("PUT", "/secrets/none", {})) == (400, "BadParameter")
    assert code(vault("PUT", "/secrets/odd", {"value": "v", "attributes": {"enabled": "no"}})) == (400, "BadParameter")


def test_an_update_changes_attributes_and_answers_without_the_value() -> None:
    vault = officer(secrets=ONE)
    vault.world.clock.advance(5)
    request = {"attributes": {"enabled": False, "nbf": seconds(1)}, "contentType": "x", "tags": {"a": "b"}}
    answer = vault("PATCH", "/secrets/db-pass", request)
    assert (answer.status, "value" in answer.body) == (200, False)
    assert answer.body["attributes"]["enabled"] is False and answer.body["attributes"]["nbf"] == seconds(1)
    assert answer.body["attributes"]["updated"] == int(vault.world.clock.now().timestamp())
    assert (answer.body["contentType"], answer.body["tags"]) == ("x", {"a": "b"})


def test_a_deleted_secret_blocks_its_name_until_it_is_recovered() -> None:
    vault = officer(secrets=ONE)
    gone = vault("DELETE", "/secrets/db-pass")
    assert (gone.status, "value" in gone.body) == (200, False)
    assert gone.body["recoveryId"] == f"https://{VAULT}/deletedsecrets/db-pass"
    assert gone.body["scheduledPurgeDate"] == seconds(90)
    assert code(vault("GET", "/secrets/db-pass")) == (404, "SecretNotFound")
    refused = vault("PUT", "/secrets/db-pass", {"value": "v"})
    assert (refused.status, inner_code(refused)) == (409, "ObjectIsDeletedButRecoverable")
    assert refused.body["error"]["message"].startswith("Secret db-pass is currently in a deleted but recoverable state")
    assert vault("GET", "/deletedsecrets").body["value"][0]["recoveryId"] == gone.body["recoveryId"]
    assert vault("GET", "/deletedsecrets/db-pass").body == gone.body
    assert "value" not in vault("POST", "/deletedsecrets/db-pass/recover").body
    assert vault("GET", "/secrets/db-pass").status == 200
    assert code(vault("GET", "/deletedsecrets/db-pass")) == (404, "SecretNotFound")


def test_purging_a_secret_frees_its_name_unless_the_vault_protects() -> None:
    vault = officer(secrets=ONE, purge_protection=False)
    vault("DELETE", "/secrets/db-pass")
    assert vault("DELETE", "/deletedsecrets/db-pass").status == 204
    assert vault("PUT", "/secrets/db-pass", {"value": "v"}).status == 200
    protected = officer(secrets=ONE)
    protected("DELETE", "/secrets/db-pass")
    assert protected("DELETE", "/deletedsecrets/db-pass").status == 403


@pytest.mark.parametrize(
    ("role", "reads", "lists", "sets"),
    [
        (USER, 200, 200, 403),
        ("Key Vault Reader", 403, 200, 403),
        ("Key Vault Certificate User", 200, 200, 403),
        ("Key Vault Crypto Officer", 403, 403, 403),
        ("Key Vault Contributor", 403, 403, 403),
        ("Key Vault Administrator", 200, 200, 200),
        (OFFICER, 200, 200, 200),
    ],
)
def test_each_role_reads_lists_and_sets_what_it_may(role: str, reads: int, lists: int, sets: int) -> None:
    vault = as_user(officer(secrets=ONE), role)
    assert vault("GET", "/secrets/db-pass").status == reads
    assert vault("GET", "/secrets").status == vault("GET", "/secrets/db-pass/versions").status == lists
    assert vault("PUT", "/secrets/new", {"value": "v"}).status == sets


def test_without_a_role_the_action_on_the_secret_is_named() -> None:
    vault = as_user(officer(secrets=ONE), "Key Vault Reader")
    answer = vault("GET", "/secrets/db-pass")
    assert (answer.status, inner_code(answer)) == (403, "ForbiddenByRbac")
    message = answer.body["error"]["message"]
    assert "\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r\n" in message
    assert "/providers/microsoft.keyvault/vaults/shop-kv/secrets/db-pass'\r\n" in message


def test_access_policies_count_for_each_kind_of_object() -> None:
    policies = (Policy("ops", keys=("get", "list"), secrets=("list",)), Policy("shop-id", secrets=("Get",)))
    world = small_world(vaults=(VaultData(rbac=False, policies=policies, secrets=ONE),))
    answer = Vault(world)("GET", "/secrets/db-pass")
    assert (answer.status, inner_code(answer)) == (403, "AccessDenied")
    wanted = "does not have secrets get permission on key vault 'shop-kv;location=westeurope'. For help"
    assert wanted in answer.body["error"]["message"]
    assert Vault(world)("GET", "/secrets").status == 200
    assert Vault(world, "shop-id")("GET", "/secrets/db-pass").status == 200
    assert Vault(world, "shop-id")("GET", "/keys/etcd").status == 403


def test_a_role_on_one_secret_reads_that_secret_alone() -> None:
    vault = officer(secrets=(VaultSecret(), VaultSecret("other")))
    found = vault.world.keyvault.vault(VAULT)
    assert found is not None
    grant(vault.world, "shop-id", USER, f"{found.id}/secrets/db-pass")
    identity = Vault(vault.world, "shop-id")
    assert identity("GET", "/secrets/db-pass").status == 200
    assert identity("GET", "/secrets/other").status == 403


def test_a_token_of_another_tenant_is_refused() -> None:
    vault = officer(secrets=ONE, tenant=OTHER_TENANT)
    answer = vault("GET", "/secrets/db-pass")
    assert (answer.status, f"/{OTHER_TENANT}" in answer.headers["WWW-Authenticate"]) == (401, True)
    sts = "https://sts.windows.net"
    expected = f"AKV10032: Invalid issuer. Expected one of {sts}/{OTHER_TENANT}/, found {sts}/72f988bf"
    assert answer.body["error"]["message"].startswith(expected)


def test_a_vault_with_a_limit_throttles_what_is_more() -> None:
    vault = officer(secrets=ONE, requests_in_ten_seconds=2)
    assert [vault("GET", "/secrets/db-pass").status for _ in range(3)] == [200, 200, 429]
    answer = vault("GET", "/secrets")
    assert code(answer) == (429, "Throttled")
    assert answer.body["error"]["message"].endswith("Reason: VaultRequestTypeLimitReached")
    vault.world.clock.advance(10)
    assert vault("GET", "/secrets/db-pass").status == 200


def test_the_secrets_of_a_purged_vault_are_gone() -> None:
    vault = officer(secrets=ONE, purge_protection=False)
    vault.world.keyvault.forget_vault(VAULT)
    assert code(vault("GET", "/secrets/db-pass")) == (404, "SecretNotFound")


def test_a_world_may_begin_with_a_secret_that_is_not_valid_yet_or_deleted() -> None:
    vault = officer(secrets=(VaultSecret("early", valid_in_days=2), VaultSecret("gone", deleted=True)))
    assert vault("GET", "/secrets/early").body["attributes"]["nbf"] == seconds(2)
    assert code(vault("GET", "/secrets/gone")) == (404, "SecretNotFound")
    properties_of(vault.world)["publicNetworkAccess"] = "Disabled"
    assert inner_code(vault("GET", "/secrets/early")) == "ForbiddenByConnection"


def test_az_sets_lists_shows_changes_deletes_and_recovers_secrets(running: Running, az: StockAz) -> None:
    emulation = running("public-rbac", vaults=(VaultData(secrets=ONE, purge_protection=False),))
    grant(emulation.world, "ops", OFFICER)

    def run(verb: str, *arguments: str) -> Any:
        done = az(
            emulation,
            "keyvault",
            "secret",
            verb,
            "--vault-name",
            "shop-kv",
            *arguments,
            "-o",
            "json",
            "--only-show-errors",
        )
        assert done.code == 0, done.output
        return done.json if done.output.strip() else None

    made = run("set", "-n", "fresh", "--value", "one", "--expires", "2027-01-01T00:00:00Z")
    assert made["value"] == "one" and made["attributes"]["expires"].startswith("2027-01-01")
    assert [one["name"] for one in run("list")] == ["db-pass", "fresh"]
    assert run("show", "-n", "db-pass")["value"] == "correct-horse-staple-1"
    assert len(run("list-versions", "-n", "db-pass")) == 1
    assert run("set-attributes", "-n", "fresh", "--enabled", "false")["attributes"]["enabled"] is False
    refused = az(emulation, "keyvault", "secret", "show", "--vault-name", "shop-kv", "-n", "fresh")
    assert refused.code != 0 and "SecretDisabled" in refused.output
    run("delete", "-n", "db-pass")
    assert [one["name"] for one in run("list-deleted")] == ["db-pass"]
    run("recover", "-n", "db-pass")
    assert [one["name"] for one in run("list")] == ["db-pass", "fresh"]
