"""nc, the one of OpenBSD. [M]"""

from __future__ import annotations

from emulator.programs.outcome import Outcome
from emulator.programs.resolver import host_of
from emulator.programs.view import View, literal

_WITH_VALUE = "IMOPqsTVWwXx"
_SERVICES = {"443": "https", "80": "http", "53": "domain", "22": "ssh"}


def nc(view: View, arguments: list[str]) -> Outcome:
    """`nc [-v] [-z] [-w SECONDS] HOST PORT`, on stderr. [M]"""
    flags, values, words = _parsed(arguments)
    if len(words) != 2 or not words[1].isdigit() or "u" in flags:
        return Outcome(1, "", "usage: nc [-46CDdFhklNnrStUuvZz] [-w timeout] [destination] [port]\n")
    name, port = words
    found = host_of(view, name)
    if not found.addresses:
        text = f'nc: getaddrinfo for host "{name}" port {port}: {found.why}\n'
        return Outcome(1, "", text, found.waits)
    told, waits = "", found.waits
    for address in found.addresses:
        outcome = view.reach(address, int(port))
        if outcome == "connected":
            where = name if literal(name) else f"{name} ({address})"
            told += f"Connection to {where} {port} port [tcp/{_SERVICES.get(port, '*')}] succeeded!\n"
            return Outcome(0, "", told if "v" in flags else "", waits)
        waits += outcome == "timeout"
        told += f"nc: connect to {name} port {port} (tcp) {_failure(outcome, 'w' in values)}\n"
    return Outcome(1, "", told if "v" in flags else "", waits)


def _failure(outcome: str, limited: bool) -> str:
    """[M] With -w it is nc that loses its patience, without it the kernel."""
    if outcome == "refused":
        return "failed: Connection refused"
    return "timed out: Operation now in progress" if limited else "failed: Connection timed out"


def _parsed(arguments: list[str]) -> tuple[set[str], dict[str, str], list[str]]:
    """Flags, options that have a value, and the other words; as getopt reads `-zvw2` and `-w 2`."""
    flags, values, words = set[str](), dict[str, str](), list[str]()
    rest = iter(arguments)
    for one in rest:
        if not one.startswith("-") or one == "-":
            words.append(one)
            continue
        for place, letter in enumerate(one[1:], 2):
            if letter in _WITH_VALUE:
                values[letter] = one[place:] or next(rest, "")
                break
            flags.add(letter)
    return flags, values, words
