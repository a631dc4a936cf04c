"""Microsoft.Network/privateDnsZones."""

from __future__ import annotations

import pytest

from emulator.providers.privatedns import zones
from emulator.worlds.governance import Lock
from emulator.worlds.private_dns import Link, Record, Zone
from emulator.worlds.spec import OTHER_SUBSCRIPTION, Vault
from tests.emulator.arm_client import GROUP, SUB, code_of, message_of
from tests.emulator.dns_client import NET, ZONE, ZONE_NAME, Dns, a_dns, put_network

ZONES = ZONE.rpartition("/")[0]


def test_a_zone_is_made_inside_an_operation_with_two_urls_of_its_own_kind() -> None:
    dns = a_dns()
    answer = dns("PUT", ZONE, {"location": "global"}, if_none_match="*")
    place = f"https://management.emulator.test{GROUP}/providers/Microsoft.Network"
    status, result = answer.headers["Azure-AsyncOperation"], answer.headers["Location"]
    assert (answer.status, answer.body) == (202, {})
    assert status.startswith(f"{place}/privateDnsOperationStatuses/")
    assert result.startswith(f"{place}/privateDnsOperationResults/")
    running = dns("GET", status)
    assert (running.status, running.body) == (202, {"status": "InProgress"})
    assert running.headers["Azure-AsyncOperation"] == status and dns("GET", result).status == 202
    assert code_of(dns("GET", ZONE)) == (404, "ResourceNotFound")
    dns.wait()
    done = dns("GET", status)
    assert (done.status, done.body) == (200, {"status": "Succeeded"})
    assert "Azure-AsyncOperation" not in done.headers
    assert dns("GET", result).body == dns("GET", ZONE).body


def test_a_zone_counts_what_is_in_it_and_has_a_bare_guid_for_an_etag() -> None:
    dns = a_dns()
    dns.zone(f"{ZONES}/{ZONE_NAME.upper()}")
    dns.linked()
    dns.linked("with", network=NET.replace("nodes", "hub"), registrationEnabled=True)
    assert dns.record("shop-kv", "10.0.0.4").status == 201
    answer = dns("GET", ZONE)
    etag = answer.body["etag"]
    assert answer.headers["ETag"] == etag and len(etag) == 36
    assert answer.body == {
        "id": ZONE,
        "name": ZONE_NAME,
        "type": "Microsoft.Network/privateDnsZones",
        "etag": etag,
        "location": "global",
        "properties": {
            "maxNumberOfRecordSets": 25000,
            "maxNumberOfVirtualNetworkLinks": 1000,
            "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
            "numberOfRecordSets": 2,
            "numberOfVirtualNetworkLinks": 2,
            "numberOfVirtualNetworkLinksWithRegistration": 1,
            "provisioningState": "Succeeded",
        },
    }


def test_a_zone_that_is_there_already_fails_inside_the_operation() -> None:
    dns = a_dns()
    dns.zone()
    again = dns("PUT", ZONE, {"location": "global"}, if_none_match="*")
    said = dns.end_of(again)
    assert said == {
        "error": {
            "code": "PreconditionFailed",
            "message": f"The Zone {ZONE_NAME} exists already and hence cannot be created again.",
        },
        "status": "Failed",
    }
    assert code_of(dns("GET", again.headers["Location"])) == (400, "PreconditionFailed")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_zone_that_somebody_else_changed_fails_inside_the_operation(method: str) -> None:
    dns = a_dns()
    dns.zone()
    etag = dns("GET", ZONE).body["etag"]
    assert dns.end_of(dns("PUT", ZONE, {"location": "global"}, if_match=etag)) == {"status": "Succeeded"}
    said = dns.end_of(dns(method, ZONE, {"location": "global"}, if_match=etag))
    message = f"The Zone {ZONE_NAME} has been modified (etag mismatch)."
    assert said == {"error": {"code": "PreconditionFailed", "message": message}, "status": "Failed"}
    missing = dns.end_of(dns("PUT", f"{ZONES}/a.b", {"location": "global"}, if_match=etag))
    assert missing["error"]["message"] == "The Zone a.b does not exist."


def test_tags_come_and_go_with_a_put_and_stay_with_a_patch_that_does_not_name_them() -> None:
    dns = a_dns()
    dns.zone(tags={"a": "b"})
    assert dns("GET", ZONE).body["tags"] == {"a": "b"}
    assert dns.end_of(dns("PATCH", ZONE, {"location": "global"})) == {"status": "Succeeded"}
    assert dns("GET", ZONE).body["tags"] == {"a": "b"}
    dns.end_of(dns("PATCH", ZONE, {"tags": {"c": "d"}}))
    assert dns("GET", ZONE).body["tags"] == {"c": "d"}
    dns.zone()
    assert "tags" not in dns("GET", ZONE).body


def test_zones_are_listed_by_group_and_by_subscription() -> None:
    dns = a_dns(zones=(Zone("one.test"), Zone("two.test", group="hub-rg")))
    in_group = dns("GET", ZONES).body["value"]
    in_subscription = dns("GET", f"{SUB}/providers/Microsoft.Network/privateDnsZones").body["value"]
    assert [zone["name"] for zone in in_group] == ["one.test"]
    assert [zone["name"] for zone in in_subscription] == ["one.test", "two.test"]
    assert in_group[0] == dns("GET", f"{ZONES}/one.test").body


