"""Who reaches whom, by topology: peerings as each side has them, security groups, routes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from emulator.reach import Reach, reach
from emulator.resolution import FRONT_ADDRESS
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
from emulator.worlds.spec import Cluster, Secrets
from tests.emulator.arm_client import Arm
from tests.emulator.network_client import ENDPOINT, NETWORK, ask, network_body, pair, peering_body, put, small

NETWORKS = f"{NETWORK}/virtualNetworks"
NODES, ENDPOINTS, HUB = (f"{NETWORKS}/{name}" for name in ("nodes", "vaults", "hub"))
FROM = f"{NODES}/subnets/one"
PE = "10.1.0.4"
ARRIVED, LOST = Reach("connected", ENDPOINT), Reach("timeout")
THERE, BACK = Peering("there", "nodes", "vaults"), Peering("back", "vaults", "nodes")


def topology(
    *peerings: Peering,
    rules: tuple[SecurityRule, ...] = (),
    inbound: tuple[SecurityRule, ...] = (),
    routes: tuple[Route, ...] = (),
    policies: str = "Disabled",
    **more: Any,
) -> Arm:
    """Nodes in one network, an endpoint in another; no peerings are named: both sides are Connected."""
    own = Subnet("one", "10.0.0.0/24", "out", "routes"), Subnet("two", "10.0.1.0/24")
    other = Subnet("endpoints", "10.1.0.0/24", "in", endpoint_policies=policies)
    made = {
        "networks": (
            Network("nodes", ("10.0.0.0/16",), own),
            Network("vaults", ("10.1.0.0/16",), (other, Subnet("more", "10.1.1.0/24"))),
            Network("hub", ("10.2.0.0/16",), (Subnet("default", "10.2.0.0/24"),)),
        ),
        "peerings": peerings or (THERE, BACK),
        "security_groups": (NetworkSecurityGroup("out", rules), NetworkSecurityGroup("in", inbound)),
        "route_tables": (RouteTable("routes", routes),),
        "private_endpoints": (PrivateEndpoint("pe", network="vaults", subnet="endpoints"),),
    }
    return small(**{**made, **more})


def outcome(client: Arm, address: str = PE, port: int = 443) -> str:
    return reach(client.world, FROM, address, port).outcome


def test_an_endpoint_is_reached_from_its_own_network_and_over_a_peering() -> None:
    client = topology()
    assert reach(client.world, FROM, PE) == ARRIVED
    assert reach(client.world, f"{ENDPOINTS}/subnets/more", PE) == ARRIVED
    assert reach(client.world, f"{HUB}/subnets/default", PE) == LOST
    with pytest.raises(KeyError):
        reach(client.world, f"{NODES}/subnets/three", PE)


def test_an_address_that_nobody_has_and_a_port_that_nobody_listens_on_time_out() -> None:
    client = topology()
    assert reach(client.world, FROM, "10.1.0.5") == reach(client.world, FROM, "10.0.0.77") == LOST
    assert reach(client.world, FROM, "192.168.1.1") == reach(client.world, FROM, "8.8.8.8") == LOST
    assert outcome(client, port=80) == "timeout"


@pytest.mark.parametrize(
    "sides",
    [
        (replace(THERE, state="Initiated"),),
        (replace(THERE, state="Disconnected"),),
        (THERE,),
        (replace(BACK, state="Initiated"),),
        (THERE, replace(BACK, state="Disconnected")),
        (replace(THERE, access=False), BACK),
        (THERE, replace(BACK, access=False)),
    ],
    ids=["initiated", "disconnected", "no-back", "no-there", "back-disconnected", "no-access", "no-access-back"],
)
def test_both_sides_of_a_peering_are_connected_and_allow_access(sides: tuple[Peering, ...]) -> None:
    assert reach(topology(*sides).world, FROM, PE) == LOST


def test_an_address_space_that_has_grown_is_not_reached_before_a_sync() -> None:
    client = topology(replace(THERE, seen=("10.9.0.0/16",)), BACK)
    assert reach(client.world, FROM, PE) == LOST
    there = f"{NODES}/virtualNetworkPeerings/there"
    put(client, f"{there}?syncRemoteAddressSpace=true&api-version=2024-05-01", peering_body(ENDPOINTS))
    assert reach(client.world, FROM, PE) == ARRIVED


def test_peering_is_not_transitive() -> None:
    sides = [Peering(f"{one}-{other}", one, other) for one, other in (("nodes", "hub"), ("hub", "nodes"))]
    sides += [Peering(f"{one}-{other}", one, other) for one, other in (("vaults", "hub"), ("hub", "vaults"))]
    client = topology(*sides)
    assert reach(client.world, FROM, PE) == LOST
    assert reach(client.world, f"{HUB}/subnets/default", PE) == ARRIVED
    pair(client, NODES, ENDPOINTS)
    assert reach(client.world, FROM, PE) == ARRIVED


def test_of_peered_subnets_only_those_in_both_lists_reach_each_other() -> None:
    client = topology()
    lists = {"peerCompleteVnets": False, "localSubnetNames": ["one"], "remoteSubnetNames": ["endpoints"]}
    put(client, f"{NODES}/virtualNetworkPeerings/there", peering_body(ENDPOINTS, **lists))
    assert reach(client.world, FROM, PE) == ARRIVED
    assert reach(client.world, f"{NODES}/subnets/two", PE) == LOST
    back = {"peerCompleteVnets": False, "localSubnetNames": ["endpoints"], "remoteSubnetNames": ["two"]}
    put(client, f"{ENDPOINTS}/virtualNetworkPeerings/back", peering_body(NODES, **back))
    assert reach(client.world, FROM, PE) == reach(client.world, f"{NODES}/subnets/two", PE) == LOST


@pytest.mark.parametrize("status", ["Pending", "Rejected", "Disconnected"])
def test_an_endpoint_takes_the_connection_whatever_the_vault_thinks_of_it(status: str) -> None:
    endpoint = PrivateEndpoint("pe", network="vaults", subnet="endpoints", status=status)
    assert reach(topology(private_endpoints=(endpoint,)).world, FROM, PE) == ARRIVED


def no(**more: Any) -> SecurityRule:
    return SecurityRule(f"no-{more.get('priority', 100)}", **more)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ((), "connected"),
        ((no(),), "timeout"),
        ((no(destination="10.1.0.0/24", ports="443"),), "timeout"),
        ((no(destination="10.1.0.0/24", ports="400-450", protocol="Tcp"),), "timeout"),
        ((no(destination="VirtualNetwork"),), "timeout"),
        ((no(source="10.0.0.0/24"),), "timeout"),
        ((no(destination="10.1.1.0/24"),), "connected"),
        ((no(ports="80"),), "connected"),
        ((no(protocol="Udp"),), "connected"),
        ((no(source="10.0.1.0/24"),), "connected"),
        ((no(direction="Inbound"),), "connected"),
        ((no(destination="Internet"),), "connected"),
        ((no(destination="Storage.WestEurope"),), "connected"),
        ((no(priority=200), SecurityRule("yes", 150, "Allow", destination="10.1.0.4")), "connected"),
        ((no(priority=150), SecurityRule("yes", 200, "Allow", destination="10.1.0.4")), "timeout"),
    ],
)
def test_the_first_rule_that_matches_decides_about_what_leaves_a_subnet(
    rules: tuple[SecurityRule, ...], said: str
) -> None:
    assert outcome(topology(rules=rules)) == said


def test_a_rule_may_list_ports_and_addresses() -> None:
    client = topology()
    group = f"{NETWORK}/networkSecurityGroups/out/securityRules/no"
    rule = {"protocol": "*", "access": "Deny", "priority": 100, "direction": "Outbound", "sourcePortRange": "*"}
    rule |= {"sourceAddressPrefix": "*", "destinationAddressPrefixes": ["10.1.0.0/25"]}
    put(client, group, {"properties": {**rule, "destinationPortRanges": ["80", "440-450"]}})
    assert outcome(client) == "timeout"
    put(client, group, {"properties": {**rule, "destinationPortRanges": ["80", "8443"]}})
    assert outcome(client) == "connected"


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ("Disabled", "connected"),
        ("RouteTableEnabled", "connected"),
        ("NetworkSecurityGroupEnabled", "timeout"),
        ("Enabled", "timeout"),
    ],
)
def test_a_security_group_at_the_endpoint_counts_with_network_policies_only(policies: str, said: str) -> None:
    rules = (SecurityRule("no", direction="Inbound", source="VirtualNetwork"),)
    assert outcome(topology(inbound=rules, policies=policies)) == said


@pytest.mark.parametrize(
    ("policies", "route", "said"),
    [
        ("Disabled", Route("all"), "connected"),
        ("Disabled", Route("subnet", "10.1.0.0/24"), "connected"),
        ("Enabled", Route("all"), "connected"),
        ("RouteTableEnabled", Route("network", "10.1.0.0/16"), "timeout"),
        ("NetworkSecurityGroupEnabled", Route("network", "10.1.0.0/16"), "connected"),
        ("Enabled", Route("nowhere", "10.1.0.0/24", "None"), "timeout"),
        ("Enabled", Route("local", "10.1.0.0/24", "VnetLocal"), "connected"),
        ("Enabled", Route("elsewhere", "10.1.1.0/24"), "connected"),
    ],
)
def test_routes_beat_that_of_an_endpoint_with_network_policies_and_when_narrow(
    policies: str, route: Route, said: str
) -> None:
    assert outcome(topology(routes=(route,), policies=policies)) == said


def test_the_longest_route_decides() -> None:
    routes = (Route("network", "10.1.0.0/16"), Route("subnet", "10.1.0.0/24", "VnetLocal"))
    assert outcome(topology(routes=routes, policies="Enabled")) == "connected"


@pytest.mark.parametrize(
    ("rule", "route", "said"),
    [
        (None, None, "connected"),
        (no(destination="Internet"), None, "timeout"),
        (no(destination="AzureKeyVault.WestEurope"), None, "timeout"),
        (no(destination="VirtualNetwork"), None, "connected"),
        (None, Route("all"), "timeout"),
        (None, Route("none", hop="None"), "timeout"),
        (None, Route("out", hop="Internet"), "connected"),
        (None, Route("private", "10.0.0.0/8"), "connected"),
    ],
)
def test_a_public_address_is_reached_over_the_internet_unless_a_rule_or_a_route_forbids_it(
    rule: SecurityRule | None, route: Route | None, said: str
) -> None:
    client = topology(rules=(rule,) if rule else (), routes=(route,) if route else ())
    assert reach(client.world, FROM, FRONT_ADDRESS) == Reach(said)
    assert outcome(client, FRONT_ADDRESS, 80) == "timeout"


def test_a_route_to_a_service_tag_gives_way_to_one_to_a_range() -> None:
    routes = (Route("tag", "AzureKeyVault", "None"), Route("all", hop="Internet"))
    assert outcome(topology(routes=routes), FRONT_ADDRESS) == "connected"
    assert outcome(topology(routes=routes[:1]), FRONT_ADDRESS) == "timeout"


def test_a_network_of_public_addresses_is_near() -> None:
    client = topology()
    subnets = [{"name": "one", "properties": {"addressPrefix": "20.1.2.0/24"}}]
    put(client, f"{NETWORKS}/public", network_body("20.1.0.0/16", subnets=subnets))
    assert reach(client.world, f"{NETWORKS}/public/subnets/one", FRONT_ADDRESS) == LOST


def test_a_node_refuses_where_it_does_not_listen() -> None:
    cluster = Cluster(subnets=("nodes/two",), secrets=Secrets(count=0))
    client = topology(clusters=(cluster,))
    assert reach(client.world, FROM, "10.0.1.4") == Reach("refused")
    assert reach(topology(clusters=(cluster,), rules=(no(),)).world, FROM, "10.0.1.4") == LOST


def test_an_endpoint_that_is_deleted_takes_no_more_connections() -> None:
    client = topology()
    assert ask(client, "DELETE", ENDPOINT).status == 202
    client.wait(client.world.spec.delays.network)
    assert reach(client.world, FROM, PE) == LOST
