"""What all ports of tests/fakes.py have in common: before and after each effect is a moment at which the process can be
killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fakes import FakeWorld


class FakePort:
    def __init__(self, world: FakeWorld) -> None:
        self.world = world

    def asked(self, call: str) -> None:
        self.world.calls[call] += 1
        waiting = self.world.faults.get(call)
        if waiting:
            raise waiting.pop(0)
        self.world.settle()

    @contextmanager
    def changing(self, call: str) -> Iterator[None]:
        self.asked(call)
        self.world.moments.at(f"before {call}")
        yield
        self.world.writes[call] += 1
        self.world.moments.at(f"after {call}")
