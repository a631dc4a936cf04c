"""What the script in the command pod prints, decoded: gateways/inside/ writes it.

Its output comes through ARM, may be cut anywhere, and holds words of whoever writes to the cluster. So it counts only
from its first line on and to its last whole one, every field has a form, and a report without its end is one that was
cut, never one that is done.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from azext_akskv.model.holder import Holder, held_by
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.kube import KubeRight, Refused, SecretRef, Switch, Tally, is_platforms
from azext_akskv.model.members import printable
from azext_akskv.model.sweep import Swept

MARK = "akskv "
NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
CLASS = re.compile(r"[A-Za-z]{1,60}", re.ASCII)
LONGEST_REASON = 400
ENDS = ("done", "more", "failed")
ANY = "*"
"""In place of a secret's name: one that the API server does not tell."""


@dataclass(frozen=True)
class Gap:
    """What could not be looked at or done: the class of the API server's error, and what is known to hold no value."""

    what: str
    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Report:
    """`lines` are words and what follows them; `ended` is `cut` where the end is missing."""

    mode: str
    lines: tuple[tuple[str, str], ...]
    ended: str

    def all(self, word: str) -> Iterator[str]:
        return (rest for found, rest in self.lines if found == word)

    def first(self, word: str) -> str | None:
        return next(self.all(word), None)

    def gap(self, what: str) -> Gap | None:
        """The first line that says that this could not be done. Raises BadInput."""
        gaps = (gap_of(rest) for word in ("gap", "failed") for rest in self.all(word))
        return next((each for each in gaps if what in ("", each.what)), None)


@dataclass(frozen=True)
class Looked:
    """One look from inside. `gaps` says what of it could not be looked at."""

    ready: bool
    count: int | None
    namespaces: int
    unreadable: tuple[Refused, ...]
    rights: dict[KubeRight, bool]
    holder: Holder | None
    gaps: dict[str, Gap]


def parse_report(logs: str) -> Report:
    """Raises BadInput when there is no report in it, or a part of one without its beginning."""
    whole = logs[: logs.rfind("\n") + 1]  # the line that was cut
    lines = [line[len(MARK) :].partition(" ") for line in whole.split("\n") if line.startswith(MARK)]
    if not lines or lines[0][0] != "begin" or not lines[0][2].startswith("1 "):
        raise BadInput(f"the script's report does not begin as it should: {in_short(logs[:200])}")
    mode, told = lines[0][2][2:], list[tuple[str, str]]()
    for word, _, rest in lines[1:]:
        if word == "end":
            told_mode, _, state = rest.partition(" ")
            if told_mode != mode or state not in ENDS:
                raise BadInput(f"the script's report ends as another one: {in_short(rest)}")
            return Report(mode, tuple(told), state)
        told.append((word, printable(rest)))
    return Report(mode, tuple(told), "cut")


def swept(report: Report) -> Swept:
    """Raises BadInput for numbers that do not add up."""
    seen: list[Refused] = []
    result = Swept(Tally(), None, report.ended)
    for word, rest in report.lines:
        if word == "refused":
            seen.append(refused_of(rest))
        elif word == "finished":
            namespace, *numbers = fields(rest, 6)
            total, rewritten, current, gone, conflicts = map(number, numbers)
            tally = Tally(total, rewritten, current, gone, conflicts)
            result = replace(result, finished=(name(namespace), added_up(tally)))
        elif word == "at":
            result = at(rest, result, tuple(seen))
    return replace(result, unreadable=unreadable_of(report))


def at(rest: str, before: Swept, seen: tuple[Refused, ...]) -> Swept:
    namespace, secret, *numbers = fields(rest, 11)
    total, rewritten, current, gone, conflicts, unproved, refused, rate, batch = map(number, numbers)
    if refused != len(seen) or unproved > current:
        raise BadInput(f"the script's report lacks some of the secrets that were refused: {in_short(rest)}")
    tally = added_up(Tally(total, rewritten, current, gone, conflicts, unproved, seen))
    if tally.total < before.tally.total:
        raise BadInput(f"the script's report counts backwards: {in_short(rest)}")
    position = SecretRef(name(namespace), name(secret))
    return replace(before, tally=tally, position=position, per_second=float(rate), at_once=max(1, batch))


