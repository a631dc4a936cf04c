"""dig of bind 9.18. [M]"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from emulator.programs.nslookup import UNREACHED, chain, communications, waits
from emulator.programs.outcome import Outcome
from emulator.programs.view import Lookup, View

_SECTIONS = ("cmd", "comments", "question", "answer", "authority", "additional", "stats")
_TYPES = ("A", "AAAA", "CNAME", "TXT", "MX", "NS", "SOA")
_VERSION = "9.18.28-0ubuntu0.22.04.1-Ubuntu"


@dataclass
class _Asked:
    names: list[str] = field(default_factory=list)
    server: str = ""
    kind: str = "A"
    short: bool = False
    shown: set[str] = field(default_factory=lambda: set(_SECTIONS))


def dig(view: View, arguments: list[str]) -> Outcome:
    """`dig [@SERVER] NAME [TYPE] [+noall +comments +answer | +short]`. [M] rc 9 when no server answers, and 0 for
    everything else, NXDOMAIN and SERVFAIL among it."""
    asked = _asked(arguments)
    if not asked.names:
        return Outcome(1, "", "dig: a name is needed\n")
    name = asked.names[0]
    found = view.look_up(name, asked.server)
    silence = communications(found)
    banner = f"\n; <<>> DiG {_VERSION} <<>> {' '.join(arguments)}\n;; global options: +cmd\n"
    banner = banner if "cmd" in asked.shown and not asked.short else ""
    if found.outcome == "timeout":
        return Outcome(9, f"{silence}{banner}{UNREACHED}\n", "", waits(found))
    if asked.short:
        return Outcome(0, silence + _short(found, asked.kind), "", waits(found))
    return Outcome(0, silence + banner + _message(found, asked), "", waits(found))


def _asked(arguments: list[str]) -> _Asked:
    """Options that change nothing of what is shown, such as `+time=2`, change nothing here."""
    asked = _Asked()
    for one in arguments:
        option = one.removeprefix("+")
        if one.startswith("@"):
            asked.server = one[1:]
        elif one.startswith("+"):
            _switch(asked, option)
        elif one.upper() in _TYPES:
            asked.kind = one.upper()
        elif not one.startswith("-") and one.upper() != "IN":
            asked.names.append(one)
    return asked


def _switch(asked: _Asked, option: str) -> None:
    on, name = not option.startswith("no"), option.removeprefix("no")
    if name == "short":
        asked.short = on
    sections = set(_SECTIONS) if name == "all" else {name} & set(_SECTIONS)
    asked.shown = asked.shown | sections if on else asked.shown - sections


def _records(found: Lookup, kind: str) -> list[tuple[str, int, str, str]]:
    """Owner, ttl, type and data; a CNAME alone is the first of the chain."""
    aliases = [(f"{alias}.", 60, "CNAME", f"{name}.") for alias, name in chain(found)]
    if kind == "CNAME":
        return aliases[:1]
    addresses = [(f"{found.last}.", found.ttl, "A", address) for address in found.addresses]
    return aliases + (addresses if kind == "A" else [])


def _short(found: Lookup, kind: str) -> str:
    """[M] The trap: an alias and rc 0 where the name does not exist."""
    return "".join(f"{data}\n" for *_, data in _records(found, kind))


def _message(found: Lookup, asked: _Asked) -> str:
    status = "NOERROR" if found.outcome == "answer" else found.outcome.upper()
    answers = _records(found, asked.kind)
    question = f";{found.name.rstrip('.')}."
    number = zlib.crc32(f"{found.name}/{found.server}".encode()) & 0xFFFF
    sections = {
        "comments": f";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: {number}\n"
        f";; flags: qr rd ra; QUERY: 1, ANSWER: {len(answers)}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1224\n",
        "question": _titled("QUESTION", asked, f"{_columns(question, (32, 'IN'), (40, asked.kind))}\n\n"),
        "answer": _titled("ANSWER", asked, _answers(answers)) if answers else "",
        "stats": f";; Query time: 3 msec\n;; SERVER: {found.server}#53({found.server}) (UDP)\n\n",
    }
    return "".join(text for name, text in sections.items() if name in asked.shown) + _closing(answers, asked)


def _titled(title: str, asked: _Asked, text: str) -> str:
    return f";; {title} SECTION:\n{text}" if "comments" in asked.shown else text


def _closing(answers: list[tuple[str, int, str, str]], asked: _Asked) -> str:
    """An empty line ends what has comments and no answer."""
    return "\n" if "comments" in asked.shown and not answers and "stats" not in asked.shown else ""


def _answers(records: list[tuple[str, int, str, str]]) -> str:
    lines = (_columns(owner, (24, str(ttl)), (32, "IN"), (40, kind), (48, data)) for owner, ttl, kind, data in records)
    return "".join(f"{line}\n" for line in lines) + "\n"


def _columns(first: str, *rest: tuple[int, str]) -> str:
    """[SRC] Each word begins in its column, or one further than the word before ends; tabs wherever they fit."""
    line, column = first, len(first)
    for wanted, word in rest:
        start = max(wanted, column + 1)
        tabs = start // 8 - column // 8
        spaces = start - (start // 8 * 8 if tabs else column)
        line += "\t" * tabs + " " * spaces + word
        column = start + len(word)
    return line
