"""What a report from a node says of the way to the vault, in words. What could not be tried is never fine."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from azext_akskv.model.probe import ProbeReport

LOCAL_DNS = frozenset({"169.254.10.10", "169.254.10.11"})
"""AKS's LocalDNS on the node, which may hand out an old answer for up to an hour. [AKS docs]"""
ANSWERED = (200, 401)
"""What a vault says to a request without a token once it has let it in. [D]"""


def troubles(report: ProbeReport, address: str) -> tuple[str, ...]:
    """What is not as it should be; empty: the node reaches the vault over the private endpoint of that address. Where
    it is the name, also what comes past it: that tells a fault of DNS from one of the way."""
    named = tuple(_named(report, address))
    return (*named, *_past(report, address)) if named else tuple(_reached(report))


def _named(report: ProbeReport, address: str) -> Iterator[str]:
    given = ", ".join(report.server_addresses)
    if "resolution" in report.missing:
        yield f"the name could not be looked up: {report.missing['resolution']}"
    elif report.resolution != "answer" or not report.addresses:
        though = f", although the DNS server gives {given}" if given else ""
        why = report.missing.get("names", "") if report.resolution == "unresolved" else ""
        yield f"{_lookup_of(report)} for the vault's name{though}{f', and why is unknown: {why}' if why else ''}"
    elif set(report.addresses) != {address}:
        yield f"the vault's name leads to {', '.join(report.addresses)}, not to {address}"
    elif given and address not in report.server_addresses:
        yield f"programs of the node get {address} for the vault's name, but the DNS server gives {given}"


def _past(report: ProbeReport, address: str) -> Iterator[str]:
    info = report.past_dns_network_info
    if _is_private(info):
        yield f"past the name, {address} answers over the private endpoint"
    elif report.past_dns == "open":
        why = report.missing.get("past_dns_network_info", "what answers is no vault")
        came = f"the request did not come over the private endpoint: {info}" if info else f"not proved: {why}"
        yield f"past the name, TCP 443 to {address} is open, but {came}"
    elif report.past_dns:
        yield f"past the name, TCP 443 to {address}: {_CONNECTIONS.get(report.past_dns, report.past_dns)}"
    elif "past_dns" in report.missing:
        yield f"past the name, whether {address} is reached is unknown: {report.missing['past_dns']}"


def _reached(report: ProbeReport) -> Iterator[str]:
    why = report.missing.get("status", "")
    if report.connection in _CONNECTIONS:
        yield f"TCP 443 to the vault: {_CONNECTIONS[report.connection]}"
    elif report.certificate in _CERTIFICATES:
        yield f"{_CERTIFICATES[report.certificate]}{f' ({why})' if why else ''}"
    elif not report.certificate:
        told = f"the vault could not be asked: {why}" if why else "the request ended before anything could be told"
        yield f"whether the vault answers is unknown: {told}"
    elif report.status is None:
        yield f"the vault's certificate is shown, but no answer came{f': {why}' if why else ''}"
    elif report.status not in ANSWERED:
        yield f"the vault answers {report.status}"
    elif not _is_private(report.network_info):
        yield f"the request did not come over the private endpoint: {report.network_info or 'no vault answered'}"


_LOOKUPS = {
    "nxdomain": "no such name (NXDOMAIN)",
    "nodata": "no address (NODATA)",
    "servfail": "the DNS server failed (SERVFAIL)",
    "refused": "the DNS server refuses to answer (REFUSED)",
    "timeout": "no answer in time",
    "unresolved": "the node's C library finds no address",
}
_CONNECTIONS = {
    "refused": "refused",
    "timeout": "no answer in time",
    "unreachable": "no route to it",
}
_CERTIFICATES = {
    "bad": "the certificate of what answers is bad: something else stands in the way",
    "broken": "the TLS handshake is broken off: something stands in the way",
    "silent": "TCP 443 is open, and then nothing comes in the TLS handshake: something on the way swallows it",
}


def _lookup_of(report: ProbeReport) -> str:
    return _LOOKUPS.get(report.resolution, report.resolution or "no answer")


def _is_private(info: str) -> bool:
    try:
        return ipaddress.ip_address(_source(info)).is_private
    except ValueError:
        return False


def _source(info: str) -> str:
    """`conn_type=Ipv4;addr=10.224.0.5;act_addr_fam=InterNetwork;`: `addr` is where the request came from. [D]"""
    found = re.search(r"(?:^|;)addr=([0-9a-fA-F.:]+)", info)
    return found[1] if found else ""


def _origin(info: str) -> str:
    if not _source(info):
        return "a request of which it says nothing more"
    over = "over a private endpoint" if _is_private(info) else "over the public network"
    return f"a request from {_source(info)}, {over}"


def seen_in_words(report: ProbeReport) -> str:
    """What the node saw, in a line: the answer of the name, the connection, how the request came."""
    name = ", ".join(report.addresses) or _lookup_of(report)
    if not report.addresses and report.server_addresses:
        name += f" (the DNS server gives {', '.join(report.server_addresses)})"
    untold = "TCP 443 unknown" if report.addresses else "TCP 443 not tried"
    reached = {"open": "TCP 443 open", "": untold}.get(
        report.connection, f"TCP 443 {_CONNECTIONS.get(report.connection, report.connection)}"
    )
    tls = f"; {_SEEN[report.certificate]}" if report.certificate in _SEEN else ""
    came = f"; the vault answered {report.status}, to {_origin(report.network_info)}" if report.status else ""
    return f"{report.node or report.pool}: name {name}; {reached}{tls}{came}"


_SEEN = {
    "bad": "the certificate is not the vault's, or of nobody trusted",
    "broken": "the TLS handshake was broken off",
    "silent": "nothing came in the TLS handshake",
}
