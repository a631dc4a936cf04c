"""Networks: what is asked and sent, and each way in which a change does not come to its end."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    LostTrack,
    Missing,
    OperationFailed,
    Rejected,
    Throttled,
    Unavailable,
)
from azext_akskv.gateways.networks import ArmNetworks
from azext_akskv.gateways.operations import Unwatched
from azext_akskv.model.ids import ResourceId
from tests.network_builders import (
    a_peering,
    a_subnet,
    a_zone_group,
    network_id,
    peering_id,
    peering_json,
    subnet_id,
    zone_id,
)
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service
from tests.unit.gateways.test_clusters import Seen, unknown_version

NODES, SHARED = network_id("nodes", "rg1", SUBSCRIPTION), network_id("shared", "rg2", SUBSCRIPTION)
NAME = peering_id(NODES, "nodes-to-shared")
SIDE = a_peering(NODES, SHARED)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1"
ENDPOINT = ResourceId(SUBSCRIPTION, "rg1", "Microsoft.Network/privateEndpoints", ("pe",))
ZONE = zone_id(SUBSCRIPTION, "dns", "privatelink.vaultcore.azure.net")
OPERATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/operations/1"
DENIED = {"error": {"code": "LinkedAuthorizationFailed", "message": "on the linked scope(s)", "details": []}}


def document(network: ResourceId = NODES) -> dict[str, Any]:
    properties = {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [a_subnet(network)],
        "virtualNetworkPeerings": [peering_json(NODES, SHARED)],
        "provisioningState": "Succeeded",
    }
    return {"id": str(network), "location": "westeurope", "properties": properties}


def accepts(service: Service, path: object, *polls: Reply, status: int = 201) -> None:
    """A PUT that is answered as Microsoft.Network does [REC]: the document as it will be, and Azure-AsyncOperation."""
    headers = {"Azure-AsyncOperation": f"{service.url}{OPERATION}?api-version=2024-05-01"}
    service.answers("PUT", str(path), Reply(status, {"properties": {"provisioningState": "Updating"}}, headers))
    service.answers("GET", OPERATION, *polls)
    service.answers("GET", str(path), Reply(200, {"properties": {"provisioningState": "Succeeded"}}))


@pytest.fixture
def networks(clients: ClientsOfService) -> ArmNetworks:
    return ArmNetworks(clients, poll_seconds=0.01)  # type: ignore[arg-type]  # a stand-in


def test_a_network_is_read_with_its_subnets_and_peerings(service: Service, networks: ArmNetworks) -> None:
    service.answers("GET", str(NODES), Reply(200, document()))
    found = networks.get(NODES)
    assert found.id == NODES and found.subnet(subnet_id(NODES)) and found.peering_with(SHARED) == SIDE
    assert service.requests[0].query == {"api-version": "2024-05-01"}


def test_all_pages_of_a_list_are_read(service: Service, networks: ArmNetworks) -> None:
    path = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
    following = f"https://somewhere.else.example{path}?api-version=2024-05-01&%24skipToken=2"
    pages = Reply(200, {"value": [document()], "nextLink": following}), Reply(200, {"value": [document(SHARED)]})
    service.answers("GET", path, *pages)
    assert [each.id for each in networks.in_group(SUBSCRIPTION, "rg1")] == [NODES, SHARED]
    assert [each.query.get("$skipToken") for each in service.requests] == [None, "2"]


def test_a_cloud_that_does_not_know_the_newer_version_is_asked_with_the_older(
    service: Service, networks: ArmNetworks
) -> None:
    service.answers("GET", str(NODES), unknown_version("2024-05-01"), Reply(200, document()))
    networks.get(NODES)
    networks.get(NODES)
    versions = [each.query["api-version"] for each in service.requests]
    assert versions == ["2024-05-01", "2021-05-01", "2021-05-01"]


@pytest.mark.parametrize(
    "body", [[], {"id": str(NODES), "properties": []}, {"id": "nonsense"}, {"properties": {"subnets": [1]}}]
)
def test_what_is_no_network_is_rejected_as_unreadable(service: Service, networks: ArmNetworks, body: Any) -> None:
    service.answers("GET", str(NODES), Reply(200, body))
    with pytest.raises(Rejected) as caught:
        networks.get(NODES)
    assert (caught.value.code, caught.value.doing) == ("UnreadableAnswer", "read the virtual network nodes")


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(404, {"error": {"code": "ResourceNotFound", "message": "no"}}), Missing, "ResourceNotFound"),
        (Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}), Denied, "AuthorizationFailed"),
        (Reply(503), Unavailable, "HTTP 503"),
        (Reply(cut=True), Unavailable, "ServiceResponseError"),
    ],
)
def test_a_read_fails_in_its_own_way(
    service: Service, networks: ArmNetworks, reply: Reply, kind: type[GatewayError], code: str
) -> None:
    service.answers("GET", str(NODES), reply)
    with pytest.raises(kind) as caught:
        networks.get(NODES)
    assert (type(caught.value), caught.value.code) == (kind, code)


def test_what_lies_around_is_read(service: Service, networks: ArmNetworks) -> None:
    nic, nsg, table = (
        ResourceId(SUBSCRIPTION, "rg1", f"Microsoft.Network/{kind}", ("one",))
        for kind in ("networkInterfaces", "networkSecurityGroups", "routeTables")
    )
    addresses = [{"properties": {"privateIPAddress": each}} for each in ("10.1.0.4", "10.1.0.4", "10.1.0.5")]
    service.answers("GET", str(nic), Reply(200, {"id": str(nic), "properties": {"ipConfigurations": addresses}}))
    service.answers("GET", str(nsg), Reply(200, {"id": str(nsg), "properties": {}}))
    service.answers("GET", str(table), Reply(200, {"id": str(table), "properties": {"routes": []}}))
    service.answers("GET", f"{ENDPOINT}/privateDnsZoneGroups", Reply(200, {"value": []}))
    assert networks.addresses(nic) == ("10.1.0.4", "10.1.0.5")
    assert networks.security_group(nsg).rules == () and networks.route_table(table).routes == ()
    assert networks.zone_group(ENDPOINT) is None


def test_a_side_of_a_pair_is_put_with_access_and_watched_from_before_its_first_poll(
    service: Service, networks: ArmNetworks
) -> None:
    seen = Seen(service)
    accepts(service, NAME, Reply(200, {"status": "InProgress"}), Reply(200, {"status": "Succeeded"}))
    networks.peer(NAME, SHARED, seen)
    [put] = service.made("PUT")
    assert put.query == {"api-version": "2024-05-01"}
    assert put.body["properties"] == {
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": False,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
        "remoteVirtualNetwork": {"id": str(SHARED)},
    }
    assert seen.operation.startswith(f"{service.url}{OPERATION}") and seen.after_requests == 1
    assert seen.statuses == ["InProgress", "Succeeded"]


def test_a_side_is_put_again_as_it_is_but_with_access(service: Service, networks: ArmNetworks) -> None:
    accepts(service, SIDE.id, Reply(200, {"status": "Succeeded"}), status=200)
    lists = {"peerCompleteVnets": False, "localSubnetNames": ["a"], "remoteSubnetNames": ["b"], "ofTomorrow": {"x": 1}}
    flags = {"allowVirtualNetworkAccess": False, "allowGatewayTransit": True, "useRemoteGateways": False}
    networks.again(a_peering(NODES, SHARED, peeringState="Disconnected", **lists, **flags), Unwatched())
    [put] = service.made("PUT")
    kept = {"remoteVirtualNetwork": {"id": str(SHARED)}, "allowForwardedTraffic": False}
    assert put.body == {"properties": {**kept, **lists, **flags, "allowVirtualNetworkAccess": True}}


def test_a_sync_changes_nothing_else(service: Service, networks: ArmNetworks) -> None:
    accepts(service, SIDE.id, Reply(200, {"status": "Succeeded"}), status=200)
    networks.sync(a_peering(NODES, SHARED, allowVirtualNetworkAccess=False, allowForwardedTraffic=True), Unwatched())
    [put] = service.made("PUT")
    assert put.query == {"api-version": "2024-05-01", "syncRemoteAddressSpace": "true"}
    assert "remoteAddressSpace" not in put.body["properties"]
    assert put.body["properties"]["allowVirtualNetworkAccess"] is False
    assert put.body["properties"]["allowForwardedTraffic"] is True


def test_a_new_zone_group_is_the_portals(service: Service, networks: ArmNetworks) -> None:
    path = f"{ENDPOINT}/privateDnsZoneGroups/default"
    accepts(service, path, Reply(200, {"status": "Succeeded"}))
    networks.put_in_zone(ENDPOINT, None, ZONE, Unwatched())
    [config] = service.made("PUT")[0].body["properties"]["privateDnsZoneConfigs"]
    assert config == {"name": "privatelink-vaultcore-azure-net", "properties": {"privateDnsZoneId": str(ZONE)}}


def test_a_zone_group_that_is_there_keeps_its_name_and_its_zones(service: Service, networks: ArmNetworks) -> None:
    other = zone_id(SUBSCRIPTION, "dns", "privatelink.blob.core.windows.net")
    group = a_zone_group(other, endpoint=ENDPOINT, name="deployedByPolicy")
    path = f"{ENDPOINT}/privateDnsZoneGroups/deployedByPolicy"
    accepts(service, path, Reply(200, {"status": "Succeeded"}), status=200)
    networks.put_in_zone(ENDPOINT, group, ZONE, Unwatched())
    kept, added = service.made("PUT")[0].body["properties"]["privateDnsZoneConfigs"]
    assert kept == {"name": "privatelink-blob-core-windows-net", "properties": {"privateDnsZoneId": str(other)}}
    assert added["properties"] == {"privateDnsZoneId": str(ZONE)}


REFUSED = {
    "overlap": (Reply(400, {"error": {"code": "VnetAddressSpacesOverlap", "message": "x"}}), Rejected),
    "linked": (Reply(403, DENIED), Denied),
    "deny assignment": (Reply(403, {"error": {"code": "DenyAssignmentAuthorizationFailed"}}), Denied),
    "locked": (Reply(409, {"error": {"code": "ScopeLocked", "message": "x"}}), Rejected),
    "busy 409": (Reply(409, {"error": {"code": "AnotherOperationInProgress", "message": "x"}}), Conflict),
    "busy 429": (Reply(429, {"error": {"code": "AnotherOperationInProgress", "message": "x"}}), Conflict),
    "too much": (Reply(429, {"error": {"code": "TooManyRequests", "message": "x"}}), Throttled),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_change_is_refused_in_its_own_way_and_nobody_is_told_of_an_operation(
    service: Service, networks: ArmNetworks, what: str
) -> None:
    reply, kind = REFUSED[what]
    service.answers("PUT", str(NAME), reply)
    seen = Seen(service)
    with pytest.raises(kind) as caught:
        networks.peer(NAME, SHARED, seen)
    assert type(caught.value) is kind and caught.value.code == reply.body["error"]["code"]
    assert caught.value.doing == "peer the virtual network nodes with shared" and not seen.operation


ENDED = {
    "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet": OperationFailed,
    "BadRequest": OperationFailed,
    "AnotherOperationInProgress": Conflict,
    "Conflict": Conflict,
    "PreconditionFailed": Conflict,
}


@pytest.mark.parametrize("code", ENDED)
def test_how_an_operation_ended_is_decided_by_its_code(service: Service, networks: ArmNetworks, code: str) -> None:
    accepts(service, NAME, Reply(200, {"status": "Failed", "error": {"code": code, "message": "why"}}))
    seen = Seen(service)
    with pytest.raises(ENDED[code]) as caught:
        networks.peer(NAME, SHARED, seen)
    assert (type(caught.value), caught.value.code, caught.value.message) == (ENDED[code], code, "why")
    assert caught.value.request_id and seen.statuses == ["Failed"]


@pytest.mark.parametrize("poll", [Reply(409, {"error": {"code": "Conflict"}}), Reply(404), Reply(cut=True)])
def test_an_operation_that_cannot_be_read_any_more_is_lost_whatever_says_so(
    service: Service, networks: ArmNetworks, poll: Reply
) -> None:
    accepts(service, NAME, poll)
    with pytest.raises(LostTrack):
        networks.peer(NAME, SHARED, Unwatched())


def test_ctrl_c_ends_the_wait_in_the_callers_thread(service: Service, networks: ArmNetworks) -> None:
    class Impatient(Unwatched):
        def status(self, status: str) -> None:
            raise KeyboardInterrupt

    accepts(service, NAME, Reply(200, {"status": "InProgress"}))
    with pytest.raises(KeyboardInterrupt):
        networks.peer(NAME, SHARED, Impatient())
