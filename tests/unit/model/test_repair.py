"""What is missing, by name, by right and by command."""

from __future__ import annotations

import re

import pytest

from azext_akskv.model import repair
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.repairs import ails
from tests.builders import GROUP, SUBSCRIPTION
from tests.network_builders import NODES, SHARED, ZONE, a_network, a_peering, both_sides, network_id
from tests.remedies import refusal_of


@pytest.mark.parametrize("name", ["nodes", "a" * 80, "-odd.name_", "..."])
def test_a_peering_is_named_as_azure_takes_it(name: str) -> None:
    """[D] At most 80 characters, a word character at both ends."""
    made = repair.side_name(network_id(name), network_id("b" * 80))
    assert re.fullmatch(r"[a-z0-9](?:[\w.-]{0,78}\w)?", made, re.I | re.A), made


def test_names_tell_networks_of_one_name_apart() -> None:
    elsewhere = network_id("shared", "another-group")
    assert repair.side_name(NODES, SHARED) != repair.side_name(NODES, elsewhere)
    assert repair.link_id(ZONE, SHARED) != repair.link_id(ZONE, elsewhere)
    upper = ResourceId(SUBSCRIPTION.upper(), GROUP.upper(), SHARED.type, ("SHARED",))
    assert repair.digest(upper) == repair.digest(SHARED)  # ids do not mind the case


def test_each_side_that_is_there_keeps_its_name_and_is_mended_with_the_fitting_command() -> None:
    near = a_network(NODES, peerings=[a_peering(NODES, SHARED, allowVirtualNetworkAccess=False)])
    mended = repair.side((near, a_network(SHARED)), "10.1.0.4", of_nodes=True, last=True)
    assert mended.on.name == "nodes-to-shared" and "--set allowVirtualNetworkAccess=true" in mended.command
    stale = a_network(NODES, peerings=[a_peering(NODES, SHARED, peeringSyncLevel="LocalNotInSync")])
    synced = repair.side((stale, a_network(SHARED)), "10.1.0.4", of_nodes=True, last=True)
    made = repair.side((a_network(NODES), a_network(SHARED)), "10.1.0.4", of_nodes=True, last=False)
    assert " peering sync " in synced.command and "--allow-vnet-access" in made.command
    assert not any(refusal_of(each.command) for each in (mended, synced, made))


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({}, None),
        ({"peeringState": "Initiated"}, None),  # it waits for the other one
        ({"peeringState": "Disconnected"}, "it is Disconnected"),
        ({"provisioningState": "Failed"}, "it is Failed"),
        ({"allowVirtualNetworkAccess": False}, "allowVirtualNetworkAccess is false"),
        ({"peeringSyncLevel": "LocalNotInSync"}, "address space as it is now"),
        ({"peeringSyncLevel": "RemoteNotInSync"}, None),  # that is the other side's to mend
        ({"peeringSyncLevel": "", "remoteAddressSpace": {"addressPrefixes": ["10.8.0.0/16"]}}, "address space as it"),
    ],
)
def test_what_ails_a_side(properties: dict[str, object], told: str | None) -> None:
    found = ails(a_peering(NODES, SHARED, **properties), a_peering(SHARED, NODES), "10.1.0.4")
    assert found is None if told is None else told in str(found)


def test_a_side_that_is_missing_and_two_that_wait_for_each_other() -> None:
    waiting = a_peering(NODES, SHARED, peeringState="Initiated"), a_peering(SHARED, NODES, peeringState="Initiated")
    assert ails(None, waiting[1]) == "it is missing" and "wait for each other" in str(ails(*waiting))
    near, far = both_sides()
    assert ails(near.peering_with(far.id), far.peering_with(near.id)) is None
