"""Private DNS: conditions on every write, and operations that fail inside an answer of 200."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Conflict, GatewayError, Missing, OperationFailed, Rejected
from azext_akskv.gateways.operations import Unwatched
from azext_akskv.gateways.private_zones import ArmPrivateZones
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_dns import LINK_TYPE, REDIRECT
from tests.network_builders import ZONE_NAME, a_record, network_id, zone_id
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service
from tests.unit.gateways.test_clusters import Seen, unknown_version

ZONE = zone_id(SUBSCRIPTION, "dns", ZONE_NAME)
LINK = ResourceId(SUBSCRIPTION, "dns", LINK_TYPE, (ZONE_NAME, "to-nodes"))
NODES = network_id("nodes", "rg1", SUBSCRIPTION)
PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network"
STATUS, RESULT = f"{PLACE}/privateDnsOperationStatuses/op", f"{PLACE}/privateDnsOperationResults/op"
ALL = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/privateDnsZones"
SUCCEEDED, IN_PROGRESS = Reply(200, {"status": "Succeeded"}), Reply(202, {"status": "InProgress"})


def accepts(service: Service, path: object, *polls: Reply) -> None:
    """[REC] 202 with an empty object and both headers."""
    places = {"Azure-AsyncOperation": STATUS, "Location": RESULT}
    headers = {name: f"{service.url}{place}?api-version=2024-06-01" for name, place in places.items()}
    service.answers("PUT", str(path), Reply(202, {}, headers))
    service.answers("GET", STATUS, *polls)
    service.answers("GET", str(path), Reply(200, {"properties": {"provisioningState": "Succeeded"}}))


@pytest.fixture
def zones(clients: ClientsOfService) -> ArmPrivateZones:
    return ArmPrivateZones(clients, poll_seconds=0.01)  # type: ignore[arg-type]  # a stand-in


def test_zones_are_found_by_name_in_any_group_and_letter_case(service: Service, zones: ArmPrivateZones) -> None:
    names = [f"{PLACE}/privateDnsZones/{ZONE_NAME.upper()}", f"{PLACE}/privateDnsZones/privatelink.vault.azure.net"]
    value = [{"id": each, "properties": {"numberOfRecordSets": 3}} for each in names]
    service.answers("GET", ALL, Reply(200, {"value": value}))
    [found] = zones.named(SUBSCRIPTION, ZONE_NAME)
    assert (found.id, found.records) == (ZONE, 3)
    assert service.requests[0].query == {"api-version": "2024-06-01"}


def test_a_zone_is_made_only_where_there_is_none(service: Service, zones: ArmPrivateZones) -> None:
    seen = Seen(service)
    accepts(service, ZONE, IN_PROGRESS, SUCCEEDED)
    zones.create(ZONE, {"akskv-run": "run1"}, seen)
    [put] = service.made("PUT")
    assert put.body == {"location": "global", "tags": {"akskv-run": "run1"}} and put.headers["if-none-match"] == "*"
    assert STATUS in seen.operation and seen.statuses == ["InProgress", "Succeeded"]


@pytest.mark.parametrize(("policy", "told"), [("", {}), (REDIRECT, {"resolutionPolicy": REDIRECT})])
def test_a_link_is_without_registration_and_names_a_policy_only_where_one_is_wanted(
    service: Service, zones: ArmPrivateZones, policy: str, told: dict[str, str]
) -> None:
    accepts(service, LINK, SUCCEEDED)
    zones.link(LINK, NODES, policy, Unwatched())
    [put] = service.made("PUT")
    properties = {"virtualNetwork": {"id": str(NODES)}, "registrationEnabled": False, **told}
    assert put.body == {"location": "global", "properties": properties} and put.headers["if-none-match"] == "*"


def test_a_policy_is_never_put_under_a_version_that_would_drop_it(service: Service, zones: ArmPrivateZones) -> None:
    service.answers("PUT", str(LINK), unknown_version("2024-06-01"))
    with pytest.raises(Rejected, match="with the resolution policy NxDomainRedirect"):
        zones.link(LINK, NODES, REDIRECT, Unwatched())
    assert [each.query["api-version"] for each in service.requests] == ["2024-06-01"]


def test_without_a_policy_an_older_version_will_do(service: Service, zones: ArmPrivateZones) -> None:
    service.answers("PUT", str(LINK), unknown_version("2024-06-01"), Reply(200, {"properties": {}}))
    zones.link(LINK, NODES, "", Unwatched())
    assert [each.query["api-version"] for each in service.requests] == ["2024-06-01", "2020-06-01"]


ENDED: dict[str, type[GatewayError]] = {
    "Conflict": Conflict,
    "PreconditionFailed": Conflict,
    "BadRequest": OperationFailed,
    "InternalError": OperationFailed,
}


@pytest.mark.parametrize("code", ENDED)
def test_a_failure_inside_an_answer_of_200_is_told_by_its_code(
    service: Service, zones: ArmPrivateZones, code: str
) -> None:
    accepts(service, LINK, Reply(200, {"error": {"code": code, "message": "why"}, "status": "Failed"}))
    with pytest.raises(ENDED[code]) as caught:
        zones.link(LINK, NODES, "", Unwatched())
    assert (type(caught.value), caught.value.code, caught.value.message) == (ENDED[code], code, "why")


def test_a_flat_refusal_has_its_code(service: Service, zones: ArmPrivateZones) -> None:
    flat = {"code": "BadRequest", "message": "A virtual network cannot be linked to multiple zones"}
    service.answers("PUT", str(LINK), Reply(400, flat))
    with pytest.raises(Rejected) as caught:
        zones.link(LINK, NODES, "", Unwatched())
    assert caught.value.code == "BadRequest"


def test_links_and_records_are_listed(service: Service, zones: ArmPrivateZones) -> None:
    link = {"id": str(LINK).lower(), "properties": {"virtualNetwork": {"id": str(NODES)}}}
    record = {"id": f"{ZONE}/A/kv1", "etag": "e", "properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.4"}]}}
    service.answers("GET", f"{ZONE}/virtualNetworkLinks", Reply(200, {"value": [link]}))
    service.answers("GET", f"{ZONE}/A", Reply(200, {"value": [record]}))
    service.answers("GET", f"{ZONE}/A/kv1", Reply(200, record))
    assert [each.network for each in zones.links(ZONE)] == [NODES]
    assert zones.records(ZONE) == [zones.record(ZONE, "kv1")]


def test_a_record_that_is_not_there_is_missing(service: Service, zones: ArmPrivateZones) -> None:
    service.answers("GET", f"{ZONE}/A/kv1", Reply(404, {"code": "NotFound", "message": "no"}))
    with pytest.raises(Missing):
        zones.record(ZONE, "kv1")


@pytest.mark.parametrize(
    ("seen", "condition"),
    [(None, {"if-none-match": "*"}), (a_record("10.1.0.9", etag="e-1"), {"if-match": "e-1"})],
    ids=["new", "seen"],
)
def test_a_record_is_put_on_the_condition_that_nothing_has_changed(
    service: Service, zones: ArmPrivateZones, seen: Any, condition: dict[str, str]
) -> None:
    service.answers("PUT", f"{ZONE}/A/kv1", Reply(201, {}))
    zones.put_record(ZONE, "kv1", "10.1.0.4", seen)
    [put] = service.requests
    assert put.body == {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.4"}]}}
    assert {name: put.headers[name] for name in ("if-match", "if-none-match") if name in put.headers} == condition


def test_a_record_that_somebody_changed_is_a_conflict(service: Service, zones: ArmPrivateZones) -> None:
    service.answers("PUT", f"{ZONE}/A/kv1", Reply(412, {"code": "PreconditionFailed", "message": "etag mismatch"}))
    with pytest.raises(Conflict, match="write the A record kv1"):
        zones.put_record(ZONE, "kv1", "10.1.0.4", None)
