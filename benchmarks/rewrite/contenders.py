"""Who rewrites the secrets: ours, what people use now, and wrk, whose result is the server's ceiling."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rewrite.processes import Ended, finished
from benchmarks.rewrite.server import Way
from benchmarks.rewrite.stock import Stock
from benchmarks.rewrite.wrk import each_once

KUBECTL = Path(sys.prefix) / "bin" / "kubectl"
ONE_LINER = (("get", "secrets", "--all-namespaces", "-o", "json"), ("replace", "-f", "-"))
LIMIT_SECONDS = 1800.0


@dataclass(frozen=True)
class Task:
    """`connections` are as many as ours uses, for who must use the same."""

    way: Way
    stock: Stock
    connections: int


def ours(task: Task) -> Ended:
    return _python("ours", task.way)


def migrator(task: Task) -> Ended:
    return _python("migrator", task.way)


def one_liner(task: Task) -> Ended:
    """kubectl get secrets --all-namespaces -o json | kubectl replace -f -"""
    folder = task.way.token.parent
    config = folder / "kubeconfig"
    config.touch(0o600)
    config.write_text(kubeconfig(task.way))
    environment = {"KUBECONFIG": str(config), "HOME": str(folder)}  # where it caches what the server knows
    return finished([[str(KUBECTL), *words] for words in ONE_LINER], environment, LIMIT_SECONDS)


def ceiling(task: Task) -> Ended:
    return each_once("patch", task.way, task.stock, task.connections)


CONTENDERS: dict[str, Callable[[Task], Ended]] = {
    "ours": ours,
    "kubectl": one_liner,
    "migrator": migrator,
    "wrk": ceiling,
}


def kubeconfig(way: Way) -> str:
    authority = base64.b64encode(way.authority.read_bytes()).decode()
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "bench", "cluster": {"server": way.url, "certificate-authority-data": authority}}],
            "users": [{"name": "bench", "user": {"token": way.token.read_text()}}],
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
            "current-context": "bench",
        }
    )


def _python(module: str, way: Way) -> Ended:
    command = [sys.executable, "-m", f"benchmarks.rewrite.{module}", way.url, str(way.authority), str(way.token)]
    return finished([command], {}, LIMIT_SECONDS)
