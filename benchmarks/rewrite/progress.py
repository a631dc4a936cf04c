"""One line for each run, with how long all the others will still take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.rewrite.grid import Cell


@dataclass
class Line:
    result: str = "failed"


class Progress:
    """What is left is first guessed from earlier runs elsewhere, then corrected by how wrong that was so far."""

    def __init__(self, grid: tuple[Cell, ...]) -> None:
        self._left = sum(cell.expected_seconds(each) for cell in grid for each in (*cell.runs, *cell.weighed))
        self._guessed = self._took = 60.0
        print(f"{self._left / 60:.0f} minutes or so", flush=True)

    @contextmanager
    def run(self, cell: Cell, contender: str) -> Iterator[Line]:
        began, line, guessed = time.monotonic(), Line(), cell.expected_seconds(contender)
        try:
            yield line
        finally:
            self._left -= guessed
            self._guessed += guessed
            self._took += time.monotonic() - began
            self._tell(f"{cell!s:28} {contender:9}{line.result}")

    def aside(self, what: str) -> None:
        """Before something that is not measured."""
        self._tell(what)

    def _tell(self, what: str) -> None:
        left = self._left * self._took / self._guessed
        print(f"{what:66} {left / 60:4.0f} min left", flush=True)