def test_a_zone_with_links_is_not_deleted_and_one_with_records_is() -> None:
    dns = a_dns()
    dns.zone()
    dns.linked()
    dns.record("shop-kv", "10.0.0.4")
    refused = dns("DELETE", ZONE)
    assert code_of(refused) == (409, "CannotDeleteResource")
    assert message_of(refused) == (
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
        f"'{ZONE}/virtualNetworkLinks/nodes'"
    )
    dns.end_of(dns("DELETE", f"{ZONE}/virtualNetworkLinks/nodes"))
    gone = dns("DELETE", ZONE)
    assert gone.body is None and dns.end_of(gone) == {"status": "Succeeded"}
    assert code_of(dns("GET", ZONE)) == (404, "ResourceNotFound")
    assert code_of(dns("GET", f"{ZONE}/A/shop-kv")) == (404, "ParentResourceNotFound")
    assert dns("DELETE", ZONE).status == 204
    assert dns("GET", gone.headers["Location"]).status == 204


def test_a_zone_that_cannot_be_is_refused_before_anything_begins() -> None:
    dns = a_dns()
    assert code_of(dns("PUT", ZONE, {})) == (400, "LocationRequired")
    assert code_of(dns("PUT", ZONE, {"location": "westeurope"})) == (400, "BadRequest")
    for name in ("one", "a..b", f"{'x' * 64}.test", ".".join("a" * 35)):
        assert dns("PUT", f"{ZONES}/{name}", {"location": "global"}).body["code"] == "BadRequest"


def test_a_zone_that_is_not_there_is_not_found_in_the_words_of_resource_manager() -> None:
    dns = a_dns()
    for answer in (dns("GET", ZONE), dns("PATCH", ZONE, {})):
        assert code_of(answer) == (404, "ResourceNotFound") and answer.headers["x-ms-failure-cause"] == "gateway"
        assert message_of(answer).startswith(f"The Resource 'Microsoft.Network/privateDnsZones/{ZONE_NAME}' under")
    place = f"{GROUP}/providers/Microsoft.Network/privateDnsOperationStatuses"
    assert code_of(dns("GET", f"{place}/none")) == (404, "NotFound")


def test_a_group_goes_with_its_zones_and_their_links() -> None:
    dns = Dns()
    network = NET.replace("shop-rg", "hub-rg")
    put_network(dns.world, network, "10.0.0.0/16")
    dns.zone()
    dns.linked(network=network)
    answer = dns("DELETE", GROUP)
    dns.wait(2 * dns.world.spec.delays.update)
    assert dns("GET", answer.headers["Location"]).status == 200
    dns.wait()
    assert dns.world.resources.get(ZONE) is dns.world.resources.get(f"{ZONE}/virtualNetworkLinks/nodes") is None


def test_a_lock_on_a_zone_refuses_records_in_it() -> None:
    dns = a_dns(zones=(Zone(ZONE_NAME),), locks=(Lock("fixed", "ReadOnly", ZONE),))
    assert code_of(dns.record("shop-kv", "10.0.0.4")) == (409, "ScopeLocked")


def test_a_world_begins_with_zones_their_records_and_their_links() -> None:
    records = (
        Record("shop-kv", ("10.0.0.4",), creator="created by private endpoint pe"),
        Record("six", ("::1",), "AAAA"),
    )
    links = (Link("nodes", "nodes", resolution_policy="NxDomainRedirect"), Link("by-id", NET, registration=True))
    mine = Zone(ZONE_NAME, (*records, Record("also", ("shop-kv.test",), "CNAME", 300)), links)
    beside = Zone("aside.test", group="dns-rg", subscription=OTHER_SUBSCRIPTION)
    dns = Dns(zones=(mine, beside), vaults=(Vault(), Vault("aside-kv", subscription=OTHER_SUBSCRIPTION)))
    metadata = {"creator": "created by private endpoint pe"}
    made = dns("GET", f"{ZONE}/A/shop-kv").body["properties"]
    assert (made["metadata"], made["ttl"], made["aRecords"]) == (metadata, 10, [{"ipv4Address": "10.0.0.4"}])
    assert dns("GET", f"{ZONE}/AAAA/six").body["properties"]["aaaaRecords"] == [{"ipv6Address": "::1"}]
    assert dns("GET", f"{ZONE}/CNAME/also").body["properties"]["cnameRecord"] == {"cname": "shop-kv.test"}
    found = {link["name"]: link["properties"] for link in dns("GET", f"{ZONE}/virtualNetworkLinks").body["value"]}
    assert found["nodes"]["virtualNetwork"] == found["by-id"]["virtualNetwork"] == {"id": NET}
    assert found["nodes"]["resolutionPolicy"] == "NxDomainRedirect"
    assert {link["virtualNetworkLinkState"] for link in found.values()} == {"Completed"}
    aside = zones.zone_id(OTHER_SUBSCRIPTION, "dns-rg", "aside.test")
    assert dns.world.resources.get(aside) is not None
    with pytest.raises(ValueError, match="no TXT records"):
        Dns(zones=(Zone("a.b", (Record("x", ("y",), "TXT"),)),))
