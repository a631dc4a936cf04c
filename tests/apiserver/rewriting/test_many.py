"""A hundred thousand secrets, in very many namespaces and in a very large one, and a process that is killed again and
again: it goes on where it was, and everything is proved at the end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.rewriting.bare import BareCluster
from tests.apiserver.rewriting.rewrite import note_switch

TOTAL = 100_000
SMALL, LARGE, EACH = 5_000, 20_000, 1_000
"""Namespaces of one secret, a namespace of so many, and the rest in namespaces of so many each."""
KILLED_AT = (700, 4_900, 12_000, 24_000, 61_000, 99_500)
"""So many were patched by then: among the small namespaces, in the large one, in the others, near the end."""
LOST_EACH_TIME = 20_000
"""At most: what was written since the last line of the journal, 5 s before, at more than any server's pace."""
LIMIT_SECONDS = 600.0


def small() -> list[str]:
    return [f"one-{number:05}" for number in range(SMALL)]


def large() -> list[str]:
    return ["one-large"]  # in the order of the names it comes behind the small ones


def others() -> list[str]:
    return [f"team-{number:04}" for number in range((TOTAL - SMALL - LARGE) // EACH)]


def places() -> Iterator[tuple[str, str]]:
    yield from ((namespace, "s-00000") for namespace in small())
    yield from ((namespace, f"s-{number:05}") for namespace in large() for number in range(LARGE))
    yield from ((namespace, f"s-{number:05}") for namespace in others() for number in range(EACH))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCluster]:
    with BareCluster(tmp_path_factory.mktemp("many"), key=0) as started:
        started.make_namespaces([*small(), *large(), *others()])
        started.stock_copies(places())
        assert started.under() == {"plain": TOTAL}
        yield started


def patches(cluster: BareCluster) -> int:
    """How many Secrets the API server was asked to patch, by its own count."""
    metrics = cluster.server.get("/metrics").data.decode()
    counts = re.findall(
        r'^apiserver_request_total\{[^}]*resource="secrets"[^}]*verb="PATCH"[^}]*\} (\S+)', metrics, re.M
    )
    return int(sum(map(float, counts)))


def test_killed_again_and_again_it_goes_on_and_proves_everything(cluster: BareCluster, tmp_path: Path) -> None:
    cluster.switch_key()
    note_switch(cluster.secrets())
    access = {"server": cluster.server.url, "ca": cluster.authority.pem.decode(), "token": cluster.server.token}
    (tmp_path / "access.json").touch(0o600)
    (tmp_path / "access.json").write_text(json.dumps(access))
    command = [sys.executable, "-m", "tests.apiserver.rewriting.rewrite", str(tmp_path)]
    for point in KILLED_AT:
        with subprocess.Popen(command) as process:
            wait_for_patches(cluster, point)
            assert process.poll() is None, "it was over before it could be killed"
            process.send_signal(signal.SIGKILL)
    done = subprocess.run(command, timeout=LIMIT_SECONDS, check=False)
    result = json.loads((tmp_path / "result.json").read_text())
    assert (done.returncode, result["status"], result["proved"]) == (0, "done", True), result
    assert result["tally"]["total"] == TOTAL and result["tally"]["refused"] == []
    assert cluster.under() == {"now": TOTAL}
    assert patches(cluster) < TOTAL + len(KILLED_AT) * LOST_EACH_TIME


def wait_for_patches(cluster: BareCluster, count: int) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while patches(cluster) < count:
        assert time.monotonic() < deadline, f"there were no {count} patches in time"
        time.sleep(0.5)
