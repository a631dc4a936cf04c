"""Names as the C library resolves them, for programs that connect; and getent, which shows it."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.programs.outcome import Outcome
from emulator.programs.view import Lookup, View, literal

_SHOWN_AS = ("STREAM", "DGRAM", "RAW")


@dataclass(frozen=True)
class Host:
    """`addresses` is empty for a name without any: then `why` is the C library's text. [M]"""

    addresses: tuple[str, ...]
    canonical: str
    waits: int = 0
    why: str = ""


def host_of(view: View, name: str) -> Host:
    """What getaddrinfo gives. [M] It tells a name that is not there from a resolver that does not work."""
    if literal(name):
        return Host((name,), name)
    found = view.look_up(name)
    if found.outcome in ("timeout", "servfail"):
        return Host((), name, _waits(found), "Temporary failure in name resolution")
    if not found.addresses:
        return Host((), name, _waits(found), "Name or service not known")
    return Host(found.addresses, found.last, _waits(found))


def _waits(found: Lookup) -> int:
    """[SRC] The C library asks a server that is silent a second time."""
    return len(found.silent) * (2 if found.outcome == "timeout" else 1)


def getent(view: View, arguments: list[str]) -> Outcome:
    """`getent ahosts|ahostsv4|hosts NAME...`; rc 2, silently, when one is not found. [M]"""
    if not arguments:
        return Outcome(1, "", "getent: wrong number of arguments\n")
    database, *names = arguments
    if database not in ("ahosts", "ahostsv4", "hosts"):
        return Outcome(1, "", f"Unknown database: {database}\nTry `getent --help' or `getent --usage' for more help.\n")
    code, waits, lines = 0, 0, ""
    for name in names:
        found = host_of(view, name)
        waits += found.waits
        if not found.addresses:
            code = 2
        elif database == "hosts":
            alias = f" {name}" if found.canonical != name else ""
            lines += "".join(f"{address:<15} {found.canonical}{alias}\n" for address in found.addresses)
        else:
            lines += _all_kinds(found)
    return Outcome(code, lines, "", waits)


def _all_kinds(found: Host) -> str:
    """[M] Three lines for each address; the canonical name stands in the very first."""
    kinds = [(address, kind) for address in found.addresses for kind in _SHOWN_AS]
    rest = "".join(f"{address:<15} {kind:<6} \n" for address, kind in kinds[1:])
    return f"{found.addresses[0]:<15} {_SHOWN_AS[0]} {found.canonical}\n{rest}"
