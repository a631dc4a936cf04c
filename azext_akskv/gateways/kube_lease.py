"""Fills ports.RunLease: a Lease of its own, so that a renewal never meets the note of a key change.

The form is the one of Kubernetes' own leader election: who holds it, since when, renewed when, and how long that lasts;
given back, it has no holder and lasts a second. Times are the API server's, taken from the answer read right before, so
that a machine whose clock is wrong shuts nobody out. [client-go, tools/leaderelection]
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from azext_akskv.failures import Conflict, Missing
from azext_akskv.gateways.kube import understanding
from azext_akskv.gateways.kube_metrics import renewed
from azext_akskv.gateways.kube_server import Reply, Request
from azext_akskv.model.holder import Holder, held_by
from azext_akskv.model.members import child, number, text
from azext_akskv.model.times import of_date_header

LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/akskv-run"
MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
DOING = "read which run is at work on the cluster"
TELLING = "hold the cluster for this run"
HELD = "held"
"""The code of the Conflict: another run is at work."""


class KubeLease:
    """`ask` is KubeSecrets.ask, which is patient. What a run tells of itself is asked once (`ask_once`): a run does not
    wait for it, and it is told again."""

    def __init__(self, ask: Callable[[Request], Reply], ask_once: Callable[[Request], Reply]) -> None:
        self._patiently = ask
        self._ask = ask_once

    def holder(self) -> Holder | None:
        return self._read(self._patiently)[1]

    def acquire(self, run: str, who: str, seconds: int, dead: Collection[str] = ()) -> None:
        """A write that meets another one is tried once more, on what that one left."""
        try:
            self._take(run, who, seconds, dead)
        except Conflict as error:
            if error.code == HELD:
                raise
            self._take(run, who, seconds, dead)

    def release(self, run: str) -> None:
        lease, holder, now = self._read(self._ask)
        if lease and holder and holder.run == run:
            spec = {"holderIdentity": "", "leaseDurationSeconds": 1, "acquireTime": now, "renewTime": now}
            lease["spec"] = {**child(lease, "spec"), **spec}
            self._ask(Request("give the Lease of this run back", "PUT", LEASE, body=lease))

    def _take(self, run: str, who: str, seconds: int, dead: Collection[str]) -> None:
        lease, holder, now = self._read(self._ask)
        if lease is None:  # only an answer that found one tells the time
            self._make()
            lease, holder, now = self._read(self._ask)
        if lease is None:
            raise Missing(TELLING, "NotFound", "the Lease that was just made is gone again")
        if holder and not holder.lapsed and holder.run not in (run, *dead):
            raise Conflict(TELLING, HELD, f"another one holds it: {holder}; wait for its end, then run this again")
        before = child(lease, "spec")
        spec = {"holderIdentity": f"{run} {who}".strip(), "leaseDurationSeconds": seconds, "renewTime": now}
        if not holder or holder.run != run:
            spec |= {"acquireTime": now, "leaseTransitions": (number(before, "leaseTransitions") or 0) + 1}
        lease["spec"] = {**before, **spec}
        self._ask(Request(TELLING, "PUT", LEASE, body=lease))  # with the version that was read

    def _make(self) -> None:
        """One that nobody has."""
        metadata = {"name": LEASE.rpartition("/")[2], "namespace": "default"}
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {}, "metadata": metadata}
        self._ask(Request(TELLING, "POST", LEASE.rpartition("/")[0], body=body))

    @staticmethod
    def _read(ask: Callable[[Request], Reply]) -> tuple[dict[str, Any] | None, Holder | None, str]:
        """The Lease, who has it, and the API server's time."""
        try:
            reply = ask(Request(DOING, "GET", LEASE))
        except Missing:
            return None, None, ""
        with understanding(DOING):
            now = of_date_header(reply.headers.get("Date", ""))
            return reply.json, holder_of(reply.json, now), now.strftime(MICRO_TIME)


def holder_of(lease: dict[str, Any], now: datetime) -> Holder | None:
    """None where nobody has it. Raises ValueError for what is no Lease of ours."""
    spec = child(lease, "spec")
    identity = text(spec, "holderIdentity")
    if not identity:
        return None
    since = renewed({"spec": {"renewTime": text(spec, "acquireTime")}})
    silent = (now - renewed(lease)).total_seconds()
    return held_by(identity, since, silent, number(spec, "leaseDurationSeconds") or 0)
