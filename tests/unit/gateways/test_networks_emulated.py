"""Microsoft.Network through our gateways, with az's own login and settings, against the emulator: the life of a private
link from nothing to whole, and its repairs."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, OperationFailed, Rejected
from azext_akskv.model.ids import ResourceId, vault_id
from azext_akskv.model.network import NETWORK_TYPE, lies_in
from azext_akskv.model.private_dns import LINK_TYPE, REDIRECT, zone_id
from azext_akskv.model.private_endpoint import ENDPOINT_TYPE
from azext_akskv.ports import Ports
from azext_akskv.read_only import WriteRefused, read_only
from emulator.worlds import network as data
from emulator.worlds.private_dns import Link, Zone
from emulator.worlds.spec import OTHER_SUBSCRIPTION, SUBSCRIPTION, Grant, Vault
from tests.unit.gateways.signed_in import Statuses, signed

__all__ = ["signed"]

GROUP, ZONE_NAME = "shop-rg", "privatelink.vaultcore.azure.net"


def network(name: str, subscription: str = SUBSCRIPTION) -> ResourceId:
    return ResourceId(subscription, GROUP, NETWORK_TYPE, (name,))


def peering(of: str, to: str) -> ResourceId:
    return ResourceId(SUBSCRIPTION, GROUP, f"{NETWORK_TYPE}/virtualNetworkPeerings", (of, f"{of}-to-{to}"))


def link(name: str, zone: ResourceId) -> ResourceId:
    return ResourceId(zone.subscription, zone.group, LINK_TYPE, (zone.name, name))


NODES, SHARED = network("nodes"), network("shared")
ENDPOINT = ResourceId(SUBSCRIPTION, GROUP, ENDPOINT_TYPE, ("shop-pe",))
ZONE = zone_id(SUBSCRIPTION, GROUP, ZONE_NAME)
VAULT = vault_id(SUBSCRIPTION, GROUP, "shop-kv")
GUARDED = data.Subnet("default", "10.0.0.0/24", "nsg", "table")
TWO = (
    data.Network("nodes", ("10.0.0.0/16",), (GUARDED,)),
    data.Network("shared", ("10.1.0.0/16",), (data.Subnet("default", "10.1.0.0/24"),), dns_servers=("10.1.0.9",)),
)
APART: dict[str, Any] = {
    "clusters": (),
    "networks": TWO,
    "private_endpoints": (data.PrivateEndpoint(network="shared"),),
    "security_groups": (data.NetworkSecurityGroup("nsg", (data.SecurityRule("no-443", ports="443"),)),),
    "route_tables": (data.RouteTable("table", (data.Route("all"),)),),
}
PEERED = (data.Peering("nodes-to-shared", "nodes", "shared"), data.Peering("shared-to-nodes", "shared", "nodes"))


def sides(ports: Ports) -> list[str]:
    """State and level of sync of both sides, the nodes' first."""
    found = (ports.networks.get(NODES).peering_with(SHARED), ports.networks.get(SHARED).peering_with(NODES))
    return [f"{each.state} {each.sync}" if each else "none" for each in found]


def test_what_surrounds_a_private_endpoint_is_read(signed: Any) -> None:
    ports = signed("private-vnet", **APART).ports
    nodes, shared = ports.networks.in_group(SUBSCRIPTION, GROUP)
    assert (nodes.id, shared.id, shared.dns_servers, nodes.dns_servers) == (NODES, SHARED, ("10.1.0.9",), ())
    assert ports.networks.in_subscription(SUBSCRIPTION) == [nodes, shared]
    [subnet] = nodes.subnets
    assert (subnet.prefixes, subnet.endpoint_policies) == (("10.0.0.0/24",), "Disabled")
    assert subnet.security_group and subnet.route_table
    rules = {rule.name: rule for rule in ports.networks.security_group(subnet.security_group).rules}
    assert (rules["no-443"].allows, rules["no-443"].outbound, rules["no-443"].ports) == (False, True, ("443",))
    assert [rule.priority for rule in rules.values()] == sorted(rule.priority for rule in rules.values())
    [route] = ports.networks.route_table(subnet.route_table).routes
    assert (route.prefix, route.hop, route.appliance) == ("0.0.0.0/0", "VirtualAppliance", "10.0.0.4")
    endpoint = ports.networks.endpoint(ENDPOINT)
    assert ResourceId.parse(endpoint.target) == VAULT and endpoint.group_ids == ("vault",)
    assert endpoint.status == "Approved" and endpoint.interface
    assert ports.networks.endpoints_in(SUBSCRIPTION) == [endpoint]
    [address] = ports.networks.addresses(endpoint.interface)
    assert lies_in(address, shared.prefixes) and ports.networks.zone_group(ENDPOINT) is None


