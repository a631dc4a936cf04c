"""Microsoft.Network/privateDnsZones/virtualNetworkLinks."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.worlds.private_dns import Zone
from emulator.worlds.spec import OPERATOR_GRANTS, Grant
from tests.emulator.arm_client import code_of, message_of
from tests.emulator.dns_client import HUB, NET, ZONE, ZONE_NAME, Dns, a_dns, a_link

LINK = f"{ZONE}/virtualNetworkLinks/nodes"
OTHER_ZONE = ZONE.replace(ZONE_NAME, "corp.test")
SAME_NAME = ZONE.replace("shop-rg", "hub-rg")


def with_zones(**overrides: Any) -> Dns:
    return a_dns(zones=(Zone(ZONE_NAME), Zone(ZONE_NAME, group="hub-rg"), Zone("corp.test")), **overrides)


def test_a_link_is_made_inside_an_operation_and_its_name_comes_back_in_lower_case() -> None:
    dns = with_zones()
    answer = dns.link("NoDes")
    assert (answer.status, answer.body) == (202, {})
    assert code_of(dns("GET", LINK)) == (404, "ResourceNotFound")
    assert dns.end_of(answer) == {"status": "Succeeded"}
    made = dns("GET", LINK)
    etag = made.body["etag"]
    assert made.headers["ETag"] == etag and etag[0] == etag[-1] == '"'
    assert made.body == {
        "id": LINK,
        "name": "nodes",
        "type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "etag": etag,
        "location": "global",
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": False,
            "resolutionPolicy": "Default",
            "virtualNetwork": {"id": NET},
            "virtualNetworkLinkState": "Completed",
        },
    }
    assert dns("GET", f"{ZONE}/virtualNetworkLinks").body["value"] == [made.body]
    assert dns("GET", answer.headers["Location"]).body == made.body


def test_a_link_with_registration_goes_on_after_its_operation_has_succeeded() -> None:
    dns = with_zones()
    dns.linked(registrationEnabled=True)
    states = []
    for _ in range(2):
        properties = dns("GET", LINK).body["properties"]
        states.append((properties["provisioningState"], properties["virtualNetworkLinkState"]))
        dns.wait()
    assert states == [("Succeeded", "InProgress"), ("Succeeded", "Completed")]


def test_a_resolution_policy_is_known_to_the_newest_version_and_to_zones_for_private_link() -> None:
    dns = with_zones()
    older = f"{LINK}?api-version=2020-06-01"
    dns.end_of(dns("PUT", older, a_link(resolutionPolicy="NxDomainRedirect")))
    assert "resolutionPolicy" not in dns("GET", older).body["properties"]
    assert dns("GET", LINK).body["properties"]["resolutionPolicy"] == "Default"
    dns.linked(resolutionPolicy="NxDomainRedirect")
    dns.end_of(dns("PUT", older, a_link()))
    assert dns("GET", LINK).body["properties"]["resolutionPolicy"] == "NxDomainRedirect"
    dns.linked(zone=OTHER_ZONE)
    assert "resolutionPolicy" not in dns("GET", f"{OTHER_ZONE}/virtualNetworkLinks/nodes").body["properties"]
    assert dns.link(resolutionPolicy="Whatever").body["code"] == "BadRequest"


def test_a_patch_of_a_link_keeps_what_it_does_not_name() -> None:
    dns = with_zones()
    dns.linked(resolutionPolicy="NxDomainRedirect")
    before = dns("GET", LINK).body
    assert dns.end_of(dns("PATCH", LINK, {"tags": {"a": "b"}}, if_match=before["etag"])) == {"status": "Succeeded"}
    after = dns("GET", LINK).body
    assert (after["tags"], after["properties"]) == ({"a": "b"}, before["properties"])
    dns.end_of(dns("PATCH", LINK, {"properties": {"registrationEnabled": True}}))
    assert dns("GET", LINK).body["properties"]["registrationEnabled"] is True
    assert dns("GET", LINK).body["tags"] == {"a": "b"}


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ({"if_none_match": "*"}, "exists already and hence cannot be created again."),
        ({"if_match": '"other"'}, "has been modified (etag mismatch)."),
    ],
)
def test_preconditions_of_a_link_fail_inside_the_operation(header: dict[str, str], text: str) -> None:
    dns = with_zones()
    dns.linked()
    said = dns.end_of(dns("PUT", LINK, a_link(), **header))
    message = f"The Virtual Network link nodes for the Private DNS zone {ZONE_NAME} {text}"
    assert said == {"error": {"code": "PreconditionFailed", "message": message}, "status": "Failed"}


def test_a_network_has_one_link_to_a_zone() -> None:
    dns = with_zones()
    dns.linked()
    said = dns.end_of(dns.link("second", network=NET.upper().replace("MICROSOFT.NETWORK", "Microsoft.Network")))
    assert (said["status"], said["error"]["code"]) == ("Failed", "Conflict")
    assert [link["name"] for link in dns("GET", f"{ZONE}/virtualNetworkLinks").body["value"]] == ["nodes"]
    dns.linked()


def test_two_links_at_once_of_one_network_to_one_zone_conflict_too() -> None:
    dns = with_zones()
    first, second = dns.link("first"), dns.link("second")
    assert dns.end_of(first) == {"status": "Succeeded"}
    assert dns("GET", second.headers["Azure-AsyncOperation"]).body["error"]["code"] == "Conflict"


def test_a_network_is_not_linked_to_two_zones_of_one_name_but_to_nested_ones() -> None:
    dns = with_zones()
    dns.linked()
    refused = dns.link(zone=SAME_NAME)
    assert refused.status == 400 and refused.body == {
        "code": "BadRequest",
        "message": "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to "
        f"link virtual network with '{ZONE_NAME}' and '{ZONE_NAME}' zones.",
    }
    dns.linked(network=HUB, zone=SAME_NAME)
    dns.zone(ZONE.replace(ZONE_NAME, "azure.net"))
    dns.linked(zone=ZONE.replace(ZONE_NAME, "azure.net"))


def test_a_network_registers_its_machines_in_one_zone_only() -> None:
    dns = with_zones()
    dns.linked(registrationEnabled=True)
    said = dns.end_of(dns.link(zone=OTHER_ZONE, registrationEnabled=True))
    assert said["error"] == {
        "code": "Conflict",
        "message": "A virtual network can only be linked to 1 Private DNS zone(s) with auto-registration enabled; "
        f'conflicting Private DNS zone is "{ZONE}"',
    }
    dns.linked(zone=OTHER_ZONE)


def test_a_link_that_cannot_be_is_refused_before_anything_begins() -> None:
    dns = with_zones()
    dns.linked()
    for network in (f"{NET}\r\n", f"{NET}2"):
        refused = dns.link("other", network=network)
        assert refused.status == 400
        assert refused.body == {"code": "BadRequest", "message": f"Virtual network resource not found for '{network}'"}
    unset = dns.link("other", registrationEnabled=None)
    assert unset.body["message"] == "The specified virtual network link registration setting is invalid."
    assert dns.link("nodes", network=HUB).body["message"].endswith("cannot be changed.")
    missing = dns.link(zone=ZONE.replace(ZONE_NAME, "no.zone"))
    assert code_of(missing) == (404, "ParentResourceNotFound")
    assert "'privateDnsZones/virtualNetworkLinks'" in message_of(missing)


def test_who_links_a_network_needs_the_right_to_join_it() -> None:
    grants = (*OPERATOR_GRANTS, Grant("dns", "Private DNS Zone Contributor", ZONE))
    dns = with_zones(grants=grants)
    dns.principal = "dns"
    refused = dns.link()
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    oid = dns.world.ids.principal("dns")
    assert message_of(refused).endswith(
        f"with object id '{oid}' has permission to perform action "
        f"'Microsoft.Network/privateDnsZones/virtualNetworkLinks/write' on scope '{LINK}'; however, it does not have "
        f"permission to perform action(s) 'Microsoft.Network/virtualNetworks/join/action' on the linked scope(s) "
        f"'{NET}' (respectively) or the linked scope(s) are invalid."
    )
    dns.grant("dns", "Network Contributor", NET)
    assert dns.link().status == 202


def test_a_link_is_deleted_inside_an_operation_and_a_second_time_without_complaint() -> None:
    dns = with_zones()
    dns.linked()
    answer = dns("DELETE", LINK)
    assert answer.body is None and dns("GET", LINK).status == 200
    assert dns.end_of(answer) == {"status": "Succeeded"}
    assert dns("DELETE", LINK).status == 204
    assert dns("DELETE", LINK.replace(ZONE_NAME, "no.zone")).status == 204
    dns.linked()
    assert dns.end_of(dns("DELETE", LINK, if_match="other"))["error"]["code"] == "PreconditionFailed"


def test_what_is_missing_is_not_told_apart_for_a_link() -> None:
    dns = with_zones()
    for zone in (ZONE_NAME, "no.zone"):
        answer = dns("GET", LINK.replace(ZONE_NAME, zone))
        assert code_of(answer) == (404, "ResourceNotFound")
        name = f"Microsoft.Network/privateDnsZones/{zone}/virtualNetworkLinks/nodes"
        assert message_of(answer).startswith(f"The Resource '{name}' under resource group 'shop-rg' was not found.")
    assert code_of(dns("PATCH", LINK, {})) == (404, "ResourceNotFound")


def test_links_go_with_their_network() -> None:
    dns = with_zones()
    dns.linked()
    dns.linked(zone=OTHER_ZONE)
    dns.linked("hub", network=HUB)
    assert dns("DELETE", f"{NET.lower()}?api-version=2024-05-01").status == 202
    dns.wait(dns.world.spec.delays.update)
    assert [link["name"] for link in dns("GET", f"{ZONE}/virtualNetworkLinks").body["value"]] == ["hub"]
    assert dns("GET", f"{OTHER_ZONE}/virtualNetworkLinks").body["value"] == []
