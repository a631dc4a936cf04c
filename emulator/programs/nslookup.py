"""nslookup and host of bind 9.18. [M]"""

from __future__ import annotations

from itertools import pairwise

from emulator.programs.outcome import Outcome
from emulator.programs.view import Lookup, View

UNREACHED = ";; no servers could be reached\n"
_TRIES = 3


def nslookup(view: View, arguments: list[str]) -> Outcome:
    """`nslookup NAME [SERVER]`: everything on stdout, rc 1 for whatever is no answer. [M]"""
    names = [one for one in arguments if not one.startswith("-")]
    if not names:
        return Outcome(1, "", "nslookup: interactive mode is not emulated\n")
    found = view.look_up(names[0], names[1] if len(names) > 1 else "")
    silence = communications(found)
    if found.outcome == "timeout":
        return Outcome(1, f"{silence}{UNREACHED}\n", "", waits(found))
    head = f"{silence}Server:\t\t{found.server}\nAddress:\t{found.server}#53\n\n"
    if found.outcome != "answer":
        problem = f"** server can't find {names[0]}: {found.outcome.upper()}\n\n"
        return Outcome(1, head + problem, "", waits(found))
    body = "Non-authoritative answer:\n" + _records(found)
    if not found.addresses:
        return Outcome(1, f"{head}{body}*** Can't find {names[0]}: No answer\n\n", "", waits(found))
    return Outcome(0, f"{head}{body}\n", "", waits(found))


def communications(found: Lookup) -> str:
    """[M] What the tools of bind say of servers that are silent, each as often as it is asked."""
    return "".join(f";; communications error to {server}#53: timed out\n" * _TRIES for server in found.silent)


def waits(found: Lookup) -> int:
    return len(found.silent) * _TRIES


def chain(found: Lookup) -> list[tuple[str, str]]:
    """Each alias and what it stands for, without final dots."""
    names = [found.name.rstrip("."), *found.names]
    return list(pairwise(names))


def _records(found: Lookup) -> str:
    aliases = "".join(f"{alias}\tcanonical name = {name}.\n" for alias, name in chain(found))
    return aliases + "".join(f"Name:\t{found.last}\nAddress: {address}\n" for address in found.addresses)


_CODES = {"nxdomain": "3(NXDOMAIN)", "servfail": "2(SERVFAIL)"}


def host(view: View, arguments: list[str]) -> Outcome:
    """`host NAME [SERVER]`. [M]"""
    names = _without_options(arguments)
    if not names:
        return Outcome(1, "", "Usage: host [-aCdilrTvVw] [-t type] [-W time] hostname [server]\n")
    found = view.look_up(names[0], names[1] if len(names) > 1 else "")
    head = communications(found)
    if found.outcome == "timeout":
        return Outcome(1, head + UNREACHED, "", waits(found))
    if len(names) > 1:
        head += f"Using domain server:\nName: {names[1]}\nAddress: {found.server}#53\nAliases: \n\n"
    if found.outcome != "answer":
        return Outcome(1, f"{head}Host {names[0]} not found: {_CODES[found.outcome]}\n", "", waits(found))
    lines = "".join(f"{alias} is an alias for {name}.\n" for alias, name in chain(found))
    lines += "".join(f"{found.last} has address {address}\n" for address in found.addresses)
    return Outcome(0, head + (lines or f"{names[0]} has no A record\n"), "", waits(found))


def _without_options(arguments: list[str]) -> list[str]:
    """`-t` and `-W` have a value."""
    names, rest = [], iter(arguments)
    for one in rest:
        if one in ("-t", "-W", "-R", "-c"):
            next(rest, None)
        elif not one.startswith("-"):
            names.append(one)
    return names
