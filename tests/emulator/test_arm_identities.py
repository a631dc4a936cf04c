"""Microsoft.ManagedIdentity: user-assigned identities."""

from __future__ import annotations

from tests.emulator.arm_client import GROUP, IDENTITY, SUB, Arm, code_of

LOWER = IDENTITY.replace("/resourceGroups/", "/resourcegroups/")


def test_an_identity_has_a_principal_and_a_client() -> None:
    client = Arm()
    identity = client("GET", IDENTITY).body
    assert identity["id"] == LOWER
    assert identity["properties"]["principalId"] == client.world.ids.principal("shop-id")
    assert set(identity["properties"]) == {"tenantId", "principalId", "clientId"}


def test_a_new_identity_comes_with_201_and_a_relative_location() -> None:
    client = Arm()
    made = client("PUT", f"{IDENTITY}2", {"location": "westeurope", "tags": {"run": "1"}})
    assert (made.status, made.headers["location"]) == (201, f"{LOWER}2")
    again = client("PUT", f"{IDENTITY}2", {"location": "westeurope"})
    assert (again.status, again.body["properties"]) == (200, made.body["properties"])
    assert code_of(client("PUT", f"{IDENTITY}3", {})) == (400, "LocationRequired")


def test_an_identity_made_again_is_another_principal() -> None:
    client = Arm()
    before = client("GET", IDENTITY).body["properties"]["principalId"]
    assert (client("DELETE", IDENTITY).status, client("DELETE", IDENTITY).status) == (200, 204)
    assert code_of(client("GET", IDENTITY)) == (404, "ResourceNotFound")
    after = client("PUT", IDENTITY, {"location": "westeurope"}).body["properties"]["principalId"]
    assert after != before


def test_identities_are_listed_by_group_and_subscription() -> None:
    client = Arm()
    kind = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    assert [one["name"] for one in client("GET", f"{GROUP}/{kind}").body["value"]] == ["shop-id"]
    assert [one["name"] for one in client("GET", f"{SUB}/{kind}").body["value"]] == ["shop-id", "shop-agentpool"]


def test_a_patch_changes_the_tags() -> None:
    client = Arm()
    assert client("PATCH", IDENTITY, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}


def test_the_first_version_tells_where_the_certificate_is() -> None:
    client = Arm()
    old, new = (client("GET", f"{IDENTITY}?api-version={one}").body for one in ("2015-08-31-preview", "2024-11-30"))
    assert set(old["properties"]) - set(new["properties"]) == {"clientSecretUrl"}
