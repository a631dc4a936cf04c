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
    """What is not as it should be; empty: the node reaches the vault over the private endpoint of that address."""
    return tuple(_named(report, address)) or tuple(_reached(report))


def _named(report: ProbeReport, address: str) -> Iterator[str]:
    if "resolution" in report.missing:
        yield f"the name could not be looked up: {report.missing['resolution']}"
    elif report.resolution != "answer" or not report.addresses:
        yield f"{_OUTCOMES.get(report.resolution, report.resolution or 'no answer')} for the vault's name"
    elif set(report.addresses) != {address}:
        yield f"the vault's name leads to {', '.join(report.addresses)}, not to {address}"


def _reached(report: ProbeReport) -> Iterator[str]:
    if "status" in report.missing:
        yield f"the vault could not be asked: {report.missing['status']}"
    elif report.connection in ("refused", "timeout"):
        yield f"TCP 443 to the vault: {_OUTCOMES[report.connection]}"
    elif report.certificate != "good":
        yield f"the certificate of what answers is {report.certificate or 'unknown'}: something else stands in the way"
    elif report.status not in ANSWERED:
        yield f"the vault answers {report.status}"
    elif not _is_private(report.network_info):
        yield f"the request did not come over the private endpoint: {report.network_info or 'no vault answered'}"


_OUTCOMES = {
    "nxdomain": "no such name (NXDOMAIN)",
    "servfail": "the DNS server failed (SERVFAIL)",
    "timeout": "no answer in time",
    "refused": "refused",
}


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
    name = ", ".join(report.addresses) or _OUTCOMES.get(report.resolution, "no answer")
    reached = {"open": "TCP 443 open", "": "TCP 443 not tried"}.get(
        report.connection, f"TCP 443 {_OUTCOMES.get(report.connection, report.connection)}"
    )
    came = f"; the vault answered {report.status}, to {_origin(report.network_info)}" if report.status else ""
    return f"{report.node or report.pool}: name {name}; {reached}{came}"
