"""The fakes of Microsoft.Network keep its rules: a flow that a fake lets pass shall pass in Azure, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, Rejected
from azext_akskv.gateways.operations import Unwatched
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_dns import LINK_TYPE, REDIRECT
from azext_akskv.model.vault import EndpointConnection, parse_vault
from azext_akskv.ports import Ports
from azext_akskv.read_only import WriteRefused, read_only
from tests.builders import NOW, VAULT
from tests.fakes import Crash, FakeWorld, fake_ports
from tests.network_builders import (
    ADDRESS,
    ENDPOINT,
    INTERFACE,
    NODES,
    SHARED,
    ZONE,
    ZONE_NAME,
    a_link,
    a_network,
    a_peering,
    a_zone,
    a_zone_group,
    an_endpoint,
    both_sides,
    network_id,
    peering_id,
    zone_id,
)

THERE, BACK = peering_id(NODES, "there"), peering_id(SHARED, "back")
WATCH = Unwatched()


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    world = FakeWorld(tmp_path)
    world.add(a_network(), a_network(SHARED), an_endpoint())
    world.interfaces[INTERFACE] = (ADDRESS,)
    return world


@pytest.fixture
def ports(world: FakeWorld) -> Ports:
    return fake_ports(world)


def sides(world: FakeWorld) -> list[str]:
    pairs = (world.networks[NODES].peering_with(SHARED), world.networks[SHARED].peering_with(NODES))
    return [f"{each.state} {each.sync}" if each else "none" for each in pairs]


def refused(code: str, act: Callable[[], None]) -> None:
    with pytest.raises((Rejected, Conflict)) as caught:
        act()
    assert caught.value.code == code


def test_two_sides_become_a_pair(world: FakeWorld, ports: Ports) -> None:
    ports.networks.peer(THERE, SHARED, WATCH)
    assert sides(world) == ["Initiated RemoteNotInSync", "none"]
    ports.networks.peer(BACK, NODES, WATCH)
    assert sides(world) == ["Connected FullyInSync"] * 2
    refused(
        "AnotherPeeringAlreadyReferencesRemoteVnet",
        lambda: ports.networks.peer(peering_id(NODES, "twice"), SHARED, WATCH),
    )
    assert world.writes == {"networks.peer": 2}


def test_what_survived_begins_again_before_the_other_side(world: FakeWorld, ports: Ports) -> None:
    left = a_peering(peeringState="Disconnected", allowVirtualNetworkAccess=False)
    world.add(a_network(peerings=[left]))
    refused("RemotePeeringIsDisconnected", lambda: ports.networks.peer(BACK, NODES, WATCH))
    ports.networks.again(left, WATCH)
    side = world.networks[NODES].peerings[0]
    assert (side.state, side.access, side.raw["properties"]["peeringState"]) == ("Initiated", True, "Initiated")
    ports.networks.peer(BACK, NODES, WATCH)
    assert sides(world) == ["Connected FullyInSync"] * 2


def test_a_sync_helps_only_the_side_that_is_behind(world: FakeWorld, ports: Ports) -> None:
    nodes, _ = both_sides()
    world.add(nodes, a_network(SHARED, ["10.1.0.0/16", "10.2.0.0/16"], [a_peering(SHARED, NODES)]))
    ports.networks.sync(world.networks[SHARED].peerings[0], WATCH)
    assert sides(world) == ["Connected LocalNotInSync", "Connected RemoteNotInSync"]
    ports.networks.sync(nodes.peerings[0], WATCH)
    assert sides(world) == ["Connected FullyInSync"] * 2
    assert world.networks[NODES].peerings[0].remote_prefixes == ("10.1.0.0/16", "10.2.0.0/16")


def test_overlaps_are_refused_also_with_a_peering_of_a_network_that_is_gone(world: FakeWorld, ports: Ports) -> None:
    gone = network_id("gone")
    seen = {"addressPrefixes": ["10.1.128.0/17"]}
    world.add(a_network(peerings=[a_peering(NODES, gone, peeringState="Disconnected", remoteAddressSpace=seen)]))
    refused("VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", lambda: ports.networks.peer(THERE, SHARED, WATCH))
    world.add(a_network(SHARED, ["10.0.128.0/17"]))
    refused("VnetAddressSpacesOverlap", lambda: ports.networks.peer(THERE, SHARED, WATCH))
    assert not world.writes


def test_a_network_that_is_changing_or_gone_is_not_peered_with(world: FakeWorld, ports: Ports) -> None:
    world.add(a_network(SHARED, provisioningState="Updating"))
    refused("ReferencedResourceNotProvisioned", lambda: ports.networks.peer(THERE, SHARED, WATCH))
    refused("InvalidResourceReference", lambda: ports.networks.peer(THERE, network_id("gone"), WATCH))
    with pytest.raises(Missing):
        ports.networks.again(a_peering(), WATCH)


def test_what_is_hidden_is_left_out_of_lists_and_denied(world: FakeWorld, ports: Ports) -> None:
    world.add(a_zone())
    world.hidden |= {SHARED, ZONE}
    assert [each.id for each in ports.networks.in_group(NODES.subscription, "RG1")] == [NODES]
    assert ports.zones.named(ZONE.subscription, ZONE_NAME) == []
    for read in (lambda: ports.networks.get(SHARED), lambda: ports.zones.links(ZONE)):
        with pytest.raises(Denied):
            read()


def test_a_zone_group_writes_the_record_and_an_approval_writes_it_late(world: FakeWorld, ports: Ports) -> None:
    world.add(an_endpoint(status="Pending"), a_zone())
    connection = {
        "id": f"{VAULT}/privateEndpointConnections/pe",
        "properties": {
            "privateEndpoint": {"id": str(ENDPOINT)},
            "privateLinkServiceConnectionState": {"status": "Pending"},
        },
    }
    world.vaults[VAULT]["properties"]["privateEndpointConnections"] = [connection]
    ports.networks.put_in_zone(ENDPOINT, None, ZONE, WATCH)
    assert ports.zones.records(ZONE) == [] and ports.zones.get(ZONE).records == 1
    vault = parse_vault(world.vaults[VAULT], NOW)
    ports.vaults.approve(vault, EndpointConnection(connection["id"], str(ENDPOINT), "Pending"))
    record = ports.zones.record(ZONE, VAULT.name)
    assert record.addresses == (ADDRESS,) and record.creator and ports.zones.get(ZONE).records == 2
    assert ports.networks.endpoint(ENDPOINT).status == "Approved"


def test_an_endpoint_has_one_zone_group_and_one_zone_of_a_name(world: FakeWorld, ports: Ports) -> None:
    world.add(a_zone(), a_zone(zone_id(ZONE.subscription, "dns", ZONE_NAME)))
    world.zone_groups[ENDPOINT] = group = a_zone_group(name="theirs")
    code = "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed"
    refused(code, lambda: ports.networks.put_in_zone(ENDPOINT, None, ZONE, WATCH))
    second = zone_id(ZONE.subscription, "dns", ZONE_NAME)
    refused("InvalidRequestFormat", lambda: ports.networks.put_in_zone(ENDPOINT, group, second, WATCH))
    ports.networks.put_in_zone(ENDPOINT, group, ZONE, WATCH)
    found = ports.networks.zone_group(ENDPOINT)
    assert found and found.id.name == "theirs" and len(found.configs) == 1
    assert ports.zones.record(ZONE, VAULT.name).creator


def test_a_wrong_zone_is_accepted_and_gets_nothing(world: FakeWorld, ports: Ports) -> None:
    wrong = zone_id(ZONE.subscription, ZONE.group, "privatelink.vault.azure.net")
    world.add(a_zone(wrong))
    ports.networks.put_in_zone(ENDPOINT, None, wrong, WATCH)
    assert ports.zones.records(wrong) == []


def test_a_network_is_linked_once_to_a_zone_and_to_one_zone_of_a_name(world: FakeWorld, ports: Ports) -> None:
    ports.zones.create(ZONE, {}, WATCH)
    refused("PreconditionFailed", lambda: ports.zones.create(ZONE, {}, WATCH))
    ours = ResourceId(ZONE.subscription, ZONE.group, LINK_TYPE, (ZONE_NAME, "ours"))
    ports.zones.link(ours, NODES, REDIRECT, WATCH)
    assert [(each.network, each.policy) for each in ports.zones.links(ZONE)] == [(NODES, REDIRECT)]
    refused("PreconditionFailed", lambda: ports.zones.link(ours, SHARED, "", WATCH))
    refused("Conflict", lambda: ports.zones.link(a_link().id, NODES, "", WATCH))
    refused("BadRequest", lambda: ports.zones.link(a_link().id, network_id("gone"), "", WATCH))
    other = zone_id(ZONE.subscription, "dns", ZONE_NAME)
    world.add(a_zone(other))
    refused("BadRequest", lambda: ports.zones.link(a_link(zone=other).id, NODES, "", WATCH))


def test_a_record_is_written_only_over_the_one_that_was_seen(world: FakeWorld, ports: Ports) -> None:
    world.add(a_zone())
    ports.zones.put_record(ZONE, "kv1", ADDRESS, None)
    seen = ports.zones.record(ZONE, "kv1")
    ports.zones.put_record(ZONE, "kv1", "10.1.0.5", seen)
    for stale in (seen, None):
        refused("PreconditionFailed", lambda stale=stale: ports.zones.put_record(ZONE, "kv1", "10.1.0.6", stale))
    assert ports.zones.record(ZONE, "kv1").addresses == ("10.1.0.5",) and world.writes["zones.put_record"] == 2


def test_they_fail_on_demand_and_can_be_killed_around_each_write(world: FakeWorld, ports: Ports) -> None:
    world.faults["networks.get"] = [Denied("read", "AuthorizationFailed")]
    with pytest.raises(Denied):
        ports.networks.get(NODES)
    world.moments.crash_at = 1
    with pytest.raises(Crash, match=r"after networks\.peer"):
        ports.networks.peer(THERE, SHARED, WATCH)
    assert world.moments.passed == ["before networks.peer", "after networks.peer"]
    with pytest.raises(WriteRefused):
        read_only(ports).zones.create(ZONE, {}, WATCH)
