"""The figures that the project sets itself, and what the results say about each."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.rewrite.measure import Sample
from benchmarks.rewrite.results import CellResult, Results

KB = 1000
SERVERS_SHARE = 0.8
"""From which a figure that is not reached is the server's: of all processor time that there was."""


@dataclass(frozen=True)
class Figure:
    """`reached` None: it was not measured. `most`: the wanted value is a limit from above. `cells` are where to look
    for the reason when it is not reached."""

    what: str
    wanted: float
    shown: str
    reached: float | None
    most: bool = False
    cells: tuple[CellResult, ...] = ()

    @property
    def met(self) -> bool:
        if self.reached is None:
            return False
        return self.reached <= self.wanted if self.most else self.reached >= self.wanted


def figures(results: Results) -> Iterator[Figure]:
    for round_trip, wanted in ((0, 3), (20, 25), (80, 40)):
        cell = results.cell(3000, 2000, round_trip)
        against = ratio(cell, "kubectl", "ours", lambda sample: sample.seconds)
        yield Figure(f"against kubectl, {round_trip} ms", wanted, "{:.1f} x", against, cells=known(cell))
    cell = results.cell(3000, 2000, 0)
    share = ratio(cell, "wrk", "ours", lambda sample: sample.work_seconds)
    yield Figure("share of wrk's ceiling, same connections, 0 ms", 0.65, "{:.2f}", share, cells=known(cell))
    heavy = known(cell, results.cell(3000, 100_000, 0))
    weights = [bytes_each(each, "ours") or 0 for each in heavy]
    heaviest = max(weights, default=0) / KB if len(weights) == 2 and all(weights) else None
    yield Figure("KB from the server per secret, of 2 KB and of 100 KB", 2.5, "{:.2f}", heaviest, most=True)
    few, many = results.cell(1000, 2000, 0), results.cell(100_000, 2000, 0)
    memory = growth(few, many, lambda sample: sample.peak_bytes)
    yield Figure("peak memory, 100,000 against 1,000", 1.25, "{:.2f} x", memory, most=True)
    pace = growth(few, many, lambda sample: sample.work_seconds)
    each = pace * few.count / many.count if pace and few and many else None
    both = known(few, many)
    yield Figure("time per secret, 100,000 against 1,000", 1.2, "{:.2f} x", each, most=True, cells=both)


def known(*cells: CellResult | None) -> tuple[CellResult, ...]:
    return tuple(cell for cell in cells if cell)


def ratio(cell: CellResult | None, of: str, to: str, what: Callable[[Sample], float]) -> float | None:
    """The median of the pairs of one repetition; where one of them ran less often, of the medians."""
    if cell is None or not cell.samples.get(of) or not cell.samples.get(to):
        return None
    first, second = ([what(sample) for sample in cell.samples[name]] for name in (of, to))
    if len(first) == len(second):
        return statistics.median(a / b for a, b in zip(first, second, strict=True))
    return statistics.median(first) / statistics.median(second)


def growth(few: CellResult | None, many: CellResult | None, what: Callable[[Sample], float]) -> float | None:
    small, large = (cell.median("ours", what) if cell else None for cell in (few, many))
    return large / small if small and large else None


def bytes_each(cell: CellResult, contender: str) -> float | None:
    """From the server, for each secret; None where nothing counted them."""
    counted = [cell.weighed[contender]] if contender in cell.weighed else cell.samples.get(contender, [])
    found = [sample.bytes["from_server"] / cell.count for sample in counted if sample.bytes]
    return statistics.median(found) if found else None


def spent(cell: CellResult, contender: str, cores: int) -> dict[str, float] | None:
    """Of all the processor time that there was: the server's (with etcd), the contender's own, everybody else's. What
    lacks to 1 is idle."""
    samples = cell.samples.get(contender)
    if not samples:
        return None
    total = sum(sample.seconds for sample in samples) * cores
    servers = sum(sample.cpu["apiserver"] + sample.cpu["etcd"] for sample in samples) / total
    own = sum(sample.cpu["client"] for sample in samples) / total
    busy = sum(sample.cpu["busy"] for sample in samples) / total
    return {"server": servers, "own": own, "others": max(0.0, busy - servers - own)}
