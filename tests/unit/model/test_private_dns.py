"""Private DNS: decoders on what Azure answered, and the bodies that make zones, links and records."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.private_dns import (
    LINK_TYPE,
    RECORD_TYPE,
    REDIRECT,
    ZONE_TYPE,
    new_link,
    new_record,
    new_zone,
    parse_link,
    parse_record,
    parse_zone,
    record_id,
)
from tests.network_builders import NODES, ZONE
from tests.recorded import COUNTS, bodies, needs


@needs("zones")
def test_every_recorded_zone_is_read() -> None:
    found = bodies(ZONE_TYPE)
    assert len(found) == COUNTS["zones"]
    for body in found:
        zone = parse_zone(body)
        assert str(zone.id).lower() == body["id"].lower() and zone.id.is_a(ZONE_TYPE)
        assert zone.records >= 1 and zone.provisioning_state == "Succeeded"


@needs("links")
def test_every_recorded_link_is_read() -> None:
    found = bodies(LINK_TYPE)
    assert len(found) == COUNTS["links"]
    links = [parse_link(body) for body in found]
    assert {link.state for link in links} == {"InProgress", "Completed"}
    assert {link.policy for link in links} == {"", REDIRECT}
    for link, body in zip(links, found, strict=True):
        assert str(link.network).lower() == body["properties"]["virtualNetwork"]["id"].lower()
        assert link.registration is body["properties"]["registrationEnabled"]


@needs("A records")
def test_every_recorded_a_record_is_read() -> None:
    found = bodies(RECORD_TYPE)
    assert len(found) == COUNTS["A records"]
    for body in found:
        record = parse_record(body)
        told = [each["ipv4Address"] for each in body["properties"].get("aRecords") or []]
        assert (list(record.addresses), record.ttl, record.etag) == (told, body["properties"]["ttl"], body["etag"])
        assert record.id == record_id(ResourceId.parse(body["id"].rpartition("/A/")[0]), body["name"])


def test_a_record_tells_who_wrote_it() -> None:
    raw: dict[str, Any] = {
        "id": f"{ZONE}/A/kv1",
        "properties": {"metadata": {"creator": "created by private endpoint"}},
    }
    assert parse_record(raw).creator == "created by private endpoint"
    raw["properties"]["metadata"] = None
    assert (parse_record(raw).creator, parse_record(raw).addresses, parse_record(raw).etag) == ("", (), "")


def test_what_is_absent_is_told_as_absent() -> None:
    zone = parse_zone({"id": str(ZONE)})
    assert (zone.records, zone.provisioning_state) == (0, "Unknown")
    link = parse_link({"id": f"{ZONE}/virtualNetworkLinks/l", "properties": {"virtualNetwork": {"id": str(NODES)}}})
    assert (link.registration, link.state, link.policy) == (False, "", "")


@pytest.mark.parametrize(
    ("decode", "raw"),
    [
        (parse_zone, []),
        (parse_zone, {"id": str(ZONE), "properties": {"numberOfRecordSets": "1"}}),
        (parse_link, {"id": f"{ZONE}/virtualNetworkLinks/l", "properties": {}}),
        (
            parse_link,
            {"id": f"{ZONE}/virtualNetworkLinks/l", "properties": {"virtualNetwork": {"id": f"{NODES}\r\nx"}}},
        ),
        (parse_record, {"id": f"{ZONE}/A/kv1", "properties": {"aRecords": [{"ipv4Address": 10}]}}),
        (parse_record, {"id": f"{ZONE}/A/kv1", "properties": {"ttl": True}}),
        (parse_record, {"properties": {}}),
    ],
)
def test_what_is_something_else_is_bad_input(decode: Any, raw: Any) -> None:
    with pytest.raises(BadInput):
        decode(raw)


def test_what_is_made_is_global_and_registers_nothing() -> None:
    assert new_zone({"a": "b"}) == {"location": "global", "tags": {"a": "b"}}
    link = {"virtualNetwork": {"id": str(NODES)}, "registrationEnabled": False}
    assert new_link(NODES, "") == {"location": "global", "properties": link}
    assert new_link(NODES, REDIRECT)["properties"] == {**link, "resolutionPolicy": REDIRECT}
    assert new_record("10.1.0.4") == {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.4"}]}}
