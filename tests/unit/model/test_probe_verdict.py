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
        ({"status": None, "missing": {"status": "no curl"}}, "could not be asked: no curl"),
        ({"status": 403}, "the vault answers 403"),
        ({"status": None}, "the vault answers None"),
        ({"network_info": ""}, "no vault answered"),
        ({"network_info": "conn_type=Ipv4;addr=20.50.60.70;"}, "did not come over the private endpoint"),
        ({"network_info": "addr=garbage;"}, "did not come over the private endpoint"),
    ],
)
def test_anything_else_is_none(fields: dict[str, Any], told: str) -> None:
    assert told in "; ".join(troubles(replace(GOOD, **fields), ADDRESS))


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
