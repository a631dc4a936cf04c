"""Runs a grid and writes benchmarks.json, .rst and .svg: `make bench`, and smaller `make bench SCALE=small`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.rewrite.grid import GRIDS, left_of
from benchmarks.rewrite.page import write_page
from benchmarks.rewrite.results import Results, cores, machine
from benchmarks.rewrite.runs import run

CHECKOUT = Path(__file__).resolve().parents[2]
PARTIAL = CHECKOUT / "build" / "bench" / "partial.json"
"""What was measured before a run that was interrupted: the next run goes on with the cells that are not there."""


def kept(path: Path, scale: str, now: dict[str, str]) -> Results | None:
    """What of that grid was measured where all but the date is as it is now; None when there is nothing of it, and when
    nothing is left to measure: then it begins anew."""
    if not path.exists():
        return None
    found = Results.load(path)
    same = found.grid == scale and now | {"date": ""} == found.machine | {"date": ""}
    return found if same and left_of(GRIDS[scale], found) else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rewrite", description=__doc__)
    parser.add_argument("--scale", choices=sorted(GRIDS), default="full")
    parser.add_argument("--into", type=Path, help="folder of the results: docs for the full grid, else build/bench")
    parser.add_argument("--page-only", action="store_true", help="only writes the page, from the results there")
    options = parser.parse_args()
    into = options.into or CHECKOUT / ("docs" if options.scale == "full" else "build/bench")
    into.mkdir(parents=True, exist_ok=True)
    if not options.page_only:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
        now = machine()
        begun = (kept(path, options.scale, now) for path in (PARTIAL, into / "benchmarks.json"))
        results = next(filter(None, begun), None) or Results(options.scale, cores(), now)
        PARTIAL.parent.mkdir(parents=True, exist_ok=True)
        run(GRIDS[options.scale], results, PARTIAL)
        results.save(into / "benchmarks.json")
        PARTIAL.unlink(missing_ok=True)
    write_page(into)
    print(f"benchmarks.json, .rst and .svg are in {into}")


if __name__ == "__main__":
    main()