def added_up(tally: Tally) -> Tally:
    if tally.total != tally.rewritten + tally.current + tally.gone + len(tally.refused):
        raise BadInput(f"the script's counts do not add up: {tally.total} in all")
    return tally


def looked(report: Report) -> Looked:
    """Raises BadInput also when the look was cut: half of it would be taken for all."""
    if report.ended != "done":
        raise BadInput(f"the look from inside did not come to its end ({report.ended})")
    counted = report.first("counted")
    count, namespaces = map(number, fields(counted, 2)) if counted else (None, 0)
    gaps = [gap_of(rest) for rest in report.all("gap")]
    return Looked(
        ready=report.first("ready") == "yes",
        count=count,
        namespaces=namespaces or 0,
        unreadable=unreadable_of(report),
        rights=dict(map(right_of, report.all("may"))),
        holder=holder_of(report),
        gaps={each.what: each for each in gaps},
    )


def switch_of(report: Report) -> Switch | None:
    """None also when somebody spoiled the note: then R0 is unknown, and everything is rewritten again."""
    notes = list(report.all("note"))
    try:
        key, tag, r0, proved = (json.loads(each) for each in notes)
        return Switch(str(key), str(tag), int(r0), str(proved) == "true")
    except (ValueError, TypeError):
        return None


def holder_of(report: Report) -> Holder | None:
    """Who is at work, by the pod's clock. Raises BadInput."""
    told, now = report.first("holder"), report.first("now")
    if told is None or now is None:
        return None
    acquired, heard, lasts, identity = [*told.split(" ", 3), "", "", ""][:4]
    try:
        times = [datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (now, acquired, heard)]
        return held_by(str(json.loads(identity)), times[1], (times[0] - times[2]).total_seconds(), number(lasts))
    except (ValueError, TypeError):
        raise BadInput(f"the script's report tells of no run that is at work: {in_short(told)}") from None


def right_of(rest: str) -> tuple[KubeRight, bool]:
    answer, verb, what, *where = rest.split()
    resource, _, group = what.partition(".")
    if answer not in ("yes", "no") or len(where) > 1:
        raise BadInput(f"not an answer about a right: {in_short(rest)}")
    return KubeRight(verb, resource, group, where[0] if where else None), answer == "yes"


def gap_of(rest: str) -> Gap:
    what, _, said = rest.partition(" ")
    kind, _, detail = said.partition(" ")
    if not CLASS.fullmatch(kind):
        raise BadInput(f"not a class of errors: {in_short(kind)}")
    return Gap(what, kind, detail.strip()[:LONGEST_REASON])


def refused_of(rest: str) -> Refused:
    namespace, secret, why = split(rest)
    kind, _, detail = why.partition(" ")
    if not CLASS.fullmatch(kind):
        raise BadInput(f"not a class of errors: {in_short(kind)}")
    words = f"{kind}: {detail}" if detail.strip() else kind
    return Refused(SecretRef(name(namespace), name(secret)), words[:LONGEST_REASON], is_platforms(detail))


def unreadable_of(report: Report) -> tuple[Refused, ...]:
    found = []
    for rest in report.all("unreadable"):
        namespace, secret, why = split(rest)
        ref = SecretRef(name(namespace), secret if secret == ANY else name(secret))
        found.append(Refused(ref, why[:LONGEST_REASON] or "the API server cannot decrypt it"))
    return tuple(found)


def split(rest: str) -> tuple[str, str, str]:
    namespace, _, behind = rest.partition(" ")
    secret, _, why = behind.partition(" ")
    return namespace, secret, why


def fields(rest: str, count: int) -> list[str]:
    found = rest.split(" ")
    if len(found) != count:
        raise BadInput(f"a line of the script's report has {len(found)} fields, expected {count}: {in_short(rest)}")
    return found


def number(told: str) -> int:
    if not NUMBER.fullmatch(told):
        raise BadInput(f"not a number: {in_short(told)}")
    return int(told)


def name(told: str) -> str:
    if not NAME.fullmatch(told):
        raise BadInput(f"not a name of Kubernetes: {in_short(told)}")
    return told
