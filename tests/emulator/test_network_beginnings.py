"""Worlds that begin with networks."""

from __future__ import annotations

from emulator.worlds.network import (
    Network,
    NetworkSecurityGroup,
    Peering,
    PrivateEndpoint,
    Route,
    RouteTable,
    SecurityRule,
    Subnet,
)
from emulator.worlds.spec import OTHER_SUBSCRIPTION, Grant
from tests.emulator.arm_client import VAULT
from tests.emulator.network_client import ENDPOINT, NETWORK, A, ask, get, small, states

NODES = Subnet("nodes", "10.0.1.0/24", "nsg", "table")
WITHIN = Network("a", ("10.0.0.0/16",), (Subnet("default", "10.0.0.0/24"), NODES), dns_servers=("10.0.0.9",))
ELSEWHERE = Network("far", ("10.7.0.0/16",), (), (), OTHER_SUBSCRIPTION, "far-rg", "northeurope")


def test_networks_groups_and_tables_are_there_from_the_beginning() -> None:
    client = small(
        networks=(WITHIN, ELSEWHERE),
        security_groups=(NetworkSecurityGroup("nsg", (SecurityRule("no-443", ports="443"),)),),
        route_tables=(RouteTable("table", (Route("all"), Route("home", "10.1.0.0/16", "VnetLocal"))),),
    )
    network = get(client, A)["properties"]
    assert (network["provisioningState"], network["dhcpOptions"]) == ("Succeeded", {"dnsServers": ["10.0.0.9"]})
    nodes = network["subnets"][1]["properties"]
    assert nodes["networkSecurityGroup"] == {"id": f"{NETWORK}/networkSecurityGroups/nsg"}
    assert nodes["routeTable"] == {"id": f"{NETWORK}/routeTables/table"}
    [rule] = get(client, f"{NETWORK}/networkSecurityGroups/nsg/securityRules")["value"]
    assert (rule["properties"]["access"], rule["properties"]["destinationPortRange"]) == ("Deny", "443")
    hops = [one["properties"] for one in get(client, f"{NETWORK}/routeTables/table/routes")["value"]]
    assert [one.get("nextHopIpAddress") for one in hops] == ["10.0.0.4", None]
    client.grant("ops", "Owner", f"/subscriptions/{OTHER_SUBSCRIPTION}")
    elsewhere = f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/far-rg/providers/Microsoft.Network"
    assert get(client, f"{elsewhere}/virtualNetworks/far")["location"] == "northeurope"


def test_peerings_begin_in_any_state() -> None:
    sides = (
        Peering("there", "a", "b", access=False),
        Peering("back", "b", "a", seen=("10.0.0.0/24",)),
        Peering("left", "c", f"{A}-gone", "Disconnected", seen=("10.99.0.0/16",)),
    )
    client = small(peerings=sides)
    networks = f"{NETWORK}/virtualNetworks"
    there, back = (f"{networks}/{one}" for one in ("a/virtualNetworkPeerings/there", "b/virtualNetworkPeerings/back"))
    left = f"{networks}/c/virtualNetworkPeerings/left"
    assert states(client, there, back) == ["Connected RemoteNotInSync", "Connected LocalNotInSync"]
    assert get(client, there)["properties"]["allowVirtualNetworkAccess"] is False
    assert get(client, left)["properties"]["remoteAddressSpace"] == {"addressPrefixes": ["10.99.0.0/16"]}


def test_endpoints_begin_with_any_status_and_rights_may_lie_on_them() -> None:
    kinds = ("Approved", "Pending", "Rejected", "Disconnected")
    endpoints = tuple(PrivateEndpoint(f"pe{at}", network="a", status=status) for at, status in enumerate(kinds))
    chosen = PrivateEndpoint("pe9", network="b", address="10.1.0.99")
    grants = (Grant("ops", "Owner", "subscription"), Grant("reader", "Reader", "endpoint/pe0"))
    client = small(private_endpoints=(*endpoints, chosen), grants=grants)
    for at, status in enumerate(kinds):
        properties = get(client, f"{ENDPOINT}{at}")["properties"]
        [link] = properties["privateLinkServiceConnections"] + properties["manualPrivateLinkServiceConnections"]
        assert link["properties"]["privateLinkServiceConnectionState"]["status"] == status
        assert bool(properties["customDnsConfigs"]) == (status == "Approved")
    assert get(client, f"{ENDPOINT}9")["properties"]["customDnsConfigs"][0]["ipAddresses"] == ["10.1.0.99"]
    assert len(client("GET", VAULT).body["properties"]["privateEndpointConnections"]) == 4
    client.principal = "reader"
    assert ask(client, "GET", f"{ENDPOINT}0").status == 200 and ask(client, "GET", f"{ENDPOINT}1").status == 403
