"""`make reliability`: every request of the stories with every fault, in several processes; writes docs/reliability.rst.

Exit code 1 when a case fails; then the page stays as it was, and what the failed cases said is told. With the name of
a file (make reliability KEPT=FILE) good outcomes are kept there, and the same command goes on where it was stopped.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import queue
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e import reliability_page
from tests.e2e.conftest import Station, az_worker, station_of
from tests.e2e.faults import KINDS
from tests.e2e.gone_wrong import ENDINGS
from tests.e2e.ordeal import Ordeal, Outcome, Untrue
from tests.e2e.stories import STORIES

PROCESSES = 3 * (os.cpu_count() or 1)
"""Most of a case is waiting."""
EVERY_SECONDS = 5.0
Rows = Sequence[reliability_page.Row]
Case = tuple[str, int, int]
"""fault: the numbers of a row and of a kind; ending: those of a story and of an ending."""


def perform(ordeal: Ordeal, rows: Rows, case: Case) -> Outcome | str:
    """The outcome, or why there is none."""
    what, first, second = case
    try:
        if what == "ending":
            return ordeal.ending(STORIES[first], ENDINGS[second])
        return ordeal.case(*rows[first], KINDS[second])
    except Untrue as untrue:
        return str(untrue)


@contextmanager
def a_station() -> Iterator[Station]:
    with (
        tempfile.TemporaryDirectory(prefix="reliability-") as folder,
        az_worker(Path(folder)) as worker,
        station_of(worker) as station,
    ):
        yield station


def work(rows: Rows, tasks: Any, results: Any) -> None:
    """One process: takes cases until there are none left."""
    with a_station() as station:
        ordeal = Ordeal(station)
        while (case := tasks.get()) is not None:
            results.put((case, perform(ordeal, rows, case)))


def outcomes(rows: Rows, cases: Sequence[Case]) -> Iterator[tuple[Case, Outcome | str]]:
    """In the order of their ending. Raises RuntimeError when the processes end early."""
    context = multiprocessing.get_context("spawn")
    tasks, results = context.Queue(), context.Queue()
    for task in [*cases, *[None] * PROCESSES]:
        tasks.put(task)
    workers = [context.Process(target=work, args=(rows, tasks, results)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    left = len(cases)
    while left:
        try:
            yield results.get(timeout=10)
            left -= 1
        except queue.Empty:
            codes = [worker.exitcode for worker in workers]  # 0: it found nothing more to do
            if None not in codes or any(codes):
                raise RuntimeError("a process that runs the cases ended early") from None
    for worker in workers:
        worker.join()


def said(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Progress:
    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._began = self._told = time.monotonic()

    def one_more(self) -> None:
        self._done, now = self._done + 1, time.monotonic()
        if now - self._told >= EVERY_SECONDS or self._done == self._total:
            self._told, rate = now, self._done / (now - self._began) * 60
            left = (self._total - self._done) / rate
            said(f"{self._done:,} of {self._total:,} cases, {rate:.0f}/min, {left:.1f} min left")


def all_rows() -> Rows:
    with a_station() as station:
        return Ordeal(station).rows()


def name_of(rows: Rows, case: Case) -> str:
    what, first, second = case
    if what == "ending":
        return f"{STORIES[first].name}: {ENDINGS[second].name}"
    story, asked = rows[first]
    return f"{story.name}: {reliability_page.label(asked)}, after {asked.after or 'nothing'}: {KINDS[second].name}"


class Kept:
    """Good outcomes by the names of their cases, in a file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        self.outcomes = {name: Outcome(how, code) for name, how, code in map(json.loads, lines)}

    def keep(self, name: str, outcome: Outcome) -> None:
        self.outcomes[name] = outcome
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, outcome.how, outcome.code]) + "\n")


def main(kept: Kept) -> int:
    rows = all_rows()
    cases: list[Case] = [("ending", story, n) for story in range(2) for n in range(len(ENDINGS))]
    cases += [
        ("fault", row, kind)
        for row, (_, asked) in enumerate(rows)
        for kind in range(len(KINDS))
        if KINDS[kind].suits(asked)
    ]
    said(f"{len(rows)} requests with {len(KINDS)} kinds of faults, and {len(ENDINGS)} endings of 2 updates")
    left = [case for case in cases if name_of(rows, case) not in kept.outcomes]
    left.sort(key=lambda case: case[0] == "fault" and rows[case[1]][1].place == "last")  # the more telling ones first
    progress, failed = Progress(len(left)), 0
    for case, outcome in outcomes(rows, left):
        progress.one_more()
        if isinstance(outcome, Outcome):
            kept.keep(name_of(rows, case), outcome)
        else:
            failed += 1
            said(f"FAILED {name_of(rows, case)}: {outcome}")
    good = {case: kept.outcomes[name] for case in cases if (name := name_of(rows, case)) in kept.outcomes}
    said("\n".join(reliability_page.totals(list(good.values()))))
    if failed:
        said(f"{failed:,} of {len(cases):,} cases failed; {reliability_page.PAGE.name} was not written")
        return 1
    faults = {(first, second): outcome for (what, first, second), outcome in good.items() if what == "fault"}
    endings = {(first, second): outcome for (what, first, second), outcome in good.items() if what == "ending"}
    reliability_page.write(rows, faults, endings)
    return 0


if __name__ == "__main__":
    sys.exit(main(Kept(Path(sys.argv[1]) if sys.argv[1:] else None)))
