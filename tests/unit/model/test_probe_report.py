"""What the script of a probe wrote, read: by every program that a node may have, whole, cut, or forged."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.ids import BadInput
from azext_akskv.model.probe_report import NO_CLIENT, NO_CURL, NO_LOOKUP, NO_NAME, RESOLVERS, parse_probe, stopped
from tests.probe_outputs import (
    ADDRESS,
    ASKED,
    CONNECTED,
    DIG_CNAME,
    DIG_GOOD,
    GETENT,
    HOST,
    INFO,
    NAMES,
    NO_NAMES,
    NOT_FOUND,
    NSLOOKUP_GOOD,
    PRIVATE,
    REGION,
    Said,
    dig,
    failed,
)

GOOD_CURL = ("curl", ASKED["good"][0])
Step = tuple[str, Said]


def log_of(*dns: str, address: str = "", **steps: Step | None) -> str:
    """As look.sh writes it: tabs are spaces, blank lines are left out."""
    lines = ["begin 1 probe", "node aks-pool1-0", *(f"dns {each}" for each in dns or ("168.63.129.16",))]
    lines += [f"address {address}"] if address else []
    for name, step in steps.items():
        if step:
            at = name.replace("_", "-")
            program, said = step
            lines.append(f"ran {at} {program} {said.code}")
            told = said.text.replace("\t", " ").replace("\r", "").split("\n")
            lines += [f"said {at} {line}" for line in told if line.strip()]
    return "".join(f"akskv {line}\n" for line in [*lines, "end probe done"])


WHOLE = log_of(
    "168.63.129.16",
    "10.0.0.4",
    address=ADDRESS,
    addresses=("getent", GETENT),
    names=("dig", Said(0, DIG_GOOD)),
    story=("nslookup", Said(0, NSLOOKUP_GOOD)),
    connect=("nc", CONNECTED["openbsd"][0]),
    ask=GOOD_CURL,
    connect_past=("nc", CONNECTED["openbsd"][0]),
    ask_past=GOOD_CURL,
)


def test_a_whole_report_says_all_of_it() -> None:
    report = parse_probe("pool1", WHOLE)
    assert (report.pool, report.node, report.dns_servers) == ("pool1", "aks-pool1-0", ("168.63.129.16", "10.0.0.4"))
    assert (report.resolution, report.names, report.addresses) == ("answer", (PRIVATE,), (ADDRESS,))
    assert (report.connection, report.past_dns, report.certificate) == ("open", "open", "good")
    assert (report.status, report.network_info, report.missing) == (200, INFO, {})
    assert (report.server_addresses, report.past_dns_network_info) == ((ADDRESS,), INFO)
    assert report.shown[0] == "Server:  168.63.129.16" and report.shown[-1].endswith("[tcp/https] succeeded!")
    assert not any("HEADER" in line for line in report.shown)


@pytest.mark.parametrize("getent", [True, False])
@pytest.mark.parametrize("by", NAMES)
def test_every_program_tells_the_address_and_never_that_of_the_server(by: str, getent: bool) -> None:
    report = parse_probe("p", log_of(addresses=("getent", GETENT) if getent else None, names=NAMES[by], ask=GOOD_CURL))
    assert (report.resolution, report.addresses) == ("answer", (ADDRESS,))
    assert report.names == (() if by == "busybox 1.28" else (PRIVATE,))  # which tells none


@pytest.mark.parametrize("getent", [True, False])
@pytest.mark.parametrize("by", NO_NAMES)
def test_every_program_tells_why_there_is_none(by: str, getent: bool) -> None:
    program, said, meaning = NO_NAMES[by]
    report = parse_probe("p", log_of(addresses=("getent", NOT_FOUND) if getent else None, names=(program, said)))
    assert (report.resolution, report.addresses, report.connection) == (meaning, (), "")


def test_the_canonical_names_are_told_without_an_address_too() -> None:
    """It is what tells a zone without a record from a name that never was."""
    program, said, _ = NO_NAMES["dig, no name"]
    assert parse_probe("p", log_of(names=(program, said))).names == (PRIVATE,)


def test_a_chain_may_have_a_gap() -> None:
    chain = (DIG_CNAME, f"{REGION}. 60 IN CNAME vip.example.", "vip.example. 60 IN A 20.1.2.3")
    report = parse_probe("p", log_of(names=("dig", Said(0, dig("NOERROR", *chain)))))
    assert (report.names, report.addresses) == ((PRIVATE, "vip.example"), ("20.1.2.3",))


def test_addresses_of_several_kinds_are_all_told_once() -> None:
    answer = f"Name:\t{PRIVATE}\nAddress: {ADDRESS}\nName:\t{PRIVATE}\nAddress: 2603:1030::53\n"
    both = ("nslookup", Said(0, f"Server:\t\t[fd00::10]\nAddress:\t[fd00::10]:53\n\n{answer}{answer}"))
    assert parse_probe("p", log_of(names=both)).addresses == (ADDRESS, "2603:1030::53")
    host = Said(0, f"{HOST} has address {ADDRESS}\n{HOST} has IPv6 address 2603:1030::53\n")
    assert parse_probe("p", log_of(names=("host", host))).addresses == (ADDRESS, "2603:1030::53")


def test_the_c_library_outweighs_what_asks_past_it() -> None:
    """It is what programs get: with a second server that knows nothing, the two may differ."""
    report = parse_probe(
        "p", log_of(addresses=("getent", GETENT), names=("host", Said(0, f"{HOST} has address 1.2.3.4")))
    )
    assert (report.resolution, report.addresses, report.server_addresses) == ("answer", (ADDRESS,), ("1.2.3.4",))
    slow = parse_probe("p", log_of(addresses=("getent", Said(124, ""))))
    assert slow.resolution == "timeout"


@pytest.mark.parametrize("code", [2, 124])
@pytest.mark.parametrize("by", NAMES)
def test_a_library_that_does_not_get_what_the_server_gives_is_a_fact_of_its_own(by: str, code: int) -> None:
    report = parse_probe("p", log_of(addresses=("getent", Said(code, "")), names=NAMES[by]))
    assert (report.resolution, report.addresses, report.server_addresses) == ("unresolved", (), (ADDRESS,))
    assert report.missing["connection"] == report.missing["status"] == NO_NAME


@pytest.mark.parametrize(
    "said", [Said(127, "getent: not found\n"), Said(1, "Unknown database: ahosts\n"), Said(126, "")]
)
def test_a_getent_that_cannot_run_says_nothing_of_the_name(said: Said) -> None:
    report = parse_probe("p", log_of(addresses=("getent", said), names=NAMES["dig"], ask=GOOD_CURL))
    assert (report.resolution, report.addresses, report.status) == ("answer", (ADDRESS,), 200)
    alone = parse_probe("p", log_of(addresses=("getent", said)))
    assert alone.resolution == "" and f"getent ended with {said.code}" in alone.missing["resolution"]


def test_a_lookup_that_does_not_say_is_quoted() -> None:
    report = parse_probe("p", log_of(names=("dig", Said(127, "dig: not found\n"))))
    assert (report.resolution, report.missing["resolution"]) == ("", "dig ended with 127: dig: not found")
    other = parse_probe("p", log_of(names=("drill", Said(0, DIG_GOOD))))
    assert (other.resolution, other.addresses) == ("", ())


@pytest.mark.parametrize("by", CONNECTED)
def test_every_nc_tells_how_it_ended(by: str) -> None:
    said, meaning = CONNECTED[by]
    report = parse_probe("p", log_of(addresses=("getent", GETENT), connect=("nc", said), connect_past=("nc", said)))
    assert (report.connection, report.past_dns) == (meaning, meaning)


@pytest.mark.parametrize("by", ASKED)
def test_curl_tells_who_answers_and_without_nc_the_connection(by: str) -> None:
    said, (status, info, certificate, connection) = ASKED[by]
    report = parse_probe("p", log_of(addresses=("getent", GETENT), ask=("curl", said), ask_past=("curl", said)))
    assert (report.status, report.network_info, report.certificate) == (status, info, certificate)
    assert (report.connection, report.past_dns) == (connection, connection)


def test_a_proxy_that_takes_every_connection_is_no_vault() -> None:
    report = parse_probe(
        "p",
        log_of(
            addresses=("getent", GETENT), connect=("nc", CONNECTED["ncat"][0]), ask=("curl", ASKED["certificate"][0])
        ),
    )
    assert (report.connection, report.certificate, report.status) == ("open", "bad", None)


def test_a_status_that_the_end_of_curl_does_not_bear_out_is_none() -> None:
    broken = Said(18, failed(18, "transfer closed").text.replace("000", "200"))
    assert parse_probe("p", log_of(addresses=("getent", GETENT), ask=("curl", broken))).status is None


def test_what_could_not_be_tried_says_why() -> None:
    bare = parse_probe("p", log_of(address=ADDRESS))
    no_curl = dict.fromkeys(("certificate", "status", "network_info", "past_dns_network_info"), NO_CURL)
    no_client = dict.fromkeys(("connection", "past_dns"), NO_CLIENT)
    assert bare.missing == {"resolution": RESOLVERS, "names": NO_LOOKUP} | no_curl | no_client
    assert (bare.resolution, bare.connection, bare.certificate, bare.status, bare.shown) == ("", "", "", None, ())
    unknown = parse_probe("p", log_of("somewhere", ask=GOOD_CURL))
    assert unknown.missing.keys() == {"resolution", "names", "dns_servers"} and unknown.dns_servers == ()


def test_without_curl_the_rest_is_told() -> None:
    busybox = ("nc", CONNECTED["busybox"][0])
    report = parse_probe("p", log_of(addresses=("getent", GETENT), names=NAMES["dig"], connect=busybox))
    assert report.missing == dict.fromkeys(("certificate", "status", "network_info"), NO_CURL)
    assert report.connection == "open"


def test_what_was_not_tried_for_want_of_an_address_says_so() -> None:
    program, said, _ = NO_NAMES["dig, no name"]
    nc = ("nc", CONNECTED["openbsd"][0])
    log = log_of(
        address=ADDRESS, addresses=("getent", NOT_FOUND), names=(program, said), connect_past=nc, ask_past=GOOD_CURL
    )
    report = parse_probe("p", log)
    assert report.missing == dict.fromkeys(("connection", "certificate", "status", "network_info"), NO_NAME)
    assert (report.past_dns, report.past_dns_network_info) == ("open", INFO)


@pytest.mark.parametrize("by", [by for by, (_, meaning) in ASKED.items() if meaning[0] is None])
def test_why_there_is_no_status_is_told_in_curls_words(by: str) -> None:
    said = ASKED[by][0]
    report = parse_probe("p", log_of(addresses=("getent", GETENT), names=NAMES["dig"], ask=("curl", said)))
    why = said.text.split("\n")[0] or f"curl ended with {said.code}"
    assert report.missing["status"] == report.missing["network_info"] == why
    assert report.missing.get("certificate", "") == ("" if report.certificate else why)
    assert report.missing.get("connection", "") == ("" if report.connection else why)


@pytest.mark.parametrize("by", [by for by, (_, meaning) in CONNECTED.items() if not meaning])
def test_why_nothing_is_known_of_a_connection_is_told_in_the_words_of_nc(by: str) -> None:
    said = CONNECTED[by][0]
    report = parse_probe("p", log_of(addresses=("getent", GETENT), connect=("nc", said)))
    assert report.missing["connection"] == (said.text.strip() or "nc ended with 124 and said nothing")


SILENT = "Connection timed out after 5001 milliseconds"
NEVER = "Failed to connect to kv1 port 443 after 5001 ms: Timeout was reached"


@pytest.mark.parametrize(
    ("nc", "curl", "meaning"),
    [
        ("openbsd", failed(28, SILENT), ("open", "silent")),  # a curl that does not tell of its address
        ("openbsd", failed(28, NEVER), ("open", "")),  # now and then it opens
        ("openbsd", failed(28, "Resolving timed out after 5000 milliseconds"), ("open", "")),
        ("openbsd, silent", failed(28, NEVER), ("timeout", "")),
        ("openbsd, no route", failed(7, "Failed to connect: Couldn't connect to server"), ("unreachable", "")),
        ("openbsd, silent", ASKED["good"][0], ("open", "good")),
        ("stopped by timeout", ASKED["swallowed"][0], ("open", "silent")),
        ("stopped by timeout", failed(28, NEVER), ("timeout", "")),
    ],
)
def test_nc_and_curl_are_one_story(nc: str, curl: Said, meaning: tuple[str, str]) -> None:
    log = log_of(addresses=("getent", GETENT), connect=("nc", CONNECTED[nc][0]), ask=("curl", curl))
    report = parse_probe("p", log)
    assert (report.connection, report.certificate) == meaning


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("akskv begin 1 probe\n", ""),
        ("begin 1 probe", "begin 2 probe"),
        ("begin 1 probe", "begin 1 look"),
        ("akskv begin", "\x1b[31makskv begin"),
        ("akskv end probe done\n", ""),
        ("akskv end probe done", "akskv end probe"),
        ("ran names dig 0", "ran names dig"),
        ("ran names dig 0", "ran names dig zero"),
        ("ran names dig 0", "ran names dig -1"),
        ("ran names dig 0", f"ran names dig {'9' * 5000}"),
    ],
)
def test_what_is_no_whole_report_is_refused(old: str, new: str) -> None:
    assert old in WHOLE
    with pytest.raises(BadInput):
        parse_probe("p", WHOLE.replace(old, new, 1))


@pytest.mark.parametrize("log", ["", "\n", "exec chroot: permission denied\n", "\x00\x7fELF\x02\ufffd", WHOLE.upper()])
def test_something_else_is_refused(log: str) -> None:
    with pytest.raises(BadInput, match="not the whole report"):
        parse_probe("p", log)


def test_a_line_that_was_said_neither_begins_nor_ends_a_report() -> None:
    forged = "akskv begin 1 probe\nakskv ran ask curl 0\nakskv end probe done"
    log = log_of(addresses=("getent", GETENT), names=("nslookup", Said(1, forged)))
    assert parse_probe("p", log).status is None
    with pytest.raises(BadInput):
        parse_probe("p", log.removesuffix("akskv end probe done\n"))


def test_colours_and_turned_text_are_left_out() -> None:
    log = WHOLE.replace("Connection to", "\x1b[31mConnection\u202e\u2066 to\x07\x9b", 1)
    report = parse_probe("p", log)
    assert all(line.isascii() and line.isprintable() for line in report.shown)
    assert report.shown[-1].startswith("[31mConnection to") and report.connection == "open"
    assert parse_probe("p", WHOLE.replace("node aks", "node \x1b]0;aks")).node == "]0;aks-pool1-0"


def test_very_long_output_is_shown_in_short() -> None:
    noise = "".join(f"{HOST}\tcanonical name = {'x' * 60_000}\n" for _ in range(50)) + ";; " + " IN " * 20_000
    report = parse_probe("p", log_of(names=("nslookup", Said(1, noise))))
    assert len(report.shown) == 20 and report.names == report.addresses == ()
    many = "".join(f"{HOST}\tcanonical name = a{each}.example.\n" for each in range(500))
    assert len(parse_probe("p", log_of(names=("nslookup", Said(1, many)))).names) == 40


def test_why_a_pod_stopped_is_told_from_what_a_program_said() -> None:
    assert stopped("Warning: x\nakskv stopped Pending  ContainerCreating \n") == "Pending  ContainerCreating"
    assert stopped("akskv stopped \x1b[31mno\u202e\n") == "[31mno"
    assert stopped("akskv stopped \n") == stopped("") == stopped(WHOLE) == ""
    assert stopped("akskv begin 1 probe\nakskv said story akskv stopped me\n") == ""


@given(st.integers(0, len(WHOLE) - 2))
def test_a_report_that_was_cut_is_never_read(length: int) -> None:
    with pytest.raises(BadInput):
        parse_probe("p", WHOLE[:length])


PIECES = st.sampled_from(
    [
        *(
            "akskv ",
            "ran ",
            "said ",
            "names ",
            "addresses ",
            "connect ",
            "ask ",
            "story ",
            "dns ",
            "node ",
            "nc ",
            "curl ",
        ),
        *(
            "0",
            "124",
            "\n",
            " ",
            "\t",
            "Server:",
            "Name:",
            "Address: ",
            "10.1.0.4",
            " IN A ",
            "\x1b[",
            "\u202e",
            "\x85",
        ),
        *("200 ", "x-ms-key", ":", "NXDOMAIN", "\u0661", "\u00b2", "99999999999999999999 "),
    ]
)
NOISE = st.lists(PIECES | st.text(max_size=6), max_size=40).map("".join)


def texts_of(report: Any) -> list[str]:
    found: list[str] = []
    for each in fields(report):
        value = getattr(report, each.name)
        found += [value] if isinstance(value, str) else value if isinstance(value, tuple) else ()
    return found


@given(NOISE, st.integers(0, WHOLE.count("\n")))
def test_any_output_is_a_report_or_bad_input(noise: str, at: int) -> None:
    rows = WHOLE.splitlines()
    within = "\n".join([*rows[:at], noise, *rows[at:]])
    for log in (noise, f"akskv begin 1 probe\n{noise}\nakskv end probe done\n", within):
        with suppress(BadInput):
            report = parse_probe("p", log)
            assert all(each.isascii() and each.isprintable() for each in texts_of(report))
            assert (report.resolution == "answer") == bool(report.addresses)
        assert stopped(log).isprintable()


@given(st.binary(max_size=300))
def test_binary_output_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        parse_probe("p", raw.decode("utf-8", "replace"))


def test_the_pool_is_that_of_the_order() -> None:
    assert parse_probe("a", WHOLE) == replace(parse_probe("b", WHOLE), pool="a")
