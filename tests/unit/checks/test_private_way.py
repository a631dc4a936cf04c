"""Each check of the way to the private endpoint on what a look at one of the start states has seen."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.model.network import Route
from tests import link_worlds
from tests.fakes import FakeWorld
from tests.link_worlds import ASKED, seen
from tests.network_builders import (
    ADDRESS,
    NODES,
    SHARED,
    a_network,
    a_peering,
    a_route_table,
    a_rule,
    a_security_group,
    a_subnet,
    network_id,
)
from tests.unit.checks.verdicts import findings, problem, state

HUB = network_id("hub")
WITHOUT_PEERING = dataclasses.replace(ASKED, skip_peering=True)


def apart(folder: Path, *prefixes: str) -> FakeWorld:
    """The two networks without a peering, the nodes' with these prefixes."""
    world = link_worlds.well(folder)
    world.add(a_network(NODES, prefixes), a_network(SHARED))
    return world


def test_networks_overlap(tmp_path: Path) -> None:
    assert state("networks-overlap", seen(link_worlds.well(tmp_path))) == "ok"
    world = apart(tmp_path, "10.0.0.0/16", "10.1.128.0/17")
    found = problem("networks-overlap", seen(world))
    assert found.blocks and not found.may_accept and "overlap (10.1.128.0/17)" in found.text
    assert "private-endpoint create" in found.command and "--vnet-name nodes" in found.command
    assert state("networks-overlap", seen(world, WITHOUT_PEERING)) == "skipped"


def test_networks_overlap_also_with_a_network_that_is_long_gone(tmp_path: Path) -> None:
    world = apart(tmp_path)
    gone = {"remoteAddressSpace": {"addressPrefixes": ["10.0.0.0/8"]}, "peeringState": "Disconnected"}
    world.add(a_network(SHARED, peerings=[a_peering(SHARED, network_id("gone"), **gone)]))
    found = problem("networks-overlap", seen(world))
    assert "of shared with gone (Disconnected)" in found.text and "peering delete --ids" in found.command


def test_node_group_locked(tmp_path: Path) -> None:
    assert state("node-group-locked", seen(link_worlds.well(tmp_path))) == "ok"
    world = link_worlds.well(tmp_path)
    own = network_id("aks-vnet-12345678", "MC_rg1")
    world.cluster = link_worlds.cluster_in(None)
    world.add(a_network(own, subnets=[a_subnet(own, "aks-subnet")]), a_network(SHARED))
    assert state("node-group-locked", seen(world)) == "ok"
    world.cluster["properties"]["nodeResourceGroupProfile"] = {"restrictionLevel": "ReadOnly"}
    found = problem("node-group-locked", seen(world))
    assert found.blocks and "aks-vnet-12345678" in found.text and "--nrg-lockdown-restriction-level" in found.command


def with_hub(folder: Path) -> FakeWorld:
    world = apart(folder)
    world.add(a_network(NODES, peerings=[a_peering(NODES, HUB)]), a_network(SHARED, peerings=[a_peering(SHARED, HUB)]))
    return world


def test_hub_route(tmp_path: Path) -> None:
    assert state("hub-route", seen(link_worlds.well(tmp_path))) == "ok"
    world = with_hub(tmp_path)
    found = problem("hub-route", seen(world))
    assert found.blocks and found.may_accept and "are both peered with hub" in found.text
    assert found.command.endswith("--skip-peering")
    assert state("hub-route", seen(world, WITHOUT_PEERING)) == "skipped"


@pytest.mark.parametrize(
    ("begin", "told"),
    [
        ("nothing", "from nodes to shared: it is missing; from shared to nodes: it is missing"),
        ("one_way", "from shared to nodes: it is missing"),
        ("disconnected", "from nodes to shared: it is Disconnected; from shared to nodes: it is missing"),
        ("without_access", "allowVirtualNetworkAccess is false"),
        ("grown", "does not know the other network's address space as it is now"),
    ],
)
def test_peering_missing(begin: str, told: str, tmp_path: Path) -> None:
    assert state("peering-missing", seen(link_worlds.well(tmp_path))) == "ok"
    found = problem("peering-missing", seen(link_worlds.REPAIRABLE[begin](tmp_path)))
    assert found.blocks and told in found.text


def guarded(folder: Path, *rules: object, **reference: object) -> FakeWorld:
    """With a security group of these rules at the nodes' subnet."""
    world = link_worlds.well(folder)
    group = a_security_group(*rules)  # type: ignore[arg-type]  # rules
    world.security_groups[group.id] = group
    near = a_network(NODES, peerings=[a_peering()], subnets=[a_subnet(NODES, networkSecurityGroup=group.id)])
    world.add(near)
    return world


DENY = a_rule()
ALLOW_VNET = a_rule("AllowVnetOutBound", allows=True, priority=65000, destinations=("VirtualNetwork",))


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ([DENY], False),
        ([ALLOW_VNET, a_rule(priority=65500)], True),  # peered space is VirtualNetwork, too
        ([a_rule(priority=200), a_rule("yes", allows=True, priority=100)], True),
        ([a_rule(destinations=("10.1.0.0/24",), ports=("400-500",))], False),
        ([a_rule(destinations=("10.1.1.0/24",))], True),
        ([a_rule(ports=("80", "8443"))], True),
        ([a_rule(protocol="Udp")], True),
        ([a_rule(sources=("10.7.0.0/16",))], True),
        ([a_rule(destinations=("Internet",))], True),
        ([a_rule(outbound=False)], True),
    ],
)
def test_security_group(rules: list[object], passes: bool, tmp_path: Path) -> None:
    world = guarded(tmp_path, *rules)
    if passes:
        assert state("security-group", seen(world)) == "ok"
        return
    found = problem("security-group", seen(world))
    assert found.blocks and found.may_accept and ADDRESS in found.text
    assert "--direction Outbound --access Allow" in found.command


def test_security_group_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    world = guarded(tmp_path, DENY)
    world.hidden.update(world.security_groups)
    [unseen] = findings("security-group", seen(world))
    assert unseen.state.value == "unknown" and unseen.blocks


def test_route_detour(tmp_path: Path) -> None:
    assert state("route-detour", seen(link_worlds.well(tmp_path))) == "ok"
    world = link_worlds.well(tmp_path)
    table = a_route_table(Route("to-firewall", "0.0.0.0/0", "VirtualAppliance", "10.9.0.4"))
    world.route_tables[table.id] = table
    world.add(a_network(NODES, peerings=[a_peering()], subnets=[a_subnet(NODES, routeTable=table.id)]))
    assert state("route-detour", seen(world)) == "ok"  # the endpoint's own route wins
    policies = a_subnet(SHARED)
    policies["properties"]["privateEndpointNetworkPolicies"] = "RouteTableEnabled"
    world.add(a_network(SHARED, peerings=[a_peering(SHARED, NODES)], subnets=[policies]))
    found = problem("route-detour", seen(world))
    assert found.blocks and found.may_accept and "to-firewall (0.0.0.0/0 to 10.9.0.4)" in found.text


def test_security_group_counts_with_the_peering_that_will_be_made(tmp_path: Path) -> None:
    world = guarded(tmp_path, ALLOW_VNET, a_rule("DenyAllOutBound", priority=65500))
    near = world.networks[NODES]
    world.add(dataclasses.replace(near, peerings=()), a_network(SHARED))
    assert state("security-group", seen(world)) == "ok"
