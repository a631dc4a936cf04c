"""What is measured: each cell is one stock at one round trip, every contender in turn."""

from __future__ import annotations

from dataclasses import dataclass, replace

from benchmarks.rewrite.results import Results
from benchmarks.rewrite.stock import Stock

ALL = ("ours", "kubectl", "migrator", "wrk")
WITHOUT_KUBECTL = ("ours", "migrator", "wrk")
REPETITIONS = 3
SLOW = 3000 * 0.020
"""Seconds of waiting for the round trip alone, from which one repetition must do for who waits for each answer."""
MANY = 20_000


@dataclass(frozen=True)
class Cell:
    """`weighed`: their bytes are counted in one more run each, through a proxy that takes no time."""

    stock: Stock
    round_trip_ms: int
    contenders: tuple[str, ...]
    weighed: tuple[str, ...] = ()
    repetitions: int = REPETITIONS

    def __str__(self) -> str:
        return f"{self.stock}, {self.round_trip_ms} ms"

    def repeats(self, contender: str) -> int:
        """Who asks one thing after the other takes so long on a slow way, or with many secrets, that one must do."""
        waits = self.stock.count * self.round_trip_ms / 1000
        heavy = self.stock.size > 10_000 and contender in ("kubectl", "migrator")
        slow = contender in ("kubectl", "migrator") and (waits >= SLOW or self.stock.count >= MANY)
        return 1 if slow or heavy else self.repetitions

    @property
    def runs(self) -> list[str]:
        """In the order of running: forwards and backwards in turn, so that who comes later is not always the same."""
        order: list[str] = []
        for repetition in range(self.repetitions):
            entered = [each for each in self.contenders if repetition < self.repeats(each)]
            order += entered if repetition % 2 == 0 else reversed(entered)
        return order

    def expected_seconds(self, contender: str, restart: float = 14.0) -> float:
        """For the time left, before anything is known: as it was on two cores."""
        waiting = {"ours": 1 / 40, "kubectl": 1.15, "migrator": 1.0, "wrk": 1 / 32}[contender]
        each = {"ours": 0.7, "kubectl": 2.7, "migrator": 1.3, "wrk": 0.5}[contender] + self.stock.size / 12_000
        return restart + self.stock.count * (each + waiting * self.round_trip_ms + 0.2) / 1000


SMALL, LARGE = Stock(3000, 2000), Stock(20_000, 2000)
FULL = (
    Cell(Stock(1000, 2000), 0, ("ours", "wrk")),
    Cell(SMALL, 0, ALL, weighed=("ours", "kubectl", "migrator")),
    Cell(SMALL, 5, ALL),
    Cell(SMALL, 20, ALL),
    Cell(SMALL, 80, ALL),
    Cell(Stock(3000, 100_000), 0, ALL, weighed=("ours",)),
    Cell(LARGE, 0, WITHOUT_KUBECTL),
    Cell(LARGE, 20, WITHOUT_KUBECTL),
    Cell(Stock(100_000, 2000), 0, ("ours", "wrk"), repetitions=1),
)


def tenth(cell: Cell) -> Cell:
    return replace(cell, stock=replace(cell.stock, count=cell.stock.count // 10), repetitions=1)


def left_of(grid: tuple[Cell, ...], results: Results) -> tuple[Cell, ...]:
    """What is not measured yet."""
    return tuple(cell for cell in grid if not results.has(cell.stock.count, cell.stock.size, cell.round_trip_ms))


GRIDS = {"full": FULL, "small": tuple(tenth(cell) for cell in FULL if cell.round_trip_ms != 80)}
