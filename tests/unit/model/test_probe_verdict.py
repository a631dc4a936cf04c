"""What a report from a node proves, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.model.probe import ProbeReport
from azext_akskv.model.probe_verdict import seen_in_words, troubles

ADDRESS = "10.1.0.4"
GOOD = ProbeReport(
    "pool1",
    "aks-pool1-0",
    resolution="answer",
    addresses=(ADDRESS,),
    connection="open",
    certificate="good",
    status=200,
    network_info="conn_type=Ipv4;addr=10.224.0.5;act_addr_fam=InterNetwork;",
)


def test_a_good_report_is_a_proof() -> None:
    assert troubles(GOOD, ADDRESS) == ()
    assert troubles(replace(GOOD, status=401), ADDRESS) == ()  # it was let in, and only has no token
    assert troubles(replace(GOOD, connection=""), ADDRESS) == ()  # without nc: the answer says more than TCP


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"resolution": "nxdomain", "addresses": ()}, "NXDOMAIN"),
        ({"resolution": "", "addresses": ()}, "no answer"),
        ({"resolution": "servfail", "addresses": ()}, "SERVFAIL"),
        ({"addresses": ("20.1.2.3",)}, "leads to 20.1.2.3, not to 10.1.0.4"),
        ({"addresses": (ADDRESS, "20.1.2.3")}, "not to 10.1.0.4"),  # now and then is not always
        ({"missing": {"resolution": "no getent"}}, "could not be looked up: no getent"),
        ({"connection": "timeout", "status": None}, "no answer in time"),
        ({"connection": "refused", "status": None}, "refused"),
        ({"certificate": "bad", "status": None}, "something else stands in the way"),
        ({"certificate": "", "status": None}, "unknown"),
        ({"certificate": "", "status": None, "missing": {"status": "no curl"}}, "could not be asked: no curl"),
        ({"resolution": "refused", "addresses": ()}, "refuses to answer (REFUSED)"),
        ({"resolution": "nodata", "addresses": ()}, "no address (NODATA)"),
        (
            {"resolution": "unresolved", "addresses": (), "server_addresses": (ADDRESS,)},
            "the node's C library finds no address for the vault's name, although the DNS server gives 10.1.0.4",
        ),
        (
            {"resolution": "unresolved", "addresses": (), "missing": {"names": "no dig"}},
            "finds no address for the vault's name, and why is unknown: no dig",
        ),
        ({"server_addresses": ("20.1.2.3",)}, "programs of the node get 10.1.0.4 for the vault's name, but"),
        ({"connection": "unreachable", "status": None}, "TCP 443 to the vault: no route to it"),
        ({"certificate": "silent", "status": None}, "something on the way swallows it"),
        ({"certificate": "broken", "status": None, "missing": {"status": "curl: (35) x"}}, "broken off"),
        ({"certificate": "bad", "status": None, "missing": {"status": "curl: (60) x"}}, "in the way (curl: (60) x)"),
        ({"status": None, "missing": {"status": "curl: (52) x"}}, "but no answer came: curl: (52) x"),
        ({"status": 403}, "the vault answers 403"),
        ({"status": None}, "the vault's certificate is shown, but no answer came"),
        ({"network_info": ""}, "no vault answered"),
        ({"network_info": "conn_type=Ipv4;addr=20.50.60.70;"}, "did not come over the private endpoint"),
        ({"network_info": "addr=garbage;"}, "did not come over the private endpoint"),
    ],
)
def test_anything_else_is_none(fields: dict[str, Any], told: str) -> None:
    assert told in "; ".join(troubles(replace(GOOD, **fields), ADDRESS))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"past_dns": "open", "past_dns_network_info": GOOD.network_info},
            "10.1.0.4 answers over the private endpoint",
        ),
        (
            {"past_dns": "open", "past_dns_network_info": "addr=20.5.6.7;"},
            "did not come over the private endpoint: addr",
        ),
        ({"past_dns": "open"}, "TCP 443 to 10.1.0.4 is open, but not proved: what answers is no vault"),
        ({"past_dns": "open", "missing": {"past_dns_network_info": "no curl"}}, "is open, but not proved: no curl"),
        ({"past_dns": "timeout"}, "past the name, TCP 443 to 10.1.0.4: no answer in time"),
        ({"past_dns": "unreachable"}, "past the name, TCP 443 to 10.1.0.4: no route to it"),
        ({"missing": {"past_dns": "neither"}}, "past the name, whether 10.1.0.4 is reached is unknown: neither"),
    ],
)
def test_past_a_wrong_name_the_way_is_told_apart(fields: dict[str, Any], told: str) -> None:
    elsewhere = replace(GOOD, addresses=("20.1.2.3",), **fields)
    name, past = troubles(elsewhere, ADDRESS)
    assert "leads to 20.1.2.3" in name and told in past
    assert len(troubles(replace(elsewhere, past_dns="", past_dns_network_info="", missing={}), ADDRESS)) == 1
    assert troubles(replace(GOOD, **fields), ADDRESS) == ()  # the name leads there: what came by it counts


def test_two_servers_that_agree_on_the_endpoint_are_no_trouble() -> None:
    assert troubles(replace(GOOD, server_addresses=(ADDRESS, "2603:1030::53")), ADDRESS) == ()


def test_what_was_seen_is_told_in_a_line() -> None:
    assert seen_in_words(GOOD) == (
        "aks-pool1-0: name 10.1.0.4; TCP 443 open; the vault answered 200, "
        "to a request from 10.224.0.5, over a private endpoint"
    )
    public = replace(GOOD, network_info="conn_type=Ipv4;addr=20.50.60.70;")
    assert seen_in_words(public).endswith("to a request from 20.50.60.70, over the public network")
    assert seen_in_words(replace(GOOD, network_info="")).endswith("of which it says nothing more")
    assert seen_in_words(ProbeReport("pool1", "", resolution="nxdomain")) == (
        "pool1: name no such name (NXDOMAIN); TCP 443 not tried"
    )
    assert seen_in_words(replace(GOOD, connection="", certificate="", status=None)).endswith("; TCP 443 unknown")
    swallowed = replace(GOOD, certificate="silent", status=None)
    assert seen_in_words(swallowed).endswith("TCP 443 open; nothing came in the TLS handshake")
    deaf = ProbeReport("pool1", "n1", resolution="unresolved", server_addresses=(ADDRESS,))
    assert seen_in_words(deaf) == (
        "n1: name the node's C library finds no address (the DNS server gives 10.1.0.4); TCP 443 not tried"
    )
