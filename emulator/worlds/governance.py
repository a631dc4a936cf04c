"""What binds even an Owner, as data of a world: locks and policies; and roles that Azure does not ship."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lock:
    """A management lock: `level` is CanNotDelete or ReadOnly, `scope` as in a Grant."""

    name: str
    level: str
    scope: str
    notes: str = ""
