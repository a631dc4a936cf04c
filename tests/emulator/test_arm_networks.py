"""Virtual networks, their subnets and the long-running operations of Microsoft.Network."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.spec import Grant
from tests.emulator.arm_client import GROUP, SUB, code_of, message_of
from tests.emulator.network_client import (
    ENDPOINT,
    NETWORK,
    A,
    B,
    ask,
    delete,
    done,
    endpoint_body,
    get,
    network_body,
    pair,
    put,
    small,
    subnet_body,
)

NEW = f"{NETWORK}/virtualNetworks/new"


def test_a_network_is_made_by_an_operation() -> None:
    client = small()
    answer = ask(client, "PUT", NEW, network_body(subnets=[{"name": "one", **subnet_body("10.9.1.0/24")}]))
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Updating")
    url = answer.headers["Azure-AsyncOperation"]
    assert "/providers/Microsoft.Network/locations/westeurope/operations/" in url
    assert url.endswith("api-version=2024-05-01") and "Location" not in answer.headers
    assert client("GET", url).body == {"status": "InProgress"}
    assert done(client, answer) == {"status": "Succeeded"}
    found = ask(client, "GET", NEW)
    assert found.headers["ETag"] == found.body["etag"] == found.body["properties"]["subnets"][0]["etag"]
    assert found.body["etag"].startswith('W/"')
    assert found.body["properties"]["provisioningState"] == "Succeeded"
    assert found.body["properties"]["subnets"][0]["properties"] == {
        "provisioningState": "Succeeded",
        "addressPrefix": "10.9.1.0/24",
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    }


def test_an_operation_that_is_unknown_is_not_found_and_one_that_runs_has_no_result() -> None:
    client = small()
    url = ask(client, "PUT", NEW, network_body()).headers["Azure-AsyncOperation"]
    assert client("GET", url.replace("/operations/", "/operationResults/")).status == 202
    nobody = f"{SUB}/providers/Microsoft.Network/locations/westeurope/operations/00"
    assert code_of(ask(client, "GET", nobody)) == (404, "OperationNotFound")


def test_a_deletion_is_accepted_with_both_headers_and_has_an_empty_result() -> None:
    client = small()
    answer = ask(client, "DELETE", A)
    assert (answer.status, answer.body) == (202, None)
    assert get(client, A)["properties"]["provisioningState"] == "Deleting"
    assert done(client, answer) == {"status": "Succeeded"}
    result = client("GET", answer.headers["Location"])
    assert (result.status, result.body) == (204, None)
    assert result.headers["Location"] == answer.headers["Location"]
    assert code_of(ask(client, "GET", A)) == (404, "ResourceNotFound")
    assert ask(client, "DELETE", A).status == 204


def test_networks_are_listed_by_group_and_subscription() -> None:
    client = small()
    assert [one["name"] for one in get(client, f"{NETWORK}/virtualNetworks")["value"]] == ["a", "b", "c"]
    listed = get(client, f"{SUB}/providers/Microsoft.Network/virtualNetworks")["value"]
    assert listed == get(client, f"{NETWORK}/virtualNetworks")["value"]


def test_a_put_of_a_network_says_everything_but_the_subnets_that_it_does_not_mention() -> None:
    client = small()
    body = {**network_body("10.0.0.0/16", dhcpOptions={"dnsServers": ["10.0.0.5"]}), "tags": {"a": "b"}}
    assert ask(client, "PUT", A, body).status == 200
    client.wait()
    found = get(client, A)
    assert found["properties"]["dhcpOptions"] == {"dnsServers": ["10.0.0.5"]} and found["tags"] == {"a": "b"}
    assert [one["name"] for one in found["properties"]["subnets"]] == ["default"]
    found = put(client, A, network_body("10.0.0.0/16", "10.20.0.0/16", subnets=[]))
    assert found["properties"]["subnets"] == [] and "dhcpOptions" not in found["properties"] and "tags" not in found
    assert len(found["properties"]["addressSpace"]["addressPrefixes"]) == 2


def test_a_patch_changes_tags_at_once() -> None:
    client = small()
    answer = ask(client, "PATCH", A, {"tags": {"x": "y"}})
    assert (answer.status, answer.body["tags"], "Azure-AsyncOperation" in answer.headers) == (200, {"x": "y"}, False)
    assert get(client, A)["properties"]["subnets"]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"addressSpace": {"addressPrefixes": ["10.0.0/16"]}}, "InvalidAddressPrefixFormat"),
        ({"addressSpace": {"addressPrefixes": ["10.0.0.1/16"]}}, "InvalidCIDRNotation"),
        ({"addressSpace": {}}, "InvalidRequestFormat"),
        ({"subnets": [{"name": "s", **subnet_body("10.8.0.0/24")}]}, "NetcfgSubnetRangeOutsideVnet"),
        (
            {"subnets": [{"name": "s", **subnet_body("10.9.0.0/24")}, {"name": "t", **subnet_body("10.9.0.0/25")}]},
            "NetcfgSubnetRangesOverlap",
        ),
        ({"subnets": [{"name": "s", "properties": {}}]}, "MissingAddressPrefix"),
        ({"encryption": {"enabled": True}}, "MustSpecifyBothEncryptionIntentAndEnforcementPolicy"),
    ],
)
def test_ranges_and_encryption_are_checked(properties: dict[str, Any], code: str) -> None:
    answer = ask(small(), "PUT", NEW, network_body(**properties))
    assert code_of(answer) == (400, code)
    assert answer.body["error"]["details"] == []


def test_a_network_needs_a_location_and_keeps_it() -> None:
    client = small()
    assert code_of(ask(client, "PUT", NEW, {"properties": {}})) == (400, "LocationRequired")
    elsewhere = {**network_body("10.0.0.0/16"), "location": "northeurope"}
    assert code_of(ask(client, "PUT", A, elsewhere)) == (409, "InvalidResourceLocation")


def test_a_subnet_is_a_child_with_a_life_of_its_own() -> None:
    client = small()
    one = f"{A}/subnets/one"
    delegation = {"name": "aks", "properties": {"serviceName": "Microsoft.ContainerService/managedClusters"}}
    answer = ask(client, "PUT", one, subnet_body("10.0.1.0/28", delegations=[delegation]))
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Updating")
    assert get(client, A)["properties"]["provisioningState"] == "Updating"
    done(client, answer)
    [shown] = get(client, one)["properties"]["delegations"]
    assert shown["properties"]["actions"] == ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    assert get(client, f"{A}/subnets")["value"] == get(client, A)["properties"]["subnets"]
    assert ask(client, "PUT", one, subnet_body("10.0.1.0/27")).status == 200
    client.wait()
    assert get(client, one)["properties"]["delegations"] == []
    delete(client, one)
    gone = ask(client, "GET", one)
    assert (*code_of(gone), message_of(gone)) == (404, "NotFound", f"Resource {one} not found.")
    assert ask(client, "DELETE", one).status == 204
    assert code_of(ask(client, "GET", f"{NEW}/subnets/one")) == (404, "ResourceNotFound")
    assert code_of(ask(client, "PUT", one, subnet_body("10.0.0.0/25"))) == (400, "NetcfgSubnetRangesOverlap")


def test_a_subnet_refers_to_a_security_group_that_is_there_and_may_be_joined() -> None:
    client = small(grants=(Grant("ops", "Owner", "subscription"), Grant("other", "Network Contributor", "network/a")))
    group = f"{NETWORK}/networkSecurityGroups/nsg"
    body = subnet_body("10.0.0.0/24", networkSecurityGroup={"id": group})
    assert code_of(ask(client, "PUT", f"{A}/subnets/default", body)) == (400, "InvalidResourceReference")
    put(client, group, {"location": "westeurope"})
    client.principal = "other"
    refused = ask(client, "PUT", f"{A}/subnets/default", body)
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    assert "'Microsoft.Network/networkSecurityGroups/join/action' on the linked scope(s) '" in message_of(refused)
    client.principal = "ops"
    assert put(client, f"{A}/subnets/default", body)["properties"]["networkSecurityGroup"] == {"id": group}
    assert get(client, group)["properties"]["subnets"] == [{"id": f"{A}/subnets/default"}]


def test_a_subnet_with_something_in_it_stays() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    for path in (A, f"{A}/subnets/default"):
        refused = ask(client, "DELETE", path)
        assert code_of(refused) == (400, "InUseSubnetCannotBeDeleted")
        assert message_of(refused).startswith("Subnet default is in use by /subscriptions/")
    refused = ask(client, "PUT", A, network_body("10.0.0.0/16", subnets=[]))
    assert code_of(refused) == (400, "InUseSubnetCannotBeDeleted")
    shown = get(client, f"{A}/subnets/default")["properties"]
    assert (shown["purpose"], shown["privateEndpoints"]) == ("PrivateEndpoints", [{"id": ENDPOINT}])
    assert "/networkInterfaces/PE.NIC." in shown["ipConfigurations"][0]["id"]
    delete(client, ENDPOINT)
    delete(client, A)


def test_while_one_operation_runs_no_other_begins() -> None:
    client = small()
    url = ask(client, "PUT", f"{A}/subnets/one", subnet_body("10.0.1.0/24")).headers["Azure-AsyncOperation"]
    refused = ask(client, "PUT", f"{A}/subnets/two", subnet_body("10.0.2.0/24"))
    assert code_of(refused) == (409, "AnotherOperationInProgress")
    assert url in message_of(refused)
    client.wait()
    put(client, f"{A}/subnets/two", subnet_body("10.0.2.0/24"))


def test_a_write_may_depend_on_the_etag() -> None:
    client = small()
    etag = get(client, A)["etag"]
    put(client, f"{A}/subnets/one", subnet_body("10.0.1.0/24"))
    refused = ask(client, "PUT", A, network_body("10.0.0.0/16"), if_match=etag)
    assert code_of(refused) == (412, "PreconditionFailed")
    assert ask(client, "PUT", A, network_body("10.0.0.0/16"), if_match=get(client, A)["etag"]).status == 200


def test_free_addresses_are_told_where_one_is_taken() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    check = f"{A}/CheckIPAddressAvailability?ipAddress="
    assert get(client, f"{check}10.0.0.50") == {"available": True, "isPlatformReserved": False}
    free = [f"10.0.0.{number}" for number in (5, 6, 7, 8, 9)]
    assert get(client, f"{check}10.0.0.4") == {
        "available": False,
        "availableIPAddresses": free,
        "isPlatformReserved": False,
    }
    assert get(client, f"{check}10.0.0.1")["isPlatformReserved"] is True
    assert code_of(ask(client, "GET", f"{check}10.7.0.1")) == (400, "PrivateIPAddressNotInAnySubnet")


def test_a_put_of_a_network_with_its_peerings_needs_the_right_to_peer_with_each() -> None:
    client = small(grants=(Grant("ops", "Owner", "subscription"), Grant("other", "Network Contributor", "network/a")))
    pair(client)
    body = get(client, A)
    client.principal = "other"
    refused = ask(client, "PUT", A, body)
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    assert f"'Microsoft.Network/virtualNetworks/peer/action' on the linked scope(s) '{B}'" in message_of(refused)
    assert done(client, ask(client, "PUT", f"{A}/subnets/one", subnet_body("10.0.1.0/24")))["status"] == "Succeeded"
    del body["properties"]["virtualNetworkPeerings"]
    assert done(client, ask(client, "PUT", A, body))["status"] == "Succeeded"
    assert len(get(client, A)["properties"]["virtualNetworkPeerings"]) == 1


def test_a_group_goes_with_its_networks_unless_a_subnet_is_used_from_outside() -> None:
    client = small()
    put(client, ENDPOINT, endpoint_body())
    client("DELETE", GROUP)
    client.wait(5)
    assert client("GET", GROUP).status == 404
    client = small()
    client("PUT", f"{SUB}/resourceGroups/other", {"location": "westeurope"})
    put(client, ENDPOINT.replace("shop-rg", "other"), endpoint_body())
    accepted = client("DELETE", GROUP)
    client.wait(5)
    refused = client("GET", accepted.headers["Location"])
    assert code_of(refused) == (409, "ResourceGroupDeletionBlocked")
    assert client("GET", GROUP).body["properties"]["provisioningState"] == "Succeeded"