def test_a_private_link_is_made_whole_from_nothing(signed: Any) -> None:
    world, told = signed("private-vnet", **APART), Statuses()
    networks, zones = world.ports.networks, world.ports.zones
    assert zones.named(SUBSCRIPTION, ZONE_NAME) == []
    zones.create(ZONE, {"akskv-run": "run1"}, told)
    assert [each.id for each in zones.named(SUBSCRIPTION, ZONE_NAME.upper())] == [ZONE]
    assert zones.get(ZONE).records == 1
    zones.link(link("to-nodes", ZONE), NODES, REDIRECT, told)
    [made] = zones.links(ZONE)
    assert (made.network, made.registration, made.state, made.policy) == (NODES, False, "Completed", REDIRECT)

    networks.put_in_zone(ENDPOINT, networks.zone_group(ENDPOINT), ZONE, told)
    group, record = networks.zone_group(ENDPOINT), zones.record(ZONE, "shop-kv")
    assert group and group.id.name == "default" and group.configs[0].name == "privatelink-vaultcore-azure-net"
    assert record.addresses == group.configs[0].records[0].addresses and "shop-pe" in record.creator
    assert zones.records(ZONE) == [record] and record.ttl == 10

    networks.peer(peering("nodes", "shared"), SHARED, told)
    assert sides(world.ports) == ["Initiated RemoteNotInSync", "none"]
    networks.peer(peering("shared", "nodes"), NODES, told)
    assert sides(world.ports) == ["Connected FullyInSync"] * 2
    there = networks.get(NODES).peering_with(SHARED)
    assert there and there.access and not there.forwarded and there.remote_prefixes == ("10.1.0.0/16",)
    assert told.seen.count("Succeeded") == 5


def test_a_zone_that_is_there_gets_the_record_into_the_group_that_is_there(signed: Any) -> None:
    other = Zone("privatelink.other.azure.net")
    ports = signed("private-vnet", **APART, zones=(Zone(ZONE_NAME), other)).ports
    wrong = zone_id(SUBSCRIPTION, GROUP, other.name)
    ports.networks.put_in_zone(ENDPOINT, None, wrong, Statuses())
    ports.networks.put_in_zone(ENDPOINT, ports.networks.zone_group(ENDPOINT), ZONE, Statuses())
    group = ports.networks.zone_group(ENDPOINT)
    assert group and [each.zone for each in group.configs] == [wrong, ZONE]
    assert ports.zones.record(ZONE, "shop-kv").creator and ports.zones.records(wrong) == []


def test_a_disconnected_side_begins_again_and_the_other_one_follows(signed: Any) -> None:
    left = (data.Peering("left", "nodes", "shared", "Disconnected", access=False),)
    ports = signed("private-vnet", **APART, peerings=left).ports
    with pytest.raises((Rejected, OperationFailed)) as refused:
        ports.networks.peer(peering("shared", "nodes"), NODES, Statuses())
    assert refused.value.code == "RemotePeeringIsDisconnected"
    survivor = ports.networks.get(NODES).peering_with(SHARED)
    assert survivor and not survivor.access
    ports.networks.again(survivor, Statuses())
    ports.networks.peer(peering("shared", "nodes"), NODES, Statuses())
    assert sides(ports) == ["Connected FullyInSync"] * 2
    repaired = ports.networks.get(NODES).peering_with(SHARED)
    assert repaired and repaired.access and repaired.id.name == "left"


def test_the_side_that_is_behind_is_synced(signed: Any) -> None:
    behind = (data.Peering("nodes-to-shared", "nodes", "shared", seen=("10.7.0.0/16",)), PEERED[1])
    world = signed("private-vnet", **APART, peerings=behind)
    assert sides(world.ports) == ["Connected LocalNotInSync", "Connected RemoteNotInSync"]
    other = world.ports.networks.get(SHARED).peering_with(NODES)
    assert other
    world.ports.networks.sync(other, Statuses())
    assert sides(world.ports) == ["Connected LocalNotInSync", "Connected RemoteNotInSync"], "it was not the one behind"
    side = world.ports.networks.get(NODES).peering_with(SHARED)
    assert side and side.stale_here
    world.ports.networks.sync(side, Statuses())
    assert sides(world.ports) == ["Connected FullyInSync"] * 2
    assert [each for each in world.requests("PUT") if "syncRemoteAddressSpace=true" in each]


def test_a_zone_or_link_that_is_there_is_somebody_elses(signed: Any) -> None:
    here = Zone(ZONE_NAME, links=(Link("theirs", "nodes"),))
    elsewhere = Zone(ZONE_NAME, group="dns-rg")
    ports = signed("private-vnet", **APART, zones=(here, elsewhere)).ports
    assert len(ports.zones.named(SUBSCRIPTION, ZONE_NAME)) == 2
    with pytest.raises(Conflict) as again:
        ports.zones.create(ZONE, {}, Statuses())
    assert again.value.code == "PreconditionFailed"
    with pytest.raises(Conflict) as twice:
        ports.zones.link(link("ours", ZONE), NODES, "", Statuses())
    assert twice.value.code == "Conflict"
    second = zone_id(SUBSCRIPTION, "dns-rg", ZONE_NAME)
    with pytest.raises(Rejected) as overlapping:
        ports.zones.link(link("ours", second), NODES, "", Statuses())
    assert overlapping.value.code == "BadRequest" and "overlapping namespaces" in overlapping.value.message


