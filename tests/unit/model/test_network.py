"""Virtual networks: decoders on what Azure answered, bodies that go back, prefixes of every kind."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.network import (
    NETWORK_TYPE,
    READ_ONLY_OF_PEERINGS,
    SUBNET_TYPE,
    Route,
    lies_in,
    network_of,
    new_peering,
    overlapping,
    parse_network,
    parse_peering,
    parse_route_table,
    parse_security_group,
    parse_subnet,
    same_peering,
)
from tests.network_builders import (
    NODE_SUBNET,
    NODES,
    SHARED,
    SHARED_SUBNET,
    a_peering,
    a_subnet,
    both_sides,
    network_id,
    peering_json,
)
from tests.recorded import COUNTS, bodies, needs

PEERING_TYPE = f"{NETWORK_TYPE}/virtualNetworkPeerings"


@needs("networks")
def test_every_recorded_network_is_read_with_all_that_lies_in_it() -> None:
    found = bodies(NETWORK_TYPE)
    assert len(found) == COUNTS["networks"]
    for body in found:
        network, properties = parse_network(body), body["properties"]
        assert str(network.id).lower() == body["id"].lower() and network.location == body["location"]
        assert list(network.prefixes) == properties["addressSpace"]["addressPrefixes"]
        assert len(network.subnets) == len(properties.get("subnets") or [])
        assert len(network.peerings) == len(properties.get("virtualNetworkPeerings") or [])
        assert all(network_of(each.id) == network.id and each.prefixes for each in network.subnets)


@needs("subnets")
def test_every_recorded_subnet_lies_in_a_network() -> None:
    found = bodies(SUBNET_TYPE)
    assert len(found) == COUNTS["subnets"]
    for body in found:
        subnet = parse_subnet(body)
        assert str(network_of(subnet.id)).lower() == body["id"].lower().partition("/subnets/")[0]
        assert subnet.prefixes and subnet.endpoint_policies in ("Disabled", "Enabled")
        assert bool(subnet.security_group) == bool(body["properties"].get("networkSecurityGroup"))


@needs("peerings")
def test_every_recorded_peering_goes_back_without_what_the_service_writes() -> None:
    found = bodies(PEERING_TYPE)
    assert len(found) == COUNTS["peerings"]
    for body in found:
        untouched = copy.deepcopy(body)
        peering = parse_peering(body)
        assert peering.state in ("Initiated", "Connected") and peering.sync in ("FullyInSync", "RemoteNotInSync")
        assert not peering.stale_here and peering.remote_prefixes
        back = same_peering(peering, allowVirtualNetworkAccess=True)["properties"]
        assert back == {
            "allowVirtualNetworkAccess": True,
            **{
                name: body["properties"][name]
                for name in (
                    *("allowForwardedTraffic", "allowGatewayTransit", "useRemoteGateways"),
                    *("doNotVerifyRemoteGateways", "peerCompleteVnets", "remoteVirtualNetwork"),
                )
            },
        }
        assert body == untouched


def test_what_is_absent_is_told_as_absent() -> None:
    bare = parse_network({"id": str(NODES)})
    assert (bare.prefixes, bare.dns_servers, bare.subnets, bare.peerings) == ((), (), (), ())
    assert bare.provisioning_state == "Unknown" and bare.location == ""
    subnet = parse_subnet({"id": str(NODE_SUBNET), "properties": {"networkSecurityGroup": None}})
    assert (subnet.prefixes, subnet.security_group, subnet.endpoint_policies) == ((), None, "Disabled")
    side = parse_peering({"id": peering_json()["id"], "properties": {"remoteVirtualNetwork": {"id": str(SHARED)}}})
    assert (side.access, side.state, side.sync, side.remote_prefixes) == (False, "", "", ())


def test_a_subnet_of_several_prefixes_has_them_all() -> None:
    several = a_subnet() | {"properties": {"addressPrefix": None, "addressPrefixes": ["10.0.0.0/24", "fd00::/64"]}}
    assert parse_subnet(several).prefixes == ("10.0.0.0/24", "fd00::/64")


@pytest.mark.parametrize(
    ("decode", "raw"),
    [
        (parse_network, None),
        (parse_network, {"id": "shop-vnet"}),
        (parse_network, {"id": str(NODES), "properties": {"addressSpace": {"addressPrefixes": [16]}}}),
        (parse_network, {"id": str(NODES), "properties": {"subnets": {}}}),
        (parse_network, {"id": str(NODES), "properties": {"virtualNetworkPeerings": [{}]}}),
        (parse_subnet, a_subnet() | {"properties": {"routeTable": {"id": "table"}}}),
        (parse_peering, {"id": peering_json()["id"], "properties": {}}),
        (parse_peering, peering_json(allowVirtualNetworkAccess="yes")),
        (parse_security_group, {"id": str(NODES), "properties": {"securityRules": ["all"]}}),
        (parse_route_table, {"properties": {}}),
    ],
)
def test_what_is_something_else_is_bad_input(decode: Any, raw: Any) -> None:
    with pytest.raises(BadInput):
        decode(raw)


def test_a_peering_is_found_by_its_remote_network_in_any_letter_case() -> None:
    nodes, shared = both_sides()
    assert nodes.peering_with(network_id("SHARED", "RG1")) == nodes.peerings[0]
    assert nodes.peering_with(NODES) is None and shared.peering_with(SHARED) is None
    assert nodes.subnet(NODE_SUBNET) == nodes.subnets[0] and nodes.subnet(SHARED_SUBNET) is None
    assert network_of(NODE_SUBNET) == NODES and network_of(nodes.peerings[0].id) == NODES


@pytest.mark.parametrize(
    ("level", "here"),
    [
        ("FullyInSync", False),
        ("LocalNotInSync", True),
        ("RemoteNotInSync", False),
        ("LocalAndRemoteNotInSync", True),
        ("", False),
    ],
)
def test_which_side_is_to_be_synced_is_told_by_the_level(level: str, here: bool) -> None:
    assert a_peering(peeringSyncLevel=level).stale_here is here


def test_a_new_side_opens_only_what_is_needed() -> None:
    flags = new_peering(SHARED)["properties"]
    assert [name for name, value in flags.items() if value is True] == ["allowVirtualNetworkAccess"]
    assert flags["remoteVirtualNetwork"] == {"id": str(SHARED)}


def test_a_side_once_more_keeps_what_nobody_has_heard_of() -> None:
    side = a_peering(ofTomorrow=[1], localSubnetNames=["nodes"], peerCompleteVnets=False, routeServiceVips={})
    body = same_peering(side)["properties"]
    assert body["ofTomorrow"] == [1] and body["localSubnetNames"] == ["nodes"] and body["peerCompleteVnets"] is False
    assert not READ_ONLY_OF_PEERINGS & set(body)


def test_rules_stand_in_the_order_of_their_priority_the_default_ones_among_them() -> None:
    def rule(name: str, priority: int, **more: Any) -> dict[str, Any]:
        properties = {"priority": priority, "access": "Allow", "direction": "Inbound", "protocol": "Tcp", **more}
        return {"name": name, "properties": properties}

    raw = {
        "id": str(NODES),
        "properties": {
            "securityRules": [
                rule("late", 300, destinationPortRange="443", sourceAddressPrefix="VirtualNetwork"),
                rule("early", 100, access="DENY", direction="outbound", destinationPortRanges=["80", "443"]),
            ],
            "defaultSecurityRules": [rule("default", 65000, destinationAddressPrefixes=["*"])],
        },
    }
    early, late, default = parse_security_group(raw).rules
    assert (early.name, early.allows, early.outbound, early.ports) == ("early", False, True, ("80", "443"))
    assert (late.name, late.allows, late.outbound, late.sources) == ("late", True, False, ("VirtualNetwork",))
    assert (default.destinations, default.ports, default.protocol) == (("*",), (), "Tcp")


def test_routes_have_their_hops() -> None:
    hops = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4"}
    raw = {"id": str(NODES), "properties": {"routes": [{"name": "all", "properties": hops}]}}
    assert parse_route_table(raw).routes == (Route("all", "0.0.0.0/0", "VirtualAppliance", "10.0.0.4"),)


@pytest.mark.parametrize(
    ("address", "prefixes", "there"),
    [
        ("10.0.0.4", ["10.0.0.0/24"], True),
        ("10.0.1.4", ["10.0.0.0/24"], False),
        ("10.0.0.4", ["10.0.0.9/24"], True),  # bits of a host in a prefix
        ("10.0.0.4", ["10.0.0.4"], True),  # an address alone
        ("10.0.0.0", ["10.0.0.0/24"], True),
        ("10.0.0.255", ["10.0.0.0/24"], True),
        ("10.0.0.4", ["192.168.0.0/16", "10.0.0.0/8"], True),
        ("10.0.0.4", ["0.0.0.0/0"], True),
        ("fd00::4", ["fd00::/64"], True),
        ("fd00:0:0:0:0:0:0:4", ["fd00::/64"], True),
        ("fd00::4", ["0.0.0.0/0"], False),
        ("10.0.0.4", ["::/0"], False),
        ("10.0.0.4", [], False),
        ("", ["0.0.0.0/0"], False),
        ("shop", ["0.0.0.0/0"], False),
        ("10.0.0.0/24", ["10.0.0.0/16"], False),
        ("10.0.0.4", ["", "nonsense", "10.0.0.0/33", "VirtualNetwork"], False),
        ("10.0.0.4", ["nonsense", "10.0.0.0/24"], True),
    ],
)
def test_whether_an_address_lies_in_prefixes(address: str, prefixes: list[str], there: bool) -> None:
    assert lies_in(address, prefixes) is there


@pytest.mark.parametrize(
    ("some", "others", "shared"),
    [
        (["10.0.0.0/16"], ["10.1.0.0/16"], []),
        (["10.0.0.0/16"], ["10.0.0.0/16"], ["10.0.0.0/16"]),
        (["10.0.0.0/8", "172.16.0.0/16"], ["10.224.0.0/12"], ["10.0.0.0/8"]),
        (["10.0.1.7/24"], ["10.0.1.0/30"], ["10.0.1.0/24"]),
        (["fd00::/48", "10.0.0.0/16"], ["fd00:0:0:1::/64"], ["fd00::/48"]),
        (["::/0"], ["0.0.0.0/0"], []),
        ([], ["10.0.0.0/16"], []),
        (["nonsense", ""], ["10.0.0.0/16", "nonsense"], []),
    ],
)
def test_which_prefixes_overlap(some: list[str], others: list[str], shared: list[str]) -> None:
    assert overlapping(some, others) == shared
