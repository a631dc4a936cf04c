"""The grid, cell by cell: every contender in turn, and what becomes of one that fails."""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path

from benchmarks.rewrite.grid import Cell, left_of
from benchmarks.rewrite.measure import Ground, Sample, measured
from benchmarks.rewrite.processes import Failed
from benchmarks.rewrite.progress import Progress
from benchmarks.rewrite.proxied import proxied, round_trip
from benchmarks.rewrite.results import CellResult, Results
from benchmarks.rewrite.server import Bench, NotRewritten
from benchmarks.rewrite.wrk import each_once, fill

CONNECTIONS = 16
"""wrk's, until ours has told how many it takes."""


def run(grid: tuple[Cell, ...], results: Results, keep: Path) -> None:
    """A server for each stock: its store begins empty. Each cell is kept when it is done: an hour is long."""
    left = left_of(grid, results)
    progress = Progress(left)
    for stock, cells in groupby(left, key=lambda cell: cell.stock):
        with tempfile.TemporaryDirectory(prefix="akskv-bench-") as folder, Bench(Path(folder)) as bench:
            progress.aside(f"{stock}: filling in")
            fill(bench, stock)
            for cell in cells:
                found = CellResult(stock.count, stock.size, cell.round_trip_ms)
                Runs(bench, cell, found, progress).carry_out()
                results.cells.append(found)
                results.save(keep)


class Runs:
    """Of one cell. `found` is filled as they end."""

    def __init__(self, bench: Bench, cell: Cell, found: CellResult, progress: Progress) -> None:
        self._bench, self._cell = bench, cell
        self._found, self._progress = found, progress

    def carry_out(self) -> None:
        cell, found = self._cell, self._found
        if cell.round_trip_ms:
            with proxied(self._bench.server.url, cell.round_trip_ms / 1000) as proxy:
                found.round_trip_seen_ms = round(1000 * round_trip(self._bench.way(), proxy.url), 2)
        ground = Ground(cell.stock, cell.round_trip_ms, through_proxy=cell.round_trip_ms > 0)
        for contender in cell.runs:
            if sample := self._one(contender, ground):
                found.samples.setdefault(contender, []).append(sample)
        counting = Ground(cell.stock, cell.round_trip_ms, through_proxy=True)
        for contender in cell.weighed:
            if sample := self._one(contender, counting):
                found.weighed[contender] = sample

    def _one(self, contender: str, ground: Ground) -> Sample | None:
        """None when it fails: then it gets no further try, its other results are void, and the rest goes on."""
        if contender in self._found.failed:
            return None
        ours = self._found.samples.get("ours")
        try:
            with self._progress.run(self._cell, contender) as line:
                sample = measured(self._bench, contender, ground, ours[-1].connections if ours else CONNECTIONS)
                rate = ground.stock.count / sample.work_seconds
                line.result = f"{sample.seconds:8.2f} s {rate:7,.0f}/s {sample.connections:3} connections"
        except (Failed, NotRewritten) as failure:
            self._found.failed[contender] = str(failure).partition("\n")[0]
            self._found.samples.pop(contender, None)
            self._mend()
            return None
        return sample

    def _mend(self) -> None:
        """Brings every secret under the present key, so that the next change makes all of them stale again."""
        each_once("patch", self._bench.way(), self._cell.stock, CONNECTIONS)
        self._bench.require_all_under(self._bench.key, self._cell.stock.count)