def test_a_record_is_written_only_over_the_one_that_was_seen(signed: Any) -> None:
    zones = signed("private-vnet", **APART, zones=(Zone(ZONE_NAME),)).ports.zones
    with pytest.raises(Missing):
        zones.record(ZONE, "shop-kv")
    zones.put_record(ZONE, "shop-kv", "10.1.0.4", None)
    seen = zones.record(ZONE, "shop-kv")
    assert (seen.addresses, seen.creator) == (("10.1.0.4",), "")
    zones.put_record(ZONE, "shop-kv", "10.1.0.5", seen)
    for stale in (seen, None):
        with pytest.raises(Conflict):
            zones.put_record(ZONE, "shop-kv", "10.1.0.6", stale)
    assert zones.record(ZONE, "shop-kv").addresses == ("10.1.0.5",)


def test_networks_that_overlap_are_not_peered(signed: Any) -> None:
    same = (TWO[0], data.Network("shared", ("10.0.0.0/8",), (data.Subnet("default", "10.1.0.0/24"),)))
    ports = signed("private-vnet", **{**APART, "networks": same}).ports
    with pytest.raises((Rejected, OperationFailed)) as refused:
        ports.networks.peer(peering("nodes", "shared"), SHARED, Statuses())
    assert refused.value.code == "VnetAddressSpacesOverlap"


def test_a_network_of_another_subscription_is_asked_for_with_azs_login_to_that_one(signed: Any) -> None:
    far = data.Network("far", ("10.7.0.0/16",), subscription=OTHER_SUBSCRIPTION, group=GROUP)
    grants = (Grant("ops", "Owner", "subscription"), Grant("ops", "Owner", f"/subscriptions/{OTHER_SUBSCRIPTION}"))
    vaults = (Vault(), Vault("far-kv", subscription=OTHER_SUBSCRIPTION))
    world = signed("private-vnet", **{**APART, "networks": (*TWO, far)}, grants=grants, vaults=vaults)
    there = network("far", OTHER_SUBSCRIPTION)
    assert world.ports.networks.get(there).id == there
    world.ports.networks.peer(peering("nodes", "far"), there, Statuses())
    assert world.ports.networks.get(NODES).peering_with(there)


def test_a_subscription_that_azs_login_does_not_have_is_told_as_that(signed: Any) -> None:
    ports = signed("private-vnet", **APART).ports
    nowhere = "00000000-1111-4222-8333-444444444444"
    with pytest.raises(Denied, match=f"no subscription {nowhere}.*az login --tenant") as denied:
        ports.networks.get(network("far", nowhere))
    assert denied.value.code == "NotSignedIn" and denied.value.doing == "read the virtual network far"
    with pytest.raises(Denied, match="az login"):
        ports.zones.named(nowhere, ZONE_NAME)


def test_an_older_cloud_is_asked_all_the_same_but_for_what_it_does_not_know(signed: Any) -> None:
    unknown = ("2024-05-01", "2024-06-01")
    ports = signed("private-vnet", **APART, zones=(Zone(ZONE_NAME),), unknown_versions=unknown).ports
    ports.networks.peer(peering("nodes", "shared"), SHARED, Statuses())
    assert sides(ports) == ["Initiated RemoteNotInSync", "none"]
    with pytest.raises(Rejected, match="resolution policy NxDomainRedirect") as refused:
        ports.zones.link(link("to-nodes", ZONE), NODES, REDIRECT, Statuses())
    assert refused.value.code == "NoRegisteredProviderFound" and ports.zones.links(ZONE) == []
    ports.zones.link(link("to-nodes", ZONE), NODES, "", Statuses())
    assert [(each.network, each.policy) for each in ports.zones.links(ZONE)] == [(NODES, "")]


def test_looking_changes_nothing(signed: Any) -> None:
    world = signed("private-vnet", **APART, zones=(Zone(ZONE_NAME),))
    ports = read_only(world.ports)
    ports.networks.get(NODES)
    ports.zones.links(ZONE)
    with pytest.raises(WriteRefused):
        ports.networks.peer(peering("nodes", "shared"), SHARED, Statuses())
    with pytest.raises(WriteRefused):
        ports.zones.put_record(ZONE, "shop-kv", "10.1.0.4", None)
    assert {each.split()[0] for each in world.requests()} == {"GET"}
