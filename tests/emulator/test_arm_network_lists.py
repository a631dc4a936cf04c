"""Network security groups and route tables, with the rules and routes in them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.arm_client import SUB, code_of
from tests.emulator.network_client import NETWORK, A, ask, delete, done, get, put, small, subnet_body

GROUP, TABLE = f"{NETWORK}/networkSecurityGroups/nsg", f"{NETWORK}/routeTables/table"


def rule(priority: int = 100, direction: str = "Outbound", **more: Any) -> dict[str, Any]:
    asked = {"protocol": "Tcp", "access": "Deny", "priority": priority, "direction": direction}
    ranges = {"sourcePortRange": "*", "destinationPortRange": "443", "sourceAddressPrefix": "*"}
    return {"properties": {**asked, **ranges, "destinationAddressPrefix": "10.0.0.4", **more}}


def test_a_security_group_has_its_own_rules_and_those_of_everyone() -> None:
    client = small()
    body = {"location": "westeurope", "properties": {"securityRules": [{"name": "no-443", **rule()}]}}
    answer = ask(client, "PUT", GROUP, body)
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (201, "Updating")
    done(client, answer)
    shown = get(client, GROUP)["properties"]
    assert shown["securityRules"][0]["properties"]["destinationAddressPrefix"] == "10.0.0.4"
    assert [(one["name"], one["properties"]["priority"]) for one in shown["defaultSecurityRules"]] == [
        ("AllowVnetInBound", 65000),
        ("AllowAzureLoadBalancerInBound", 65001),
        ("DenyAllInBound", 65500),
        ("AllowVnetOutBound", 65000),
        ("AllowInternetOutBound", 65001),
        ("DenyAllOutBound", 65500),
    ]
    assert get(client, f"{GROUP}/defaultSecurityRules")["value"] == shown["defaultSecurityRules"]
    assert get(client, f"{GROUP}/defaultSecurityRules/denyalloutbound")["name"] == "DenyAllOutBound"
    assert get(client, f"{NETWORK}/networkSecurityGroups") == get(
        client, f"{SUB}/providers/Microsoft.Network/networkSecurityGroups"
    )


def test_rules_come_and_go_in_their_group() -> None:
    client = small()
    put(client, GROUP, {"location": "westeurope"})
    path = f"{GROUP}/securityRules/one"
    answer = ask(client, "PUT", path, rule())
    assert answer.status == 201
    done(client, answer)
    assert ask(client, "PUT", path, rule(200)).status == 200
    client.wait()
    assert get(client, path)["properties"]["priority"] == 200
    assert [one["name"] for one in get(client, f"{GROUP}/securityRules")["value"]] == ["one"]
    delete(client, path)
    assert code_of(ask(client, "GET", path)) == (404, "NotFound")
    assert ask(client, "DELETE", path).status == 204


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"priority": 99}, "SecurityRuleInvalidPriority"),
        ({"priority": 4097}, "SecurityRuleInvalidPriority"),
        ({"priority": 300}, "SecurityRuleConflict"),
        ({"access": None}, "SecurityRuleParameterMissing"),
    ],
)
def test_rules_are_checked(properties: dict[str, Any], code: str) -> None:
    client = small()
    put(client, GROUP, {"location": "westeurope", "properties": {"securityRules": [{"name": "old", **rule(300)}]}})
    assert code_of(ask(client, "PUT", f"{GROUP}/securityRules/new", rule(**properties))) == (400, code)
    assert done(client, ask(client, "PUT", f"{GROUP}/securityRules/new", rule(300, "Inbound")))["status"] == "Succeeded"


def test_a_route_table_has_routes() -> None:
    client = small()
    route = {"properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"}}
    refused = ask(client, "PUT", TABLE, {"location": "westeurope", "properties": {"routes": [{"name": "r", **route}]}})
    assert code_of(refused) == (400, "InvalidNextHopIpAddress")
    put(client, TABLE, {"location": "westeurope", "properties": {"disableBgpRoutePropagation": True}})
    route["properties"]["nextHopIpAddress"] = "10.0.0.4"
    assert put(client, f"{TABLE}/routes/r", route)["properties"]["hasBgpOverride"] is False
    shown = get(client, TABLE)["properties"]
    assert shown["disableBgpRoutePropagation"] is True and "defaultSecurityRules" not in shown
    assert [one["name"] for one in shown["routes"]] == ["r"]
    bad = {"properties": {"addressPrefix": "10.0.0.1/8", "nextHopType": "None"}}
    assert code_of(ask(client, "PUT", f"{TABLE}/routes/bad", bad)) == (400, "InvalidCIDRNotation")
    tag = {"properties": {"addressPrefix": "AzureKeyVault", "nextHopType": "Nowhere"}}
    assert code_of(ask(client, "PUT", f"{TABLE}/routes/bad", tag)) == (400, "InvalidRequestFormat")


@pytest.mark.parametrize(
    ("path", "member", "code"),
    [
        (GROUP, "networkSecurityGroup", "InUseNetworkSecurityGroupCannotBeDeleted"),
        (TABLE, "routeTable", "InUseRouteTableCannotBeDeleted"),
    ],
)
def test_what_a_subnet_has_cannot_be_deleted(path: str, member: str, code: str) -> None:
    client = small()
    put(client, path, {"location": "westeurope"})
    assert ask(client, "PATCH", path, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}
    put(client, f"{A}/subnets/default", subnet_body("10.0.0.0/24", **{member: {"id": path}}))
    assert code_of(ask(client, "DELETE", path)) == (400, code)
    put(client, f"{A}/subnets/default", subnet_body("10.0.0.0/24"))
    assert "tags" not in put(client, path, {"location": "westeurope"})
    delete(client, path)
    assert code_of(ask(client, "GET", path)) == (404, "ResourceNotFound")
    assert ask(client, "DELETE", path).status == 204
