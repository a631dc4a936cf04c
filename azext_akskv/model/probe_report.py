"""What the script of a probe wrote, read: programs of a node, each with its exit code and its own words.

The words are those of bind's, busybox's and glibc's programs, of three kinds of nc, and of curl, as they print them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import printable
from azext_akskv.model.probe import ProbeReport

RESOLVERS = "the node has none of getent, dig, nslookup and host"
NO_CURL = "the node has no curl"
TIMED_OUT = 124
"""The exit code of timeout(1)."""
_EXIT_CODE = re.compile(r"\d{1,3}")
_CANONICAL = (
    re.compile(r"canonical name = (\S+?)\.?$"),  # nslookup
    re.compile(r"\sIN\s+CNAME\s+(\S+?)\.?$"),  # dig
    re.compile(r" is an alias for (\S+?)\.?$"),  # host
)
_ADDRESS = (
    re.compile(r"\sIN\s+A{1,4}\s+(\S+)$"),
    re.compile(r" has (?:IPv6 )?address (\S+)$"),
    re.compile(r"^Address(?: \d+)?:\s*(\S+)(?: \S+)?$"),
)
_MOST_SHOWN = 20


@dataclass
class Ran:
    """One program: what it was run for, its exit code, what it said."""

    program: str
    code: int
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def parse_probe(pool: str, log: str) -> ProbeReport:
    """Raises BadInput when it is not the whole report of a probe."""
    node, servers, steps = _parts(log)
    names, found = steps.get("names"), steps.get("addresses")
    by_tool = addresses_in(names.said) if names else ()
    addresses = tuple(dict.fromkeys(line.split()[0] for line in found.said if line.strip())) if found else by_tool
    if found and found.code:
        addresses = ()
    missing: dict[str, str] = {}
    if not names and not found:
        missing["resolution"] = RESOLVERS
    asked = steps.get("ask")
    status, info, certificate = answered(asked)
    if asked is None and (addresses or missing):
        missing |= {"status": NO_CURL, "certificate": NO_CURL}
    return ProbeReport(
        pool=pool,
        node=node,
        dns_servers=tuple(servers),
        resolution="answer" if addresses else outcome_of(names, found),
        names=canonical_names(names.said) if names else (),
        addresses=addresses,
        connection=connected(steps.get("connect"), asked),
        past_dns=connected(steps.get("connect-past"), steps.get("ask-past")),
        certificate=certificate,
        status=status,
        network_info=info,
        missing=missing,
        shown=_shown(steps),
    )


def stopped(log: str) -> str:
    """Why the pod did not come to its end; empty where nothing is said about it. The line stands by itself: what a
    program on the node said begins otherwise."""
    lines = (printable(line).strip() for line in log.splitlines())
    return next((line.removeprefix("akskv stopped ") for line in lines if line.startswith("akskv stopped ")), "")


def _parts(log: str) -> tuple[str, list[str], dict[str, Ran]]:
    lines = [printable(line) for line in log.splitlines()]
    if "akskv begin 1 probe" not in lines or "akskv end probe done" not in lines:
        raise BadInput("the pod's output is not the whole report of a probe")
    node, servers, steps = "", list[str](), dict[str, Ran]()
    for line in lines:
        match line.split(" ", 3):
            case ["akskv", "node", name]:
                node = name
            case ["akskv", "dns", server]:
                servers.append(server)
            case ["akskv", "ran", step, rest]:
                program, _, code = rest.partition(" ")
                if not _EXIT_CODE.fullmatch(code):
                    raise BadInput("a program without an exit code")
                steps[step] = Ran(program, int(code))
            case ["akskv", "said", step, words] if step in steps:
                steps[step].said.append(words)
    return node, servers, steps


def canonical_names(lines: Sequence[str]) -> tuple[str, ...]:
    """In their order; the chain may have a gap, and busybox says each twice."""
    found = (pattern.search(line.strip()) for line in lines for pattern in _CANONICAL)
    return tuple(dict.fromkeys(match[1] for match in found if match))


def addresses_in(lines: Sequence[str]) -> tuple[str, ...]:
    """Those of the answer. nslookup names the server and its address first, and each name of the answer before its
    address; not every busybox marks the server's with a port."""
    answer, of_server = list[str](), False
    for line in map(str.strip, lines):
        of_server = line.startswith("Server:") or (of_server and not line.startswith("Name:"))
        if not of_server:
            answer += [match[1] for pattern in _ADDRESS if (match := pattern.search(line))]
    return tuple(dict.fromkeys(answer))


def outcome_of(names: Ran | None, found: Ran | None) -> str:
    """Why there is no address; empty where nothing says it."""
    text = names.text if names else ""
    if re.search(r"NXDOMAIN", text):
        return "nxdomain"
    if re.search(r"SERVFAIL|REFUSED", text):
        return "servfail"
    slow = TIMED_OUT in (each.code for each in (names, found) if each)
    return "timeout" if slow or re.search(r"timed out|no servers could be reached", text) else ""


def connected(by_nc: Ran | None, by_curl: Ran | None) -> str:
    """`open`, `refused`, `timeout`, or empty: by nc, else by how curl ended."""
    if by_nc:
        if by_nc.code == 0:
            return "open"
        text = by_nc.text.lower()
        slow = by_nc.code == TIMED_OUT or "timed out" in text or "timeout" in text
        return "refused" if "refused" in text else "timeout" if slow else ""
    return (
        {0: "open", 35: "open", 51: "open", 60: "open", 7: "refused", 28: "timeout"}.get(by_curl.code, "")
        if by_curl
        else ""
    )


def answered(asked: Ran | None) -> tuple[int | None, str, str]:
    """The HTTP status, x-ms-keyvault-network-info, and what the certificate is like. [curl(1), EXIT CODES]"""
    if asked is None:
        return None, "", ""
    certificate = {0: "good", 60: "bad", 51: "bad", 35: "broken"}.get(asked.code, "")
    info = next((line.partition(":")[2].strip() for line in asked.said if line.lower().startswith("x-ms-key")), "")
    status = next((int(line[:3]) for line in asked.said if re.match(r"[1-9]\d\d ", line)), None)
    return (status if asked.code == 0 else None), info, certificate


def _shown(steps: dict[str, Ran]) -> tuple[str, ...]:
    """The lines that a person knows from nslookup and nc."""
    names = steps.get("story") or steps.get("names")
    lines = [*(names.said if names else ()), *(steps["connect"].said if "connect" in steps else ())]
    return tuple(line for line in lines if line.strip())[:_MOST_SHOWN]
