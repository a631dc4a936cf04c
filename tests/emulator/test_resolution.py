"""What names resolve to inside a virtual network."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.entra.metadata import VAULT_ZONE
from emulator.providers.keyvault import connections
from emulator.resolution import AZURE_DNS, FRONT, FRONT_ADDRESS, Resolution, ask, resolve, servers_of
from emulator.worlds.private_dns import Link, Record, Zone
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import HOST, VAULT
from tests.emulator.dns_client import HUB, NET, ZONE, ZONE_NAME, Dns, a_dns, put_network

PRIVATE = f"shop-kv.{ZONE_NAME}"
PUBLIC = Resolution("answer", (PRIVATE, FRONT), (FRONT_ADDRESS,), 60)
BY_ENDPOINT = Resolution("answer", (PRIVATE,), ("10.0.0.4",), 10)
RECORD = Record("shop-kv", ("10.0.0.4",))


def connected(dns: Dns, status: str = "Approved") -> None:
    """A private endpoint of the vault, whose connection has this state."""
    vault = dns.world.resources.get(VAULT)
    assert vault is not None
    made = connections.connect(dns.world, vault, f"{HUB}/endpoint/{status}")
    connections.decide(dns.world, made, {"properties": {"privateLinkServiceConnectionState": {"status": status}}})


def a_zone(*records: Record, network: str = "nodes", name: str = ZONE_NAME, **link: Any) -> Zone:
    return Zone(name, records, (Link("link", network, **link),))


def with_endpoint(*dns_servers: str, zones: tuple[Zone, ...] = ()) -> Dns:
    dns = a_dns(*dns_servers, zones=zones)
    connected(dns)
    return dns


def test_a_vault_without_an_approved_connection_has_no_name_for_private_link() -> None:
    dns = a_dns()
    straight = Resolution("answer", (FRONT,), (FRONT_ADDRESS,), 60)
    assert resolve(dns.world, NET, HOST) == straight
    for status in ("Pending", "Rejected", "Disconnected"):
        connected(dns, status)
    assert resolve(dns.world, NET, HOST) == straight
    assert resolve(dns.world, NET, PRIVATE).outcome == "nxdomain"
    connected(dns)
    assert resolve(dns.world, NET, HOST) == resolve(dns.world, NET, f"{HOST.upper()}.") == PUBLIC


def test_a_linked_zone_with_the_record_answers_with_the_private_address() -> None:
    dns = with_endpoint(zones=(a_zone(RECORD),))
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT
    assert resolve(dns.world, HUB, HOST) == PUBLIC


def test_a_zone_that_is_not_linked_or_not_here_changes_nothing() -> None:
    dns = with_endpoint(zones=(Zone(ZONE_NAME, (RECORD,)), a_zone(RECORD, name="privatelink.vault.azure.net")))
    assert resolve(dns.world, NET, HOST) == PUBLIC
    dns.linked()
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT


def test_a_linked_zone_without_the_record_says_that_the_name_does_not_exist() -> None:
    dns = with_endpoint(zones=(a_zone(),))
    assert resolve(dns.world, NET, HOST) == Resolution("nxdomain", (PRIVATE,))
    dns.record("shop-kv", "10.0.0.4", "10.0.0.5")
    assert resolve(dns.world, NET, HOST).addresses == ("10.0.0.4", "10.0.0.5")


def test_a_vault_without_private_link_resolves_past_an_empty_zone() -> None:
    dns = a_dns(zones=(a_zone(),))
    assert resolve(dns.world, NET, HOST).addresses == (FRONT_ADDRESS,)


def test_a_link_may_send_names_that_its_zone_does_not_have_to_the_public_dns() -> None:
    dns = with_endpoint(zones=(a_zone(resolution_policy="NxDomainRedirect"),))
    assert resolve(dns.world, NET, HOST) == PUBLIC
    dns.record("shop-kv", "10.0.0.4")
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT


def test_the_zone_with_the_longest_name_decides_alone() -> None:
    wide = a_zone(Record("shop-kv.privatelink.vaultcore", ("10.9.9.9",)), name="azure.net")
    dns = with_endpoint(zones=(wide, a_zone()))
    assert resolve(dns.world, NET, HOST).outcome == "nxdomain"
    dns.record("shop-kv", "10.0.0.4")
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT


def test_a_network_with_a_dns_server_in_a_hub_sees_the_links_of_the_hub() -> None:
    dns = with_endpoint("10.0.0.10", zones=(a_zone(RECORD),))
    assert servers_of(dns.world, NET) == ("10.0.0.10",)
    assert resolve(dns.world, NET, HOST) == PUBLIC
    dns.linked("hub", network=HUB)
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT


def test_a_dns_server_in_the_network_itself_sees_its_links_whoever_else_has_the_range() -> None:
    dns = with_endpoint("10.224.0.10", zones=(a_zone(RECORD),))
    put_network(dns.world, f"{HUB}2", "10.224.0.0/12")
    assert resolve(dns.world, NET, HOST) == BY_ENDPOINT
    assert ask(dns.world, f"{HUB}2", "10.224.0.10", HOST) == PUBLIC


def test_a_public_dns_server_knows_no_private_zone() -> None:
    dns = with_endpoint("8.8.8.8", zones=(a_zone(RECORD),))
    assert resolve(dns.world, NET, HOST) == PUBLIC


def test_nobody_answers_at_an_address_that_nobody_has() -> None:
    dns = with_endpoint("192.168.7.7", zones=(a_zone(RECORD),))
    assert resolve(dns.world, NET, HOST) == Resolution("timeout")


def test_the_first_server_that_answers_is_believed() -> None:
    dns = with_endpoint("192.168.7.7", "8.8.8.8", AZURE_DNS, zones=(a_zone(RECORD),))
    assert resolve(dns.world, NET, HOST) == PUBLIC
    assert [ask(dns.world, NET, server, HOST).addresses for server in servers_of(dns.world, NET)] == [
        (),
        (FRONT_ADDRESS,),
        ("10.0.0.4",),
    ]


def test_names_that_nobody_has_do_not_exist() -> None:
    dns = a_dns(delays=Delays(vault=20))
    for name in ("none.vault.emulator.test", f"none.{ZONE_NAME}", "shop-kv.vaultcore.azure.net", "example.test"):
        assert resolve(dns.world, NET, name) == Resolution("nxdomain")
    vault = {"location": "westeurope", "properties": dns("GET", VAULT).body["properties"]}
    dns("PUT", f"{VAULT}2", vault)
    name = HOST.replace("shop-kv", "shop-kv2")
    assert resolve(dns.world, NET, name).outcome == "nxdomain"
    dns.wait(20)
    assert resolve(dns.world, NET, name).outcome == "answer"
    dns("DELETE", VAULT)
    assert resolve(dns.world, NET, HOST).outcome == "nxdomain"
    with pytest.raises(KeyError):
        resolve(dns.world, f"{NET}3", HOST)


def test_aliases_and_wildcards_of_a_zone_are_followed() -> None:
    records = (
        Record("@", ("10.1.0.1",)),
        Record("www", ("app.corp.test",), "CNAME"),
        Record("app", ("10.1.0.2",)),
        Record("round", ("about.corp.test",), "CNAME"),
        Record("about", ("round.corp.test",), "CNAME"),
        Record("six", ("::1",), "AAAA"),
        Record("*.any", ("10.1.0.3",)),
        Record("vault", (HOST,), "CNAME"),
    )
    dns = a_dns(zones=(a_zone(*records, name="corp.test"),))

    def found(name: str) -> Resolution:
        return resolve(dns.world, NET, name)

    assert found("corp.test").addresses == ("10.1.0.1",)
    assert found("www.corp.test") == Resolution("answer", ("app.corp.test",), ("10.1.0.2",), 10)
    assert found("round.corp.test").outcome == "servfail"
    assert found("six.corp.test") == Resolution("answer", ttl=60)
    assert found("a.b.any.corp.test").addresses == ("10.1.0.3",)
    assert found("vault.corp.test") == Resolution("answer", (HOST, FRONT), (FRONT_ADDRESS,), 60)


def test_the_zone_is_the_one_that_vaults_ask_for() -> None:
    dns = a_dns()
    (resource,) = dns("GET", f"{VAULT}/privateLinkResources").body["value"]
    assert resource["properties"]["requiredZoneNames"] == [VAULT_ZONE] == [ZONE.rpartition("/")[2]]
