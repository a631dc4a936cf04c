"""Ids that come out the same in every run of the same world."""

from __future__ import annotations

from collections import Counter
from uuid import NAMESPACE_DNS, uuid5


class Ids:
    """Grows every id from the world's seed."""

    def __init__(self, seed: str) -> None:
        self._root = uuid5(NAMESPACE_DNS, f"{seed}.emulator.test")
        self._counts: Counter[str] = Counter()

    def uuid(self, *parts: str) -> str:
        """The id of what the parts name: the same parts, the same id."""
        return str(uuid5(self._root, "/".join(parts)))

    def next(self, kind: str) -> str:
        """A new id of this kind: the first, the second, ... of this run."""
        self._counts[kind] += 1
        return self.uuid(kind, str(self._counts[kind]))

    def principal(self, name: str) -> str:
        """The object id in Entra of `ops`, of a user-assigned identity by its name, of `cluster/<name>`."""
        return self.uuid("principal", name)
