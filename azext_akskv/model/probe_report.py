"""What the script of a probe wrote, read: programs of a node, each with its exit code and its own words, which
model/network_tools.py understands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import printable
from azext_akskv.model.network_tools import (
    NOT_FOUND,
    TIMED_OUT,
    Asked,
    Lookup,
    asked,
    connected,
    is_address,
    library_addresses,
    looked_up,
)
from azext_akskv.model.probe import ProbeReport

RESOLVERS = "the node has none of getent, dig, nslookup and host"
NO_LOOKUP = "the node has none of dig, nslookup and host"
NO_CURL = "the node has no curl"
NO_CLIENT = "the node has neither nc nor curl"
NO_NAME = "not tried: the node finds no address for the vault's name"
_EXIT_CODE = re.compile(r"\d{1,3}")
_MOST_SHOWN = 20


@dataclass
class Ran:
    """One program: what it was run for, its exit code, what it said."""

    program: str
    code: int
    said: list[str] = field(default_factory=list)

    @property
    def end(self) -> str:
        """The last thing it said, else how it ended."""
        return self.said[-1] if self.said else f"{self.program} ended with {self.code} and said nothing"


@dataclass
class _Parts:
    """`words`: the `node`, and the `address` of the private endpoint when it was to be tried past the name."""

    words: dict[str, str] = field(default_factory=dict)
    servers: list[str] = field(default_factory=list)
    steps: dict[str, Ran] = field(default_factory=dict)


def parse_probe(pool: str, log: str) -> ProbeReport:
    """Raises BadInput when it is not the whole report of a probe."""
    parts = _parts(log)
    steps, missing = parts.steps, dict[str, str]()
    servers = tuple(dict.fromkeys(each for each in parts.servers if is_address(each)))
    if not servers:
        missing["dns_servers"] = "the node's resolv.conf names none"
    lookup = _lookup(steps.get("names"))
    resolution, addresses = _resolved(steps, lookup, missing)
    by_name = _reached(steps.get("connect"), steps.get("ask"))
    past = _reached(steps.get("connect-past"), steps.get("ask-past"))
    missing |= _untold_by_name(steps, by_name)
    if "address" in parts.words:
        missing |= _untold(steps.get("connect-past"), steps.get("ask-past"), past, _PAST)
    return ProbeReport(
        pool=pool,
        node=parts.words.get("node", ""),
        dns_servers=servers,
        resolution=resolution,
        names=lookup.names,
        addresses=addresses,
        server_addresses=lookup.addresses,
        connection=by_name.connection,
        past_dns=past.connection,
        past_dns_network_info=past.network_info,
        certificate=by_name.certificate,
        status=by_name.status,
        network_info=by_name.network_info,
        missing=missing,
        shown=_shown(steps),
    )


def stopped(log: str) -> str:
    """Why the pod did not come to its end; empty where nothing is said about it. The line stands by itself: what a
    program on the node said begins otherwise."""
    lines = (printable(line).strip() for line in log.splitlines())
    return next((line.removeprefix("akskv stopped ") for line in lines if line.startswith("akskv stopped ")), "")


def _parts(log: str) -> _Parts:
    lines = [printable(line) for line in log.splitlines()]
    if "akskv begin 1 probe" not in lines or "akskv end probe done" not in lines:
        raise BadInput("the pod's output is not the whole report of a probe")
    parts = _Parts()
    for line in lines:
        match line.split(" ", 3):
            case ["akskv", "node" | "address" as word, value]:
                parts.words[word] = value
            case ["akskv", "dns", server]:
                parts.servers.append(server)
            case ["akskv", "ran", step, rest]:
                program, _, code = rest.partition(" ")
                if not _EXIT_CODE.fullmatch(code):
                    raise BadInput("a program without an exit code")
                parts.steps[step] = Ran(program, int(code))
            case ["akskv", "said", step, words] if step in parts.steps:
                parts.steps[step].said.append(words)
    return parts


def _lookup(names: Ran | None) -> Lookup:
    return looked_up(names.program, names.code, names.said) if names else Lookup()


def _library(steps: dict[str, Ran]) -> Ran | None:
    """getent, where it answered; one that cannot even run, or knows no such database, says nothing of the name."""
    found = steps.get("addresses")
    return found if found and found.code in (0, NOT_FOUND, TIMED_OUT) else None


def _resolved(steps: dict[str, Ran], lookup: Lookup, missing: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """The outcome, and the addresses that programs get: those of the C library, where it was asked. That it finds none
    although a server gives one is an outcome of its own."""
    library, names = _library(steps), steps.get("names")
    if not names:
        missing["names"] = NO_LOOKUP
    if not library:
        if not lookup.outcome:
            missing["resolution"] = _why_unknown(steps)
        return lookup.outcome, lookup.addresses
    addresses = library_addresses(library.said) if library.code == 0 else ()
    if addresses:
        return "answer", addresses
    if lookup.outcome in ("", "answer"):
        slow = library.code == TIMED_OUT and not lookup.outcome
        return "timeout" if slow else "unresolved", ()
    return lookup.outcome, ()


def _why_unknown(steps: dict[str, Ran]) -> str:
    ran = [each for each in (steps.get("addresses"), steps.get("names")) if each]
    return "; ".join(f"{each.program} ended with {each.code}: {each.end}" for each in ran) or RESOLVERS


def _reached(nc: Ran | None, curl: Ran | None) -> Asked:
    """What nc and curl came to together. A connection that curl had is one, whatever nc said before. Where curl does
    not tell what it had no time for, and nc was connected, it was the handshake."""
    came = asked(curl.code, curl.said) if curl else Asked()
    if not nc or came.connection == "open":
        return came
    connection = connected(nc.code, nc.said) or came.connection
    swallowed = connection == "open" and came.connection == "timeout" and "Failed to connect" not in came.why
    return Asked(connection, "silent" if swallowed else "", why=came.why)


_BY_NAME = ("connection", "certificate", "status", "network_info")
_PAST = ("past_dns", "", "past_dns_network_info", "")


def _untold_by_name(steps: dict[str, Ran], came: Asked) -> dict[str, str]:
    library = _library(steps)
    if library and library.code and not {"connect", "ask"} & steps.keys():
        return dict.fromkeys(_BY_NAME, NO_NAME)
    return _untold(steps.get("connect"), steps.get("ask"), came, _BY_NAME)


def _untold(nc: Ran | None, curl: Ran | None, came: Asked, names: tuple[str, str, str, str]) -> dict[str, str]:
    """Why not, by the names of the report's fields; an empty name is of none."""
    connection, certificate, status, info = names
    of_curl = came.why or (f"curl ended with {curl.code} and did not say" if curl else NO_CURL)
    of_nc = nc.end if nc else of_curl if curl else NO_CLIENT
    untold = {} if came.connection else {connection: came.why or of_nc}
    if not came.certificate:
        untold[certificate] = of_curl
    if came.status is None:
        untold |= {status: of_curl, info: of_curl}
    untold.pop("", None)
    return untold


def _shown(steps: dict[str, Ran]) -> tuple[str, ...]:
    """The lines that a person knows from nslookup and nc."""
    names = steps.get("story") or steps.get("names")
    lines = [*(names.said if names else ()), *(steps["connect"].said if "connect" in steps else ())]
    return tuple(line for line in lines if line.strip())[:_MOST_SHOWN]
