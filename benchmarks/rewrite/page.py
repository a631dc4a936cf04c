"""The generated part of docs/benchmarks.rst, and the plot beside it, from benchmarks.json."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.rewrite.figures import SERVERS_SHARE, Figure, bytes_each, figures, ratio, spent
from benchmarks.rewrite.grid import GRIDS, left_of
from benchmarks.rewrite.plot import plot
from benchmarks.rewrite.results import CellResult, Results

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.rst"
MARK = ".. Written by make bench from here on.\n"
NAMES = {"ours": "akskv", "kubectl": "kubectl", "migrator": "migrator's loop", "wrk": "wrk (ceiling)"}
MB = 1_000_000


def write_page(folder: Path) -> None:
    """Beside the benchmarks.json that is there."""
    results = Results.load(folder / "benchmarks.json")
    (folder / "benchmarks.rst").write_text(documented(results), encoding="utf-8")
    (folder / "benchmarks.svg").write_text(drawn(results), encoding="utf-8")


def documented(results: Results) -> str:
    """All of the page: what stands before the mark stays as somebody wrote it."""
    lines = [*_machine(results), *_figures(results), *_cells(results), *_spent(results)]
    return PAGE.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + "\n".join(lines).rstrip() + "\n"


def drawn(results: Results) -> str:
    stocks = [cell for cell in results.cells if cell.size == 2000]
    most = max((sum(cell.count == each.count for cell in stocks), each.count) for each in stocks)[1]
    cells = [cell for cell in stocks if cell.count == most]
    lines = {
        name: [(cell.round_trip_ms, seconds) for cell in cells if (seconds := cell.median(contender)) is not None]
        for contender, name in NAMES.items()
    }
    return plot(f"{most:,} secrets of 2 KB rewritten", lines)


def _machine(results: Results) -> Iterator[str]:
    yield from ["Measured on", "-----------", ""]
    if results.grid != "full":
        yield from [
            "**Of a small run**: a tenth of the secrets, each contender once. It shows that the measuring works; the",
            "figures say little.",
            "",
        ]
    elif left := left_of(GRIDS["full"], results):
        missing = "; ".join(map(str, left))
        told = f"**Not all is measured.** Of {len(GRIDS['full'])} cells {len(left)} are missing: {missing}."
        yield from [*textwrap.wrap(f"{told} ``make bench`` goes on with them.", 110), ""]
    yield from table(("what", "which"), list(results.machine.items()))


def _figures(results: Results) -> Iterator[str]:
    yield from ["Figures", "-------", ""]
    rows: list[Sequence[str]] = []
    reasons: list[str] = []
    for figure in figures(results):
        wanted = f"{'at most' if figure.most else 'at least'} {figure.shown.format(figure.wanted)}"
        reached = "not measured" if figure.reached is None else figure.shown.format(figure.reached)
        rows.append((figure.what, wanted, reached, "met" if figure.met else "**unmet**"))
        if not figure.met and figure.reached is not None:
            reasons += _profile(figure, results.cores)
    yield from table(("figure", "wanted", "reached", "state"), rows)
    if reasons:
        yield from ["Where the time of those goes that are not reached, as shares of all processor time there was:", ""]
        yield from [*reasons, ""]


def _profile(figure: Figure, cores: int) -> Iterator[str]:
    for cell in figure.cells:
        share = spent(cell, "ours", cores)
        if share:
            word = "the server's limit" if share["server"] >= SERVERS_SHARE else "not the server's limit"
            told = ", ".join(f"{name} {value:.0%}" for name, value in share.items())
            most = ratio(cell, "kubectl", "wrk", lambda sample: sample.seconds) if "kubectl" in figure.what else None
            yield f"* {figure.what}: {told} ({cell.count:,} secrets, {word})"
            if most:
                yield f"  The ceiling, wrk, reaches {most:.1f} x there."


def _cells(results: Results) -> Iterator[str]:
    yield from ["Every cell", "----------", ""]
    yield from [".. image:: benchmarks.svg", "   :alt: time against round trip for each contender", ""]
    head = ("secrets", "round trip", "contender", "time", "rate", "conn.", "peak", "from server", "akskv is")
    yield from table(head, [row for cell in results.cells for row in _rows(cell)])
    failed = [(cell, name, why) for cell in results.cells for name, why in cell.failed.items()]
    for cell, name, why in failed:
        yield from [f"* {NAMES[name]} failed with {_stock(cell)}: ``{why}``", ""]


def _rows(cell: CellResult) -> Iterator[Sequence[str]]:
    seen = f" ({cell.round_trip_seen_ms:.1f})" if cell.round_trip_ms else ""
    where: tuple[str, str] = (_stock(cell), f"{cell.round_trip_ms} ms{seen}")
    for contender, samples in cell.samples.items():
        seconds = cell.median(contender) or 0.0
        work = cell.median(contender, lambda sample: sample.work_seconds) or seconds
        peak = cell.median(contender, lambda sample: sample.peak_bytes) or 0.0
        connections = cell.median(contender, lambda sample: sample.connections) or 0
        weight = bytes_each(cell, contender)
        versus = ratio(cell, contender, "ours", lambda sample: sample.seconds) if contender != "ours" else None
        yield (
            *where,
            NAMES[contender],
            f"{seconds:.2f} s" + (f" ({len(samples)})" if len(samples) > 1 else ""),
            f"{cell.count / work:,.0f}/s",
            f"{connections:.0f}",
            f"{peak / MB:,.0f} MB",
            f"{weight / 1000:.2f} KB" if weight else "-",
            f"{versus:.1f} x as fast" if versus else "-",
        )


def _spent(results: Results) -> Iterator[str]:
    yield from ["Where the time goes", "-------------------", ""]
    yield from ["Shares of all processor time that there was, without a delay:", ""]
    rows = [
        (
            _stock(cell),
            NAMES[contender],
            *(f"{value:.0%}" for value in share.values()),
            f"{1 - sum(share.values()):.0%}",
        )
        for cell in results.cells
        if not cell.round_trip_ms
        for contender in cell.samples
        if (share := spent(cell, contender, results.cores))
    ]
    yield from table(("secrets", "contender", "API server, etcd", "contender itself", "others", "idle"), rows)


def _stock(cell: CellResult) -> str:
    return f"{cell.count:,} of {cell.size / 1000:g} KB"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = "  ".join("=" * width for width in widths)
    lined = [
        "  ".join(each.ljust(width) for each, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]
    yield from [rule, lined[0], rule, *lined[1:], rule, ""]
