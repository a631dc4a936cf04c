"""privateDnsZoneGroups: the record that an endpoint keeps in a private zone."""

from __future__ import annotations

from typing import Any

from emulator.core.resources import Resource
from tests.emulator.arm_client import START, VAULT, Arm, code_of
from tests.emulator.network_client import ENDPOINT, NETWORK, A, ask, delete, done, endpoint_body, get, put, small

ZONE = f"{NETWORK}/privateDnsZones/privatelink.vaultcore.azure.net"
WRONG = f"{NETWORK}/privateDnsZones/privatelink.vault.azure.net"
RECORD = f"{ZONE}/A/shop-kv"


def with_zones(*zones: str) -> Arm:
    client = small()
    for zone in zones or (ZONE, WRONG):
        body = {"id": zone, "name": zone.rpartition("/")[2], "type": "Microsoft.Network/privateDnsZones"}
        client.world.resources.put(Resource(zone, body, START))
    put(client, ENDPOINT, endpoint_body())
    return client


def group_body(*zones: str) -> dict[str, Any]:
    configurations = [{"name": f"z{at}", "properties": {"privateDnsZoneId": one}} for at, one in enumerate(zones)]
    return {"properties": {"privateDnsZoneConfigs": configurations}}


def record(client: Arm) -> dict[str, Any] | None:
    found = client.world.resources.get(RECORD)
    properties: dict[str, Any] | None = found.body["properties"] if found else None
    return properties


def decide(client: Arm, status: str) -> None:
    [connection] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    connection["properties"]["privateLinkServiceConnectionState"]["status"] = status
    assert client("PUT", connection["id"], connection).status == 200


def test_a_zone_group_writes_the_record_of_the_vault() -> None:
    client = with_zones()
    path = f"{ENDPOINT}/privateDnsZoneGroups/default"
    answer = ask(client, "PUT", path, group_body(ZONE))
    assert (answer.status, answer.body["properties"]["provisioningState"], record(client)) == (201, "Updating", None)
    done(client, answer)
    [configuration] = get(client, path)["properties"]["privateDnsZoneConfigs"]
    assert configuration["properties"]["recordSets"] == [
        {
            "recordType": "A",
            "recordSetName": "shop-kv",
            "fqdn": "shop-kv.privatelink.vaultcore.azure.net",
            "ttl": 10,
            "ipAddresses": ["10.0.0.4"],
            "provisioningState": "Succeeded",
        }
    ]
    written = record(client)
    assert written is not None
    guid = get(client, ENDPOINT)["properties"]["resourceGuid"]
    assert written["metadata"] == {"creator": f"created by private endpoint pe with resource guid {guid}"}
    assert (written["ttl"], written["aRecords"]) == (10, [{"ipv4Address": "10.0.0.4"}])
    assert written["fqdn"] == "shop-kv.privatelink.vaultcore.azure.net."
    assert get(client, f"{ENDPOINT}/privateDnsZoneGroups")["value"] == [get(client, path)]


def test_a_group_on_the_wrong_zone_succeeds_and_writes_nothing() -> None:
    client = with_zones()
    group = put(client, f"{ENDPOINT}/privateDnsZoneGroups/default", group_body(WRONG))
    assert group["properties"]["provisioningState"] == "Succeeded"
    assert group["properties"]["privateDnsZoneConfigs"][0]["properties"]["recordSets"] == []
    assert ask(client, "PUT", group["id"], group_body(WRONG, ZONE)).status == 200
    client.wait()
    assert record(client)
    put(client, group["id"], group_body(WRONG))
    assert record(client) is None


def test_an_endpoint_has_one_zone_group() -> None:
    client = with_zones()
    put(client, f"{ENDPOINT}/privateDnsZoneGroups/default", group_body(ZONE))
    refused = ask(client, "PUT", f"{ENDPOINT}/privateDnsZoneGroups/other", group_body(ZONE))
    assert code_of(refused) == (400, "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed")


def test_the_zones_of_a_group_are_there_and_have_different_names() -> None:
    client = with_zones()
    path = f"{ENDPOINT}/privateDnsZoneGroups/default"
    assert code_of(ask(client, "PUT", path, group_body(f"{ZONE}2"))) == (400, "InvalidResourceReference")
    twice = group_body(ZONE, ZONE.replace("shop-rg", "other-rg"))
    refused = ask(client, "PUT", path, twice)
    assert code_of(refused) == (400, "InvalidRequestFormat")
    assert refused.body["error"]["details"][0]["code"] == "DuplicateResourceName"
    assert code_of(ask(client, "PUT", path, group_body(*[f"{ZONE}{at}" for at in range(6)])))[0] == 400
    assert code_of(ask(client, "GET", path)) == (404, "NotFound")


def test_the_record_goes_with_the_group_the_endpoint_and_the_approval() -> None:
    client = with_zones()
    path = f"{ENDPOINT}/privateDnsZoneGroups/default"
    put(client, path, group_body(ZONE))
    decide(client, "Rejected")
    assert record(client) is None
    decide(client, "Approved")
    assert record(client)
    delete(client, path)
    assert record(client) is None and ask(client, "DELETE", path).status == 204
    put(client, path, group_body(ZONE))
    delete(client, ENDPOINT)
    assert record(client) is None and code_of(ask(client, "GET", path)) == (404, "ResourceNotFound")


def test_two_endpoints_of_a_vault_share_a_record_and_lose_it_together() -> None:
    client = with_zones()
    put(client, f"{ENDPOINT}/privateDnsZoneGroups/default", group_body(ZONE))
    put(client, f"{ENDPOINT}2", endpoint_body(A + "/subnets/default"))
    put(client, f"{ENDPOINT}2/privateDnsZoneGroups/default", group_body(ZONE))
    written = record(client)
    assert written and written["aRecords"] == [{"ipv4Address": "10.0.0.5"}]
    assert "private endpoint pe2 with" in written["metadata"]["creator"]
    delete(client, ENDPOINT)
    assert record(client) is None
