"""Microsoft.Resources: subscriptions, groups, lists of resources, providers, tags."""

from __future__ import annotations

from emulator.worlds.spec import SUBSCRIPTION, TENANT
from tests.emulator.arm_client import CLUSTER, GROUP, SUB, VAULT, Arm, code_of

NODE_GROUP = f"{SUB}/resourceGroups/MC_shop-rg_shop_westeurope"


def test_the_callers_subscriptions_are_listed() -> None:
    [subscription] = Arm()("GET", "/subscriptions?api-version=2022-12-01").body["value"]
    assert subscription["subscriptionId"] == SUBSCRIPTION
    assert (subscription["state"], subscription["tenantId"]) == ("Enabled", TENANT)


def test_a_principal_without_roles_has_no_subscription() -> None:
    assert Arm(principal="nobody")("GET", "/subscriptions").body["value"] == []


def test_groups_are_listed_with_the_node_resource_group() -> None:
    groups = Arm()("GET", f"{SUB}/resourcegroups").body["value"]
    assert [group["name"] for group in groups] == ["shop-rg", "MC_shop-rg_shop_westeurope"]
    assert groups[1]["managedBy"].endswith("/managedClusters/shop")
    assert groups[0]["id"] == GROUP


def test_the_existence_of_a_group_is_asked_by_head() -> None:
    client = Arm()
    assert (client("HEAD", GROUP).status, client("HEAD", f"{GROUP}2").status) == (204, 404)
    assert client("HEAD", f"{GROUP}2").body is None


def test_a_group_is_created_with_201_and_changed_with_200() -> None:
    client = Arm()
    first = client("PUT", f"{SUB}/resourcegroups/more", {"location": "westeurope"})
    again = client("PUT", f"{SUB}/resourcegroups/more", {"location": "westeurope", "tags": {"a": "b"}})
    assert (first.status, again.status) == (201, 200)
    assert first.body["id"] == f"{SUB}/resourceGroups/more"
    assert "tags" in again.body and again.body["properties"] == {"provisioningState": "Succeeded"}
    assert code_of(client("PUT", f"{SUB}/resourcegroups/less", {})) == (400, "LocationRequired")


def test_groups_are_found_by_tag() -> None:
    client = Arm()
    client("PUT", f"{SUB}/resourcegroups/more", {"location": "westeurope", "tags": {"a": "b"}})
    wanted = client("GET", f"{SUB}/resourcegroups?$filter=tagname eq 'a' and tagvalue eq 'b'").body["value"]
    assert [group["name"] for group in wanted] == ["more"]


def test_resources_are_found_by_type_and_name() -> None:
    client = Arm()
    query = "$filter=resourceType eq 'Microsoft.KeyVault/vaults' and name eq 'SHOP-KV'"
    [vault] = client("GET", f"{SUB}/resources?{query}&api-version=2015-11-01").body["value"]
    assert vault == {
        "id": VAULT,
        "name": "shop-kv",
        "type": "Microsoft.KeyVault/vaults",
        "location": "westeurope",
        "tags": {},
    }


def test_resources_of_a_group_are_those_alone() -> None:
    client = Arm()
    in_group = {one["name"] for one in client("GET", f"{GROUP}/resources").body["value"]}
    assert in_group == {"shop", "shop-kv", "shop-id"}
    assert client("GET", f"{SUB}/resources?$filter=resourceGroup eq 'shop-rg'").body["value"]
    of_nodes = ["shop-agentpool", "aks-nodepool1-31337000-vmss"]
    assert [one["name"] for one in client("GET", f"{NODE_GROUP}/resources").body["value"]] == of_nodes


def test_providers_are_registered_and_name_their_versions() -> None:
    client = Arm()
    provider = client("GET", f"{SUB}/providers/microsoft.keyvault").body
    assert provider["registrationState"] == "Registered"
    [vaults] = [one for one in provider["resourceTypes"] if one["resourceType"] == "vaults"]
    assert vaults["apiVersions"][0] == "2026-02-01"
    assert {one["namespace"] for one in client("GET", f"{SUB}/providers").body["value"]} >= {
        "Microsoft.ContainerService"
    }
    around = client("GET", f"{SUB}/providers/Microsoft.Network").body
    assert set(around["authorizations"][0]) == {"applicationId", "roleDefinitionId"}
    assert "privateDnsZones" in {one["resourceType"] for one in around["resourceTypes"]}
    assert code_of(client("GET", f"{SUB}/providers/Microsoft.Nowhere")) == (404, "InvalidResourceNamespace")
    assert client("POST", f"{SUB}/providers/Microsoft.KeyVault/register?api-version=2022-09-01").status == 200


def test_tags_are_merged_replaced_and_deleted() -> None:
    client = Arm()
    tags = f"{VAULT}/providers/Microsoft.Resources/tags/default"

    def patch(operation: str, **wanted: str) -> dict[str, str]:
        found: dict[str, str] = client("PATCH", tags, {"operation": operation, "properties": {"tags": wanted}}).body[
            "properties"
        ]["tags"]
        return found

    assert patch("Merge", one="1", two="2") == {"one": "1", "two": "2"}
    assert patch("Merge", ONE="3") == {"two": "2", "ONE": "3"}
    assert patch("Delete", two="other", one="3") == {"two": "2"}
    assert patch("Replace", three="3") == {"three": "3"}
    assert client("GET", VAULT).body["tags"] == {"three": "3"}
    assert client("PUT", tags, {"properties": {"tags": {}}}).body["properties"]["tags"] == {}
    assert code_of(client("PATCH", tags, {"operation": "Add"})) == (400, "InvalidTagsPatchOperation")


def test_tags_of_a_cluster_give_it_another_etag() -> None:
    client = Arm()
    before = client("GET", CLUSTER).body["eTag"]
    tags = {"operation": "Merge", "properties": {"tags": {"run": "1"}}}
    assert client("PATCH", f"{CLUSTER}/providers/Microsoft.Resources/tags/default", tags).status == 200
    after = client("GET", CLUSTER).body
    assert after["tags"] == {"run": "1"} and after["eTag"] != before


def test_a_group_loses_its_tags_by_empty_ones() -> None:
    client = Arm()
    client("PUT", GROUP, {"location": "westeurope", "tags": {"team": "shop"}})
    assert client("PUT", GROUP, {"location": "westeurope"}).body["tags"] == {"team": "shop"}
    assert client("PUT", GROUP, {"location": "westeurope", "tags": {}}).body["tags"] == {}


def test_a_location_says_where_it_is() -> None:
    [location] = Arm()("GET", f"{SUB}/locations").body["value"]
    where = {"latitude", "longitude", "physicalLocation", "pairedRegion", "regionType"}
    assert where <= set(location["metadata"])
