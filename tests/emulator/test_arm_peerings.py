"""virtualNetworkPeerings: the states of a pair, and everything that stands between two networks."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.resources import Resource
from emulator.worlds.network import Network, Peering
from emulator.worlds.spec import Grant
from tests.emulator.arm_client import START, SUB, Arm, code_of, message_of
from tests.emulator.network_client import (
    THREE,
    A,
    B,
    C,
    ask,
    delete,
    done,
    get,
    network_body,
    pair,
    peering_body,
    put,
    small,
    states,
    subnet_body,
)

THERE, BACK = f"{A}/virtualNetworkPeerings/there", f"{B}/virtualNetworkPeerings/back"


def grow(client: Arm, network: str, *prefixes: str) -> None:
    body = get(client, network)
    body["properties"]["addressSpace"]["addressPrefixes"] += prefixes
    put(client, network, body)


def test_the_first_side_is_initiated_and_the_second_connects_both() -> None:
    client = small()
    first = ask(client, "PUT", THERE, peering_body(B))
    assert first.status == 201
    assert (first.body["properties"]["peeringState"], first.body["properties"]["provisioningState"]) == (
        "Initiated",
        "Updating",
    )
    done(client, first)
    assert states(client, THERE) == ["Initiated RemoteNotInSync"]
    second = ask(client, "PUT", BACK, peering_body(A))
    assert (second.status, second.body["properties"]["peeringState"]) == (201, "Connected")
    done(client, second)
    assert states(client, THERE, BACK) == ["Connected FullyInSync"] * 2
    one, other = get(client, THERE)["properties"], get(client, BACK)["properties"]
    assert one["resourceGuid"] == other["resourceGuid"]
    assert one["remoteAddressSpace"] == {"addressPrefixes": ["10.1.0.0/16"]}
    assert get(client, A)["properties"]["virtualNetworkPeerings"] == get(client, f"{A}/virtualNetworkPeerings")["value"]


def test_flags_are_kept_as_they_are_sent() -> None:
    client = small()
    shown = put(client, THERE, peering_body(B, allowVirtualNetworkAccess=False, allowForwardedTraffic=True))
    sent = {name: shown["properties"][name] for name in ("allowVirtualNetworkAccess", "allowForwardedTraffic")}
    assert sent == {"allowVirtualNetworkAccess": False, "allowForwardedTraffic": True}
    assert ask(client, "PUT", THERE, peering_body(B)).status == 200
    client.wait()
    assert get(client, THERE)["properties"]["allowVirtualNetworkAccess"] is True
    assert get(client, THERE)["properties"]["allowForwardedTraffic"] is True


def test_one_side_deleted_leaves_the_other_disconnected() -> None:
    client = small()
    pair(client)
    delete(client, THERE)
    assert states(client, BACK) == ["Disconnected RemoteNotInSync"]
    refused = ask(client, "PUT", THERE, peering_body(B))
    assert code_of(refused) == (400, "RemotePeeringIsDisconnected")
    assert f"because remote peering {BACK} referencing parent virtual network {A} is in Disc" in message_of(refused)
    put(client, BACK, peering_body(A))
    assert states(client, BACK) == ["Initiated RemoteNotInSync"]
    put(client, THERE, peering_body(B))
    assert states(client, THERE, BACK) == ["Connected FullyInSync"] * 2


def test_a_network_deleted_leaves_the_other_side_disconnected() -> None:
    client = small()
    pair(client)
    delete(client, B)
    assert states(client, THERE)[0].startswith("Disconnected")
    assert get(client, THERE)["properties"]["remoteAddressSpace"] == {"addressPrefixes": ["10.1.0.0/16"]}


def test_two_disconnected_sides_begin_again_from_either() -> None:
    sides = (Peering("there", "a", "b", "Disconnected"), Peering("back", "b", "a", "Disconnected"))
    client = small(peerings=sides)
    put(client, THERE, peering_body(B))
    put(client, BACK, peering_body(A))
    assert states(client, THERE, BACK) == ["Connected FullyInSync"] * 2


def test_an_address_space_that_grows_is_seen_after_a_sync_of_the_right_side() -> None:
    client = small()
    pair(client)
    grow(client, B, "10.50.0.0/16")
    assert states(client, THERE, BACK) == ["Connected LocalNotInSync", "Connected RemoteNotInSync"]
    shown = get(client, THERE)["properties"]
    assert shown["remoteAddressSpace"] == {"addressPrefixes": ["10.1.0.0/16"]}
    assert shown["remoteVirtualNetworkAddressSpace"] == {"addressPrefixes": ["10.1.0.0/16", "10.50.0.0/16"]}
    for path in (THERE, f"{BACK}?syncRemoteAddressSpace=true"):
        ask(client, "PUT", path, peering_body(A if "back" in path else B))
        client.wait()
        assert states(client, THERE) == ["Connected LocalNotInSync"]
    assert done(client, ask(client, "PUT", f"{THERE}?syncRemoteAddressSpace=true", peering_body(B)))
    assert states(client, THERE, BACK) == ["Connected FullyInSync"] * 2
    assert get(client, THERE)["properties"]["remoteAddressSpace"]["addressPrefixes"][1] == "10.50.0.0/16"


def test_when_both_have_grown_both_are_out_of_sync() -> None:
    client = small()
    pair(client)
    grow(client, A, "10.40.0.0/16")
    grow(client, B, "10.50.0.0/16")
    assert states(client, THERE, BACK) == ["Connected LocalAndRemoteNotInSync"] * 2


def test_networks_with_common_addresses_cannot_be_peered() -> None:
    client = small()
    put(client, f"{A}2", network_body("10.1.0.0/24"))
    refused = ask(client, "PUT", f"{A}2/virtualNetworkPeerings/p", peering_body(B))
    assert code_of(refused) == (400, "VnetAddressSpacesOverlap")
    assert message_of(refused).endswith("Overlapping address prefixes: 10.1.0.0/24, 10.1.0.0/16")
    assert code_of(ask(client, "PUT", THERE, peering_body(A))) == (400, "VnetAddressSpacesOverlap")
    some = {"peerCompleteVnets": False, "localSubnetNames": ["one"], "remoteSubnetNames": ["default"]}
    assert put(client, f"{A}2/virtualNetworkPeerings/p", peering_body(B, **some))["properties"]["localSubnetNames"]


def test_nor_with_one_that_has_a_peer_with_common_addresses() -> None:
    client = small(networks=(*THREE, Network("a2", ("10.0.5.0/24",), ())))
    pair(client)
    refused = ask(client, "PUT", f"{A}2/virtualNetworkPeerings/p", peering_body(B))
    assert code_of(refused) == (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")
    assert f"{A}2 and {B} cannot be peered because address space of the first" in message_of(refused)
    assert f"of virtual network {A} already peered with the second virtual network." in message_of(refused)


def test_a_leftover_of_a_network_that_is_gone_counts_as_well() -> None:
    gone = f"{SUB}/resourceGroups/old-rg/providers/Microsoft.Network/virtualNetworks/old"
    client = small(peerings=(Peering("old", "b", gone, "Disconnected", seen=("10.0.0.0/24",)),))
    refused = ask(client, "PUT", THERE, peering_body(B))
    assert code_of(refused) == (400, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet")
    assert gone in message_of(refused)
    delete(client, f"{B}/virtualNetworkPeerings/old")
    put(client, THERE, peering_body(B))


def test_an_address_space_cannot_grow_into_a_peers() -> None:
    client = small()
    pair(client)
    refused = ask(client, "PUT", A, network_body("10.0.0.0/15"))
    assert code_of(refused) == (400, "VnetAddressSpacesOverlap")


def test_a_remote_network_is_referenced_once_and_for_good() -> None:
    client = small()
    pair(client)
    refused = ask(client, "PUT", f"{A}/virtualNetworkPeerings/again", peering_body(B))
    assert code_of(refused) == (400, "AnotherPeeringAlreadyReferencesRemoteVnet")
    assert message_of(refused).startswith(f"Peering {THERE} already references remote virtual network Id: {B}\r\nAddre")
    assert code_of(ask(client, "PUT", THERE, peering_body(C))) == (400, "RemoteVnetReferenceCannotBeChanged")


def test_a_remote_network_that_changes_must_be_waited_for() -> None:
    client = small()
    ask(client, "PUT", f"{B}/subnets/one", subnet_body("10.1.1.0/24"))
    refused = ask(client, "PUT", THERE, peering_body(B))
    assert code_of(refused) == (400, "ReferencedResourceNotProvisioned")
    assert message_of(refused).endswith(
        "the last operation that updated/is updating the resource is PutSubnetOperation."
    )
    client.wait()
    put(client, THERE, peering_body(B))


def test_the_two_sides_cannot_be_put_at_once() -> None:
    client = small()
    ask(client, "PUT", THERE, peering_body(B))
    assert code_of(ask(client, "PUT", BACK, peering_body(A))) == (409, "AnotherOperationInProgress")


def test_gateways_are_used_where_there_are_some_and_transit_is_allowed() -> None:
    client = small()
    refused = ask(client, "PUT", THERE, peering_body(B, useRemoteGateways=True))
    assert code_of(refused) == (400, "RemoteVnetHasNoGateways")
    gateway = f"{B.partition('/virtualNetworks/')[0]}/virtualNetworkGateways/gw"
    inside = [{"id": f"{gateway}/ipConfigurations/one", "properties": {"subnet": {"id": f"{B}/subnets/default"}}}]
    client.world.resources.put(Resource(gateway, {"id": gateway, "properties": {"ipConfigurations": inside}}, START))
    put(client, BACK, peering_body(A))
    assert code_of(ask(client, "PUT", THERE, peering_body(B, useRemoteGateways=True)))[0] == 400
    put(client, BACK, peering_body(A, allowGatewayTransit=True))
    assert put(client, THERE, peering_body(B, useRemoteGateways=True))["properties"]["remoteGateways"] == [
        {"id": gateway}
    ]


@pytest.mark.parametrize("name", ["-a", "a-", "a b", "x" * 81])
def test_a_peering_has_a_proper_name(name: str) -> None:
    assert code_of(ask(small(), "PUT", f"{A}/virtualNetworkPeerings/{name}", peering_body(B))) == (
        400,
        "InvalidResourceName",
    )


def test_both_networks_must_be_the_callers_to_peer() -> None:
    grants = (Grant("ops", "Owner", "subscription"), Grant("other", "Network Contributor", "network/a"))
    client = small(principal="other", grants=grants)
    refused = ask(client, "PUT", THERE, peering_body(B))
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    assert (
        f"has permission to perform action 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write' on scope "
        f"'{THERE}'; however, it does not have permission to perform action(s) "
        f"'Microsoft.Network/virtualNetworks/peer/action' on the linked scope(s) '{B}' (respectively) or the linked "
        "scope(s) are invalid."
    ) in message_of(refused)
    assert code_of(ask(client, "PUT", BACK, peering_body(A))) == (403, "AuthorizationFailed")
    client.grant("other", "Network Contributor", B)
    pair(client)


def test_a_remote_network_that_is_not_there() -> None:
    client = small()
    assert code_of(ask(client, "PUT", THERE, peering_body(f"{A}9"))) == (400, "InvalidResourceReference")
    elsewhere = f"/subscriptions/{'0' * 8}-0000-0000-0000-{'0' * 12}/resourceGroups/g/providers/Microsoft.Network"
    refused = ask(client, "PUT", THERE, peering_body(f"{elsewhere}/virtualNetworks/x"))
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    body: dict[str, Any] = {"properties": {}}
    assert code_of(ask(client, "PUT", THERE, body)) == (400, "InvalidRequestFormat")


def test_peerings_in_the_body_of_a_network_replace_those_there_are() -> None:
    client = small()
    pair(client)
    body = get(client, A)
    body["properties"]["virtualNetworkPeerings"][0]["properties"]["allowForwardedTraffic"] = True
    assert put(client, A, body)["properties"]["virtualNetworkPeerings"][0]["properties"]["allowForwardedTraffic"]
    body["properties"]["virtualNetworkPeerings"] = [{"name": "to-c", **peering_body(C)}]
    put(client, A, body)
    assert [one["name"] for one in get(client, f"{A}/virtualNetworkPeerings")["value"]] == ["to-c"]
    assert states(client, BACK) == ["Disconnected RemoteNotInSync"]
    assert code_of(ask(client, "GET", THERE)) == (404, "NotFound")
    assert ask(client, "DELETE", THERE).status == 204
