"""What the programs of a node say about the network, understood: getent, dig, nslookup, host, nc and curl.

Measured with bind 9.18, busybox 1.36, glibc, OpenBSD's nc and curl 7.88 and 8.5 [M]; ncat, busybox 1.28 and what other
versions of curl say is from their sources [3P]. A line that none of them prints says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

NOT_FOUND = 2
"""The exit code of getent for a name without an address, whatever the cause. [getent(1)]"""
TIMED_OUT = 124
"""The exit code of timeout(1)."""
MOST = 40
"""Names or addresses of one answer that are kept; a chain in Azure has about five names. [OWN]"""

_NAME = r"([A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?)\.?"
_CANONICAL = {
    "dig": re.compile(rf"\S+\s+\d+\s+IN\s+CNAME\s+{_NAME}"),
    "nslookup": re.compile(rf"\S+\s+canonical name = {_NAME}"),
    "host": re.compile(rf"\S+ is an alias for {_NAME}"),
}
_ADDRESS = {
    "dig": re.compile(r"\S+\s+\d+\s+IN\s+A(?:AAA)?\s+(\S+)"),
    "nslookup": re.compile(r"Address(?: \d+)?:\s*(\S+)(?: \S+)?"),
    "host": re.compile(r"\S+ has (?:IPv6 )?address (\S+)"),
}
_OUTCOMES = (
    ("nxdomain", re.compile(r"\bNXDOMAIN\b")),
    ("servfail", re.compile(r"\bSERVFAIL\b")),
    ("refused", re.compile(r"\bREFUSED\b")),
    ("timeout", re.compile(r"timed out|no servers could be reached")),
    ("unresolved", re.compile(r"^nslookup: can't resolve '")),  # busybox 1.28, which asks the C library
    ("nodata", re.compile(r"status: NOERROR|: No answer$")),
)
"""The first that any line has: a server may be silent before the next one answers, but no answer comes with another."""


@dataclass(frozen=True)
class Lookup:
    """`outcome` as ProbeReport.resolution; empty: the program did not say."""

    outcome: str = ""
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def looked_up(program: str, code: int, lines: Sequence[str]) -> Lookup:
    """By dig, nslookup or host. The names need not follow from each other: printed chains have gaps. Exit codes say
    little: nslookup ends with 1 when only the AAAA record failed, dig with 0 on NXDOMAIN [M]. So an answer is one that
    holds an address."""
    if program not in _CANONICAL:
        return Lookup()
    told = [line.strip() for line in lines]
    names = _found(_CANONICAL[program], told)
    addresses = tuple(each for each in _found(_ADDRESS[program], _of_answer(program, told)) if is_address(each))
    if addresses:
        return Lookup("answer", names, addresses)
    said = next((outcome for outcome, pattern in _OUTCOMES if any(map(pattern.search, told))), "")
    if not said:
        said = "timeout" if code == TIMED_OUT else "nodata" if names else ""
    return Lookup(said, names)


def _of_answer(program: str, told: list[str]) -> list[str]:
    """nslookup names the server and its address first, and each name of the answer before its address; not every
    busybox marks the server's with a port."""
    if program != "nslookup":
        return told
    return told[next((at for at, line in enumerate(told) if line.startswith("Name:")), len(told)) :]


def library_addresses(lines: Iterable[str]) -> tuple[str, ...]:
    """Of `getent ahosts`: a line for each kind of socket."""
    first = (line.split(maxsplit=1)[0] for line in lines if line.strip())
    return tuple(dict.fromkeys(each for each in first if is_address(each)))[:MOST]


def connected(code: int, lines: Iterable[str]) -> str:
    """As ProbeReport.connection says it, from nc of any kind; empty: it did not come so far, or had to be ended, which
    that of busybox also has to be when it is connected and the other end does not close. Of several addresses the one
    that is nearest to a connection counts: a node without IPv6 has no route to an address of it."""
    if code == 0:
        return "open"
    return _turned_away(" ".join(lines).lower())


def _turned_away(words: str) -> str:
    if "refused" in words or "reset by peer" in words:
        return "refused"
    if "timed out" in words or "timeout" in words:
        return "timeout"
    return "unreachable" if "no route to host" in words or "is unreachable" in words else ""


@dataclass(frozen=True)
class Asked:
    """What curl came to. `connection` and `certificate` as in ProbeReport, empty where it does not say; `why` is what
    it said about its failure."""

    connection: str = ""
    certificate: str = ""
    status: int | None = None
    network_info: str = ""
    why: str = ""


_CERTIFICATES = {
    **dict.fromkeys((0, 8, 16, 18, 52, 55, 56, 92), "good"),
    **dict.fromkeys((51, 60), "bad"),
    35: "broken",
}
"""By curl's exit code. Those of the first line come after the handshake [curl(1), EXIT CODES]; 35, 52, 56, 60 [M]."""
_NOT_CONNECTED, _OUT_OF_TIME = 7, 28
_HEADER = "x-ms-keyvault-network-info:"
_WRITTEN = re.compile(r"([0-9]{3}) ([0-9A-Fa-f:.]*) ?[0-9]*")


def asked(code: int, lines: Sequence[str]) -> Asked:
    """Of a request with `-w '%{http_code} %{remote_ip} %{ssl_verify_result}'`. A status or a header counts only from
    one that showed the vault's certificate, in an answer that is whole."""
    why = next((line for line in lines if line.startswith("curl: ")), f"curl ended with {code}") if code else ""
    written = [match for line in lines if (match := _WRITTEN.fullmatch(line.strip()))]
    status, remote = (int(written[-1][1]), written[-1][2]) if written else (0, "")
    certificate = _CERTIFICATES.get(code, "")
    if code == _OUT_OF_TIME:
        certificate = _out_of_time(why, remote)
    connection = "open" if certificate or (remote and code not in (_NOT_CONNECTED, _OUT_OF_TIME)) else ""
    if code == 0:
        info = [line[len(_HEADER) :].strip() for line in lines if line.lower().startswith(_HEADER)]
        return Asked(connection, certificate, status or None, info[-1] if info else "")
    return Asked(connection or _never_connected(code, why), certificate, why=why)


def _out_of_time(why: str, remote: str) -> str:
    """What curl tells of the address that it is connected to, and of bytes, only from then on. [M]"""
    if "bytes received" in why:
        return "good"
    return "silent" if "SSL" in why or (remote and "Failed to connect" not in why) else ""


def _never_connected(code: int, why: str) -> str:
    """Newer curls call what ended at once "Couldn't connect to server", and leave open how. [M]"""
    if code == _NOT_CONNECTED:
        return _turned_away(why.lower()) or "refused"
    return "timeout" if code == _OUT_OF_TIME and "Resolving" not in why else ""


def is_address(told: str) -> bool:
    try:
        ip_address(told)
    except ValueError:
        return False
    return True


def _found(pattern: re.Pattern[str], lines: Iterable[str]) -> tuple[str, ...]:
    matches = (pattern.fullmatch(line) for line in lines)
    return tuple(dict.fromkeys(match[1] for match in matches if match))[:MOST]
