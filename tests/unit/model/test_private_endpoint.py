"""Private endpoints, their addresses and zone groups: decoders on what Azure answered, and the body of a group."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.private_endpoint import (
    ENDPOINT_TYPE,
    INTERFACE_TYPE,
    ZONE_GROUP_TYPE,
    addresses_of,
    parse_endpoint,
    parse_zone_group,
    with_zone,
    zone_group_id,
)
from tests.network_builders import ENDPOINT, SHARED_SUBNET, ZONE, a_zone_group, zone_id
from tests.recorded import COUNTS, Json, asked_zone_groups, bodies, needs

OTHER = zone_id(ZONE.subscription, ZONE.group, "privatelink.blob.core.windows.net")


def endpoint(**properties: Any) -> Json:
    return {"id": str(ENDPOINT), "properties": {"subnet": {"id": str(SHARED_SUBNET)}, **properties}}


@needs("endpoints")
def test_every_recorded_endpoint_is_read() -> None:
    found = bodies(ENDPOINT_TYPE)
    assert len(found) == COUNTS["endpoints"]
    for body in found:
        read = parse_endpoint(body)
        assert str(read.id).lower() == body["id"].lower() and read.target and read.interface
        assert str(read.subnet).lower() == body["properties"]["subnet"]["id"].lower()
        assert read.status in ("Approved", "Pending", "Rejected")
    assert {parse_endpoint(body).status for body in found} == {"Approved", "Pending", "Rejected"}


@needs("interfaces")
def test_every_recorded_interface_has_an_address() -> None:
    found = bodies(INTERFACE_TYPE)
    assert len(found) == COUNTS["interfaces"] and all(addresses_of(body) for body in found)


@needs("zone groups")
def test_every_recorded_zone_group_is_put_once_more_as_az_puts_it() -> None:
    found = bodies(ZONE_GROUP_TYPE)
    assert len(found) == COUNTS["zone groups"]
    put = [sorted(body["properties"]["privateDnsZoneConfigs"], key=str) for body in asked_zone_groups()]
    for body in found:
        group = parse_zone_group(body)
        zones = [each.zone for each in group.configs]
        assert all(zones)
        ours = with_zone(group, next(filter(None, zones)))["properties"]["privateDnsZoneConfigs"]
        assert sorted(ours, key=str) in put


def test_a_connection_that_waits_for_approval_is_a_manual_one() -> None:
    state = {"status": "Pending", "description": "please"}
    link = {"privateLinkServiceId": "/v", "groupIds": ["vault"], "privateLinkServiceConnectionState": state}
    raw = endpoint(privateLinkServiceConnections=[], manualPrivateLinkServiceConnections=[{"properties": link}])
    assert (parse_endpoint(raw).status, parse_endpoint(raw).target) == ("Pending", "/v")


def test_what_is_absent_is_told_as_absent() -> None:
    bare = parse_endpoint(endpoint())
    assert (bare.status, bare.target, bare.group_ids, bare.interface) == ("Unknown", "", (), None)
    assert addresses_of({}) == () and parse_zone_group({"id": str(zone_group_id(ENDPOINT, "default"))}).configs == ()


def test_an_address_that_serves_several_names_is_told_once() -> None:
    found = [{"properties": {"privateIPAddress": each}} for each in ("10.1.0.5", "10.1.0.4", "10.1.0.5", "", None)]
    assert addresses_of({"properties": {"ipConfigurations": found}}) == ("10.1.0.5", "10.1.0.4")


@pytest.mark.parametrize(
    ("decode", "raw"),
    [
        (parse_endpoint, {"id": str(ENDPOINT), "properties": {}}),
        (parse_endpoint, endpoint(networkInterfaces=[{"id": "nic"}])),
        (parse_endpoint, endpoint(privateLinkServiceConnections=[None])),
        (addresses_of, {"properties": {"ipConfigurations": [{"properties": {"privateIPAddress": 10}}]}}),
        (addresses_of, "10.1.0.4"),
        (parse_zone_group, {"properties": {}}),
    ],
)
def test_what_is_something_else_is_bad_input(decode: Any, raw: Any) -> None:
    with pytest.raises(BadInput):
        decode(raw)


def configs(body: Json) -> list[tuple[str, str]]:
    found = body["properties"]["privateDnsZoneConfigs"]
    return [(each["name"], each["properties"]["privateDnsZoneId"]) for each in found]


def test_a_new_group_has_the_zone_under_the_portals_name() -> None:
    assert configs(with_zone(None, ZONE)) == [("privatelink-vaultcore-azure-net", str(ZONE))]


def test_a_group_gets_one_zone_more_and_keeps_what_it_has_without_what_the_service_wrote() -> None:
    body = with_zone(a_zone_group(OTHER), ZONE)
    assert configs(body) == [
        ("privatelink-blob-core-windows-net", str(OTHER)),
        ("privatelink-vaultcore-azure-net", str(ZONE)),
    ]
    assert all(set(each["properties"]) == {"privateDnsZoneId"} for each in body["properties"]["privateDnsZoneConfigs"])


def test_a_zone_that_is_in_the_group_already_is_not_in_it_twice() -> None:
    shouted = ResourceId(ZONE.subscription, ZONE.group.upper(), ZONE.type, ZONE.names)
    assert configs(with_zone(a_zone_group(), shouted)) == [("privatelink-vaultcore-azure-net", str(ZONE))]


def test_a_name_that_somebody_took_for_another_zone_gets_a_number() -> None:
    group = a_zone_group(OTHER)
    group.raw["properties"]["privateDnsZoneConfigs"][0]["name"] = "Privatelink-Vaultcore-azure-net"
    assert [name for name, _ in configs(with_zone(group, ZONE))][1] == "privatelink-vaultcore-azure-net-2"
