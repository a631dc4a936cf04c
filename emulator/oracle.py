"""The oracle: no secret may ever become unreadable, whatever a test does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Violation:
    """What can no longer be read, and the first request after which it was so."""

    what: str
    request: str


class Oracle:
    """Asks `unreadable` after every request: it names each secret that no slot of its API server can decrypt."""

    def __init__(self, unreadable: Callable[[], Iterable[str]]) -> None:
        self._unreadable = unreadable
        self._known: set[str] = set()
        self.violations: list[Violation] = []

    def begin(self) -> None:
        """What cannot be read when the world starts is part of its story, and no violation."""
        self._known.update(self._unreadable())

    def look(self, request: str) -> None:
        """Remembers what has become unreadable."""
        for what in self._unreadable():
            if what not in self._known:
                self._known.add(what)
                self.violations.append(Violation(what, request))

    def document(self) -> list[dict[str, Any]]:
        return [asdict(violation) for violation in self.violations]
