"""Runs a grid and writes benchmarks.json, .rst and .svg: `make bench`, and smaller `make bench SCALE=small`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.rewrite.grid import GRIDS
from benchmarks.rewrite.page import write_page
from benchmarks.rewrite.results import Results, cores, machine
from benchmarks.rewrite.runs import run

CHECKOUT = Path(__file__).resolve().parents[2]
PARTIAL = CHECKOUT / "build" / "bench" / "partial.json"
"""What was measured before a run that was interrupted: the next run goes on with the cells that are not there."""


def kept(path: Path, scale: str, now: dict[str, str]) -> Results | None:
    """None when there is nothing of that grid, measured where all but the date is as it is now."""
    if not path.exists():
        return None
    found = Results.load(path)
    return found if found.grid == scale and now | {"date": ""} == found.machine | {"date": ""} else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rewrite", description=__doc__)
    parser.add_argument("--scale", choices=sorted(GRIDS), default="full")
    parser.add_argument("--into", type=Path, help="folder of the results: docs for the full grid, else build/bench")
    parser.add_argument("--kept", type=Path, default=PARTIAL, help="a file that keeps each cell; those there are kept")
    parser.add_argument("--page-only", action="store_true", help="only writes the page, from the results there")
    options = parser.parse_args()
    into = options.into or CHECKOUT / ("docs" if options.scale == "full" else "build/bench")
    into.mkdir(parents=True, exist_ok=True)
    if not options.page_only:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
        now = machine()
        results = kept(options.kept, options.scale, now) or Results(options.scale, cores(), now)
        options.kept.parent.mkdir(parents=True, exist_ok=True)
        run(GRIDS[options.scale], results, options.kept)
        results.save(into / "benchmarks.json")
        options.kept.unlink()
    write_page(into)
    print(f"benchmarks.json, .rst and .svg are in {into}")


if __name__ == "__main__":
    main()
