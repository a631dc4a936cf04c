"""The delay proxy in a process of its own, and what it counted."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3

from benchmarks.rewrite.server import Way

PROBES = 15
END_SECONDS = 30.0


@dataclass
class Proxied:
    """`counted` is filled when the block is left."""

    url: str
    pid: int
    counted: dict[str, int] = field(default_factory=dict)


@contextmanager
def proxied(server_url: str, round_trip_seconds: float) -> Iterator[Proxied]:
    host, port = urlsplit(server_url).hostname, urlsplit(server_url).port
    program = [sys.executable, "-m", "benchmarks.rewrite.delay_proxy", str(host), str(port)]
    own = ["setpriv", "--pdeathsig", "KILL", "--", *program, repr(round_trip_seconds / 2)]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(own, **pipes) as process:
        assert process.stdin and process.stdout
        try:
            proxy = Proxied(f"https://127.0.0.1:{json.loads(process.stdout.readline())['port']}", process.pid)
            yield proxy
            process.stdin.close()
            proxy.counted = json.loads(process.stdout.readline())
            process.wait(END_SECONDS)
        finally:
            process.kill()


def round_trip(direct: Way, url: str) -> float:
    """Seconds that a small request takes longer through the proxy: what its delay really is."""
    return max(0.0, _answered_in(direct, url) - _answered_in(direct, direct.url))


def _answered_in(way: Way, url: str) -> float:
    login = {"Authorization": f"Bearer {way.token.read_text()}"}
    took = []
    with urllib3.connection_from_url(url, ca_certs=str(way.authority), maxsize=1, retries=False) as http:
        for _ in range(PROBES):
            began = time.monotonic()
            http.request("GET", "/version", headers=login)
            took.append(time.monotonic() - began)
    return statistics.median(took)
