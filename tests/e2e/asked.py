"""The requests of an undisturbed run, told apart as the table of reliability tells them apart.

Nothing here knows a request by name: what a flow asks is read from the emulation's request log. A row is a method and a
path, with {} for each name in it, and the change that was the last one before it. In each such phase the same request
may be made many times: its first time and its last time are rows. So a look, a preview, a step's look and its act are
struck on both sides of every change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.changes import AT_WORK, may_change

LogLine = Mapping[str, Any]
_HEX = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Asked:
    """The request that is the nth to match `method` and `template` at `site`."""

    site: str
    method: str
    template: str
    after: str
    """The last change before it, in short; empty: none."""
    place: str
    """first or last in its phase."""
    nth: int

    @property
    def title(self) -> str:
        return short(self.method, self.template)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The same in every run; `nth` may differ by a poll."""
        return self.site, self.method, self.template.lower(), self.after, self.place

    @property
    def pattern(self) -> str:
        """A regular expression for the path of all requests of this kind."""
        return pattern_of(self.template)


def pattern_of(template: str) -> str:
    return "^" + "[^/?]+".join(re.escape(part) for part in template.split("{}")) + r"(\?|$)"


def template_of(site: str, url: str) -> str:
    """The path with {} for each name in it: types and names take turns in the paths of all three services."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if site == "arm":
        return "/" + "/".join(_arm(parts))
    if site == "kubernetes":
        named = _after(parts, 3 if parts[:1] == ["apis"] else 2 if parts[:1] == ["api"] else len(parts))
        return "/" + "/".join(named)
    if site == "keyvault":
        return "/" + "/".join("{}" if n == 1 or _HEX.fullmatch(part) else part for n, part in enumerate(parts))
    return "/" + "/".join(parts)


def _arm(parts: Sequence[str]) -> Iterator[str]:
    """/subscriptions/{}/resourceGroups/{}/providers/Namespace/type/{}/type/{}/action"""
    turn = 0  # even: a type, odd: a name
    for number, part in enumerate(parts):
        namespace = number > 0 and parts[number - 1].lower() == "providers"
        if part.lower() == "providers" or namespace:
            turn = 0
            yield part
        else:
            yield "{}" if turn % 2 else part
            turn += 1


def _after(parts: Sequence[str], start: int) -> list[str]:
    return [*parts[:start], *("{}" if n % 2 else part for n, part in enumerate(parts[start:]))]


def short(method: str, template: str) -> str:
    """As a reader of the table wants it: without subscription, group and providers, and the driver's kinds in short."""
    path = re.sub(r"^/subscriptions/\{\}(/resourceGroups/\{\})?/", "/", template, flags=re.IGNORECASE)
    path = path.replace("/apis/secrets-store.csi.x-k8s.io/", "/apis/secrets-store/")
    return f"{method} {re.sub('/providers/[^/]+/', '/', path)}"


def asked_in(log: Sequence[LogLine]) -> list[Asked]:
    """The rows, in the order of their first request."""
    places: dict[tuple[str, str, str, str], list[int]] = {}
    counts: dict[tuple[str, str, str], int] = {}
    after = ""
    for line in log:
        kind = line["site"], line["method"], template_of(line["site"], line["url"])
        counts[kind] = counts.get(kind, 0) + 1
        places.setdefault((*kind, after), []).append(counts[kind])
        # secrets are patched side by side with the lists of others
        apart = line["method"] == "PATCH" or AT_WORK in line["url"]
        if may_change(line["method"], line["url"]) and not apart:
            after = short(line["method"], kind[2])
    return [
        Asked(*kind, place=place, nth=numbers[end])
        for kind, numbers in places.items()
        for place, end in (("first", 0), ("last", -1))
        if end == 0 or len(numbers) > 1
    ]
