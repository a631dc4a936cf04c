"""What the results say about each figure, and the page that is made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.rewrite.__main__ import kept
from benchmarks.rewrite.figures import figures
from benchmarks.rewrite.grid import FULL, Cell
from benchmarks.rewrite.measure import Sample
from benchmarks.rewrite.page import NAMES, PAGE, documented, drawn
from benchmarks.rewrite.results import CellResult, Results
from benchmarks.rewrite.stock import Stock

SECONDS = {"ours": 2.0, "kubectl": 10.0, "migrator": 6.0, "wrk": 1.4}


def a_sample(seconds: float, *, from_server: int = 0, peak: int = 50_000_000, server: float = 1.0) -> Sample:
    cpu = {"client": 0.4 * seconds, "apiserver": server * seconds, "etcd": 0.2 * seconds, "busy": 1.9 * seconds}
    return Sample(seconds, seconds, peak, cpu, {"from_server": from_server} if from_server else {}, 16)


def a_result(cell: Cell) -> CellResult:
    """All as fast as wanted, and the bytes of 2,000 for each secret."""
    waits = cell.round_trip_ms * cell.stock.count / 1000
    slow = {"kubectl": waits * 1.1, "migrator": waits, "ours": waits / 60, "wrk": waits / 64}
    samples = {
        name: [a_sample(SECONDS[name] * cell.stock.count / 3000 + slow[name])] * cell.repeats(name)
        for name in cell.contenders
    }
    weighed = {name: a_sample(1.0, from_server=2000 * cell.stock.count) for name in cell.weighed}
    return CellResult(cell.stock.count, cell.stock.size, cell.round_trip_ms, 5.1, samples, weighed)


def the_results() -> Results:
    return Results("full", 2, {"date": "2026-11-27"}, [a_result(cell) for cell in FULL])


def with_ours(results: Results, stock: Stock, sample: Sample) -> Results:
    """Another result of ours with this stock at 0 ms."""
    for cell in results.cells:
        if (cell.count, cell.size, cell.round_trip_ms) == (stock.count, stock.size, 0):
            cell.samples["ours"] = [sample] * 3
    return results


def test_every_figure_is_met_by_results_that_meet_them() -> None:
    found = list(figures(the_results()))
    assert [figure.what for figure in found if not figure.met] == []
    assert len(found) == 7


def test_a_figure_is_unmet_when_nothing_was_measured() -> None:
    assert not any(figure.met for figure in figures(Results("full", 2, {})))


def test_a_share_of_the_ceiling_is_taken_from_the_pairs() -> None:
    results = with_ours(the_results(), Stock(3000, 2000), a_sample(2.8))
    [share] = [figure for figure in figures(results) if "ceiling" in figure.what]
    assert share.reached == pytest.approx(0.5) and not share.met


def test_memory_that_grows_with_the_number_of_secrets_is_unmet() -> None:
    results = with_ours(the_results(), Stock(100_000, 2000), a_sample(66.0, peak=90_000_000))
    [memory] = [figure for figure in figures(results) if "memory" in figure.what]
    assert memory.reached == pytest.approx(1.8) and not memory.met


def test_an_unmet_figure_comes_with_where_the_time_went() -> None:
    results = with_ours(the_results(), Stock(3000, 2000), a_sample(2.8, server=1.5))
    assert (
        "* share of wrk's ceiling, same connections, 0 ms: server 85%, own 20%, others 0% "
        "(3,000 secrets, the server's limit)" in documented(results).splitlines()
    )


def test_a_contender_that_failed_has_a_reason_and_no_number() -> None:
    results = the_results()
    results.cells[1].failed["kubectl"] = "expected 3,000 secrets"
    del results.cells[1].samples["kubectl"]
    assert "* kubectl failed with 3,000 of 2 KB: ``expected 3,000 secrets``" in documented(results)


def test_the_page_keeps_what_somebody_wrote_above_the_tables() -> None:
    assert documented(the_results()).startswith(PAGE.read_text(encoding="utf-8").partition("Measured on")[0])


def test_the_plot_has_a_line_and_a_name_for_each_contender() -> None:
    root = ElementTree.fromstring(drawn(the_results()))
    assert len(root.findall(".//{*}polyline")) == len(NAMES)
    words = [each.text for each in root.findall(".//{*}text")]
    assert {*NAMES.values(), "round trip to the API server (ms)", "time (s, logarithmic)", "0", "80"} <= {*words}


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    the_results().save(tmp_path / "benchmarks.json")
    assert Results.load(tmp_path / "benchmarks.json") == the_results()


def test_contenders_run_forwards_and_backwards_in_turn() -> None:
    cell = Cell(Stock(10, 2000), 0, ("ours", "wrk"))
    assert cell.runs == ["ours", "wrk", "wrk", "ours", "ours", "wrk"]


def test_who_waits_for_each_answer_runs_once_on_a_slow_way() -> None:
    cell = replace(Cell(Stock(3000, 2000), 20, ("ours", "kubectl")))
    assert cell.runs == ["ours", "kubectl", "ours", "ours"]


def test_the_page_and_the_plot_are_those_of_the_results() -> None:
    results = Results.load(PAGE.with_suffix(".json"))
    assert PAGE.read_text(encoding="utf-8") == documented(results), "make bench writes them"
    assert PAGE.with_suffix(".svg").read_text(encoding="utf-8") == drawn(results)


NOW = {"date": "2026-11-27", "akskv": "1", "kernel": "Linux 6.1", "etcd": "3.4.23"}


def test_a_run_that_was_interrupted_goes_on_with_the_cells_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "partial.json"
    assert kept(path, "full", NOW) is None
    begun = Results("full", 2, NOW | {"date": "2026-11-01"}, [a_result(FULL[0])])
    begun.save(path)
    found = kept(path, "full", NOW)
    assert found == begun and found.has(1000, 2000, 0) and not found.has(3000, 2000, 0)
    assert kept(path, "small", NOW) is None


@pytest.mark.parametrize("fact", ["akskv", "kernel", "etcd"])
def test_cells_of_another_state_are_not_put_beside_those_of_today(tmp_path: Path, fact: str) -> None:
    path = tmp_path / "partial.json"
    Results("full", 2, NOW | {fact: "another"}, [a_result(FULL[0])]).save(path)
    assert kept(path, "full", NOW) is None
