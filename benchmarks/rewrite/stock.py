"""The secrets that are rewritten: opaque ones of one size, in ten namespaces. each_once.lua makes the same names."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACES = tuple(f"bench-{number:02}" for number in range(10))


@dataclass(frozen=True)
class Stock:
    """So many secrets, each with one random value of so many bytes."""

    count: int
    size: int

    def __str__(self) -> str:
        return f"{self.count:,} of {self.size / 1000:g} KB"
