"""One contender's run over one stock, with what it and the servers used meanwhile."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rewrite.contenders import CONTENDERS, Task
from benchmarks.rewrite.processes import TICKS_A_SECOND, Ended, cpu_seconds
from benchmarks.rewrite.proxied import Proxied, proxied
from benchmarks.rewrite.server import Bench, NotRewritten
from benchmarks.rewrite.stock import Stock

CALM_SECONDS, CALM_SHARE, LONGEST_WAIT = 1.0, 0.1, 60.0


@dataclass(frozen=True)
class Sample:
    """`seconds`: the process from start to end. `work_seconds`: from its first request to the last answer, where it
    tells. The processor seconds are those between the same two moments as `seconds`; `busy` is the whole machine."""

    seconds: float
    work_seconds: float
    peak_bytes: int
    cpu: dict[str, float]
    bytes: dict[str, int]
    connections: int


@dataclass(frozen=True)
class Ground:
    """Where a run takes place. `through_proxy` also without a delay: then it counts."""

    stock: Stock
    round_trip_ms: int
    through_proxy: bool


def measured(bench: Bench, contender: str, ground: Ground, connections: int) -> Sample:
    """Changes the key first, so that every secret is stale. Raises Failed and NotRewritten."""
    bench.change_key()
    until_calm(bench)
    delay = ground.round_trip_ms / 1000
    between = proxied(bench.server.url, delay) if ground.through_proxy else nullcontext(None)
    with between as proxy:
        before = _cpu(bench, proxy)
        task = Task(bench.way(proxy.url if proxy else ""), ground.stock, connections)
        ended = CONTENDERS[contender](task)
        used = {name: value - before[name] for name, value in _cpu(bench, proxy).items()}
    bench.require_all_under(bench.key, ground.stock.count)
    _complain(ended, ground.stock)
    return Sample(
        seconds=ended.seconds,
        work_seconds=ended.said.get("seconds", ended.seconds),
        peak_bytes=ended.peak_bytes,
        cpu={"client": ended.cpu_seconds, **used},
        bytes=proxy.counted if proxy else {},
        connections=ended.said.get("connections", connections if contender == "wrk" else 1),
    )


def _complain(ended: Ended, stock: Stock) -> None:
    """What a contender says of itself must be so, too. Raises NotRewritten."""
    if "rewritten" in ended.said:
        counts = {name: ended.said[name] for name in ("total", "rewritten", "unproved")}
        if counts != {"total": stock.count, "rewritten": stock.count, "unproved": 0}:
            raise NotRewritten(f"it says of itself: {counts}")


def until_calm(bench: Bench) -> None:
    """A started API server goes on building caches and roles for some seconds."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        before = _cpu(bench, None)
        time.sleep(CALM_SECONDS)
        after = _cpu(bench, None)
        if after["apiserver"] + after["etcd"] - before["apiserver"] - before["etcd"] < CALM_SHARE * CALM_SECONDS:
            return


def _cpu(bench: Bench, proxy: Proxied | None) -> dict[str, float]:
    assert bench.server.pid
    seconds = {"apiserver": cpu_seconds(bench.server.pid), "etcd": cpu_seconds(bench.etcd.pid), "busy": busy_seconds()}
    return {**seconds, **({"proxy": cpu_seconds(proxy.pid)} if proxy else {})}


def busy_seconds() -> float:
    """Of all processors since the start of the machine, without idling and waiting for disks."""
    ticks = [int(each) for each in Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / TICKS_A_SECOND
