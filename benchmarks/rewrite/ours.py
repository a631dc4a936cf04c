"""Our contender, a process of its own: the extension's own pass over the secrets, with the rate limit off.

    python -m benchmarks.rewrite.ours URL AUTHORITY TOKEN_FILE

The bare API server has no ARM beside it, so the note of the key change is not read from the cluster but made here, and
the preflight's checks are left out. All that rewrites is the extension's own: the listing, the patches, the counting.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

from azext_akskv.engine.connections import Pacer
from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.step import Run
from azext_akskv.engine.waiting import SystemClock, Waits
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_access import Access, tls_context
from azext_akskv.gateways.kube_server import ApiServer
from azext_akskv.gateways.retries import Retries
from azext_akskv.model.ids import cluster_id
from azext_akskv.model.kube import Switch
from azext_akskv.ports import Ports
from azext_akskv.steps import rewrite_pass
from azext_akskv.steps.rewrite_pass import Order, Pass

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
UNUSED: Any = None
"""The ports of Azure: a pass over the secrets asks none of them."""


class Silent:
    """A reporter that nobody reads; what is told costs the same."""

    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


class Watched(Pacer):
    """Remembers how many answers came while there were so many connections."""

    answers_at: ClassVar[Counter[int]] = Counter()

    def answered(self, seconds: float, *, too_much: bool, more_to_do: bool) -> None:
        self.answers_at[self.connections] += 1
        super().answered(seconds, too_much=too_much, more_to_do=more_to_do)


rewrite_pass.Pacer = Watched  # type: ignore[attr-defined]  # it chooses the connections by itself and tells nobody


def carried_out(access: Access, folder: Path) -> tuple[Pass, float]:
    """The pass, and how long it took from the first request to the last answer."""
    clock, reporter, waits = SystemClock(), Silent(), Waits()
    secrets = KubeSecrets(lambda: ApiServer(access), Retries(clock.sleep, reporter.tick, waits.ask_again))
    unused = {each.name: UNUSED for each in fields(Ports) if each.name != "inside"}
    ports = Ports(**{**unused, "secrets": secrets})
    target = cluster_id(SUBSCRIPTION, "benchmark", "benchmark")
    journal: Any = RunJournal("benchmark", folder / "benchmark.jsonl", clock)
    run = Run("benchmark", target, ports, journal, reporter, clock, waits)
    began = time.monotonic()
    switch = Switch("benchmark", "", secrets.latest_version())
    each = Pass(run, Order(per_second=0), switch, None)
    each.carry_out()
    return each, time.monotonic() - began


def main(url: str, authority: str, token_file: str) -> None:
    access = Access(url, tls_context(Path(authority).read_bytes(), ""), Path(token_file).read_text())
    with tempfile.TemporaryDirectory() as folder:
        each, seconds = carried_out(access, Path(folder))
    tally = each.tally
    counts = {"total": tally.total, "rewritten": tally.rewritten, "unproved": tally.unproved}
    connections = statistics.median_low(Watched.answers_at.elements())
    print(json.dumps({"seconds": seconds, "connections": connections, **counts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
