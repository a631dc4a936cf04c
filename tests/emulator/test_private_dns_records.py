"""Microsoft.Network/privateDnsZones/{A, AAAA, ...}: record sets."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.private_dns import Zone
from emulator.worlds.spec import OPERATOR_GRANTS, SUBSCRIPTION, Grant
from tests.emulator.arm_client import code_of, message_of
from tests.emulator.dns_client import ZONE, ZONE_NAME, Dns, a_dns

A = f"{ZONE}/A/shop-kv"


def with_zone(**overrides: Any) -> Dns:
    return a_dns(zones=(Zone(ZONE_NAME),), **overrides)


def test_a_record_set_is_made_at_once_and_changed_at_once() -> None:
    dns = with_zone()
    made = dns("PUT", A, {"properties": {"ttl": 3600}}, if_none_match="*")
    assert made.status == 201 and not {"Azure-AsyncOperation", "Location"} & set(made.headers)
    assert made.headers["ETag"] == made.body["etag"]
    assert made.body == {
        "id": A,
        "name": "shop-kv",
        "type": "Microsoft.Network/privateDnsZones/A",
        "etag": made.body["etag"],
        "properties": {"fqdn": f"shop-kv.{ZONE_NAME}.", "ttl": 3600, "aRecords": [], "isAutoRegistered": False},
    }
    asked = {"ttl": 10, "aRecords": [{"ipv4Address": "10.0.0.4"}], "metadata": {"creator": "me"}}
    changed = dns("PUT", A, {"etag": made.body["etag"], "properties": asked})
    assert changed.status == 200 and changed.body["etag"] != made.body["etag"]
    assert changed.body["properties"] == {**asked, "fqdn": f"shop-kv.{ZONE_NAME}.", "isAutoRegistered": False}
    assert dns("GET", A).body == changed.body


@pytest.mark.parametrize(
    ("record_type", "asked"),
    [
        ("AAAA", {"aaaaRecords": [{"ipv6Address": "::1"}]}),
        ("CNAME", {"cnameRecord": {"cname": "other.test"}}),
        ("MX", {"mxRecords": [{"exchange": "mail.test", "preference": 1}]}),
        ("PTR", {"ptrRecords": [{"ptrdname": "name.test"}]}),
        ("SRV", {"srvRecords": [{"port": 120, "priority": 1, "target": "targ.et", "weight": 5}]}),
        ("TXT", {"txtRecords": [{"value": ["text"]}]}),
    ],
)
def test_each_type_keeps_its_records_under_its_own_name(record_type: str, asked: dict[str, Any]) -> None:
    dns = with_zone()
    url = f"{ZONE}/{record_type}/some"
    empty = dns("PUT", url, {"properties": {"ttl": 3600}}).body["properties"]
    member = next(iter(asked))
    assert (member in empty) is (record_type != "CNAME")
    filled = dns("PUT", url, {"properties": {"ttl": 3600, **asked}}).body["properties"]
    assert filled[member] == asked[member]
    listed = dns("GET", f"{ZONE}/{record_type}").body["value"]
    assert [one["properties"] for one in listed] == [filled]


def test_every_zone_has_an_soa_record_set_which_lives_as_long_as_the_zone() -> None:
    dns = with_zone()
    soa = dns("GET", f"{ZONE}/SOA/@").body
    assert (soa["name"], soa["properties"]["fqdn"], soa["properties"]["ttl"]) == ("@", f"{ZONE_NAME}.", 3600)
    record = soa["properties"]["soaRecord"]
    assert (record["host"], record["minimumTtl"], record["serialNumber"]) == ("azureprivatedns.net", 10, 1)
    assert dns("DELETE", f"{ZONE}/SOA/@").body["code"] == "BadRequest"


def test_all_types_are_listed_together_or_by_the_end_of_their_names() -> None:
    dns = with_zone()
    dns.record("one.data", "10.0.0.4")
    dns.record("@", "10.0.0.5")
    dns("PUT", f"{ZONE}/TXT/two", {"properties": {"ttl": 1, "txtRecords": [{"value": ["x"]}]}})

    def names(query: str) -> list[str]:
        return [record["name"] for record in dns("GET", f"{ZONE}/{query}").body["value"]]

    assert sorted(names("ALL")) == ["@", "@", "one.data", "two"]
    assert (names("ALL?$recordsetnamesuffix=data"), len(names("ALL?$top=2")), names("A")) == (
        ["one.data"],
        2,
        ["one.data", "@"],
    )
    assert dns("GET", f"{ZONE}/A/@").body["properties"]["fqdn"] == f"{ZONE_NAME}."


def test_preconditions_of_a_record_set_are_refused_at_once_and_flat() -> None:
    dns = with_zone()
    etag = dns.record("shop-kv", "10.0.0.4").body["etag"]
    body = {"properties": {"ttl": 1}}
    again = dns("PUT", A, body, if_none_match="*")
    assert again.status == 412 and again.body == {
        "code": "PreconditionFailed",
        "message": "The Record set shop-kv exists already and hence cannot be created again.",
    }
    assert dns("PUT", A, body, if_match=etag).status == 200
    for method in ("PUT", "PATCH", "DELETE"):
        late = dns(method, A, body, if_match=etag)
        assert late.status == 412
        assert late.body["message"] == "The Record set shop-kv has been modified (etag mismatch)."
    assert dns("PUT", f"{ZONE}/A/new", body, if_match=etag).status == 412
    assert dns("PUT", A, body, if_match="*").status == 200


def test_a_patch_of_a_record_set_keeps_what_it_does_not_name() -> None:
    dns = with_zone()
    dns.record("shop-kv", "10.0.0.4")
    after = dns("PATCH", A, {"properties": {"metadata": {"a": "b"}}}).body["properties"]
    assert (after["ttl"], after["aRecords"], after["metadata"]) == (10, [{"ipv4Address": "10.0.0.4"}], {"a": "b"})


def test_a_record_set_is_deleted_at_once_and_a_second_time_without_complaint() -> None:
    dns = with_zone()
    dns.record("shop-kv", "10.0.0.4")
    assert [dns("DELETE", A).status, dns("DELETE", A).status] == [200, 204]
    assert dns("DELETE", A.replace(ZONE_NAME, "no.zone")).status == 204


def test_what_is_missing_is_told_apart() -> None:
    dns = with_zone()
    missing = dns("GET", A)
    assert missing.status == 404 and missing.body == {
        "code": "NotFound",
        "message": f"The resource record 'shop-kv' does not exist in resource group 'shop-rg' of subscription "
        f"'{SUBSCRIPTION}'.",
    }
    elsewhere = A.replace(ZONE_NAME, "no.zone")
    no_zone = dns("PUT", elsewhere, {"properties": {"ttl": 3600}})
    assert code_of(no_zone) == (404, "ParentResourceNotFound") and "error" in no_zone.body
    assert message_of(no_zone) == (
        "Failed to perform 'write' on resource(s) of type 'privateDnsZones/A', because the parent resource "
        f"'{ZONE.replace(ZONE_NAME, 'no.zone')}' could not be found."
    )
    assert "Failed to perform 'read'" in message_of(dns("GET", elsewhere))


@pytest.mark.parametrize(
    ("record_type", "asked"),
    [
        ("A", {}),
        ("A", {"ttl": -1}),
        ("A", {"ttl": 1, "aRecords": [{"ipv4Address": "10.0.0.4"}] * 21}),
        ("A", {"ttl": 1, "aRecords": [{"ipv4Address": "::1"}]}),
        ("AAAA", {"ttl": 1, "aaaaRecords": [{"ipv6Address": "nothing"}]}),
    ],
)
def test_a_record_set_that_cannot_be_is_refused(record_type: str, asked: dict[str, Any]) -> None:
    dns = with_zone()
    refused = dns("PUT", f"{ZONE}/{record_type}/bad", {"properties": asked})
    assert (refused.status, refused.body["code"]) == (400, "BadRequest")
    assert dns("GET", f"{ZONE}/{record_type}/bad").status == 404


def test_each_type_of_record_set_is_a_right_of_its_own() -> None:
    grants = (*OPERATOR_GRANTS, Grant("dns", "Private DNS Zone Contributor", ZONE), Grant("eyes", "Reader", ZONE))
    dns = with_zone(grants=grants)
    dns.principal = "dns"
    assert dns.record("shop-kv", "10.0.0.4").status == 201
    dns.principal = "eyes"
    assert dns("GET", A).status == 200
    refused = dns("DELETE", A)
    assert code_of(refused) == (403, "AuthorizationFailed")
    assert "'Microsoft.Network/privateDnsZones/A/delete'" in message_of(refused)
