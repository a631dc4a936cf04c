"""wrk, a load generator in C: it fills the store, and its PATCHes show what the API server can do at most."""

from __future__ import annotations

import json
from pathlib import Path

import urllib3

from benchmarks.rewrite.processes import Ended, Failed, finished
from benchmarks.rewrite.server import Bench, Way
from benchmarks.rewrite.stock import NAMESPACES, Stock
from emulator.real.programs import FOLDER, program

SCRIPT = Path(__file__).with_name("each_once.lua")
FILLING_CONNECTIONS = 32
LIMIT_SECONDS = 900


def fill(bench: Bench, stock: Stock) -> None:
    """Into an empty store. Raises NotRewritten when it holds anything else in the end."""
    url, login = bench.server.url, {"Authorization": f"Bearer {bench.server.token}", "Content-Type": "application/json"}
    with urllib3.PoolManager(ca_certs=str(bench.way().authority), retries=False) as http:
        for name in NAMESPACES:
            body = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
            reply = http.request("POST", f"{url}/api/v1/namespaces", body=body, headers=login)
            assert reply.status == 201, f"a namespace was answered {reply.status}: {reply.data[:200]!r}"
    each_once("create", bench.way(), stock, FILLING_CONNECTIONS)
    bench.require_all_under(bench.key, stock.count)


def each_once(verb: str, way: Way, stock: Stock, connections: int) -> Ended:
    """One thread: it takes a tenth of a core, and counts by itself. It knows the names, so it lists nothing. Raises
    Failed."""
    arguments = [verb, str(stock.count), str(len(NAMESPACES)), str(stock.size), str(way.token)]
    load = ["-t", "1", "-c", str(connections), "-d", f"{LIMIT_SECONDS}s", "--timeout", "60s", "-s", str(SCRIPT)]
    command = [str(program("wrk")), *load, way.url, "--", *arguments]
    ended = finished([command], {"LD_LIBRARY_PATH": str(FOLDER / "lib")}, LIMIT_SECONDS)
    if ended.said.get("refused") != 0:
        raise Failed(f"wrk's requests were refused, or it did not come to an end: {ended.said}")
    return ended
