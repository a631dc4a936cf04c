"""Fills ports.Probes: a pod that is made, waited for, read and deleted, by the API server or by kubectl in a pod of
run-command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azext_akskv.failures import Conflict, GatewayError, Missing, Rejected
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.kube_server import Reply, Request
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.probe_pod import DEADLINE_SECONDS, NAMESPACE, pod_for, pod_name, script
from azext_akskv.gateways.run_command import Ended
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import child, children, text
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from azext_akskv.model.probe_report import parse_probe, stopped

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
OVER = ("Succeeded", "Failed")
LIMIT_SECONDS = DEADLINE_SECONDS + 30.0
"""How long a pod is waited for."""
LEAST_SECONDS = 20.0
"""So long at least, however fast an emulation's time goes: a pod is a process there, too."""
MOST_OFTEN = 0.05
LOG = {"limitBytes": str(64 * 1024)}
NO_REPORT = "NoReport"
NOT_RUN = "PodNotRun"


@dataclass(frozen=True)
class Patience:
    """Seconds between two looks at a pod, and for how long it is looked at; `tell` hears what it waits for."""

    every: float
    limit: float
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    tell: Callable[[str], None]


class KubeProbes:
    """`ask` is KubeSecrets.ask, `lines` the lines of a text."""

    def __init__(
        self, ask: Callable[[Request], Reply], lines: Callable[[Request], Iterable[str]], patience: Patience
    ) -> None:
        self._ask = ask
        self._lines = lines
        self._patience = patience

    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        doing = f"look from a node of {order.pool}"
        path = f"{PODS}/{pod_name(order.pool)}"
        self._make(doing, path, pod_for(order))
        try:
            with asking(doing):  # an answer that is no pod is a failure like others
                pod = self._ended(doing, path)
                why = why_of(pod)
            log = "\n".join(self._lines(Request(doing, "GET", f"{path}/log", query=LOG, accept="*/*")))
        finally:  # also on Ctrl-C; what is left ends by itself
            with suppress(GatewayError):
                self._delete(doing, path)
        return report_of(doing, order, log, why)

    def _make(self, doing: str, path: str, pod: dict[str, Any]) -> None:
        """One of that name is left from a probe that was killed, or belongs to somebody who looks just now and will
        look again."""
        request = Request(doing, "POST", PODS, body=pod)
        try:
            self._ask(request)
        except Conflict:
            self._delete(doing, path)
            with suppress(Missing):
                for _ in self._looks():
                    self._ask(Request(doing, "GET", path))
            self._ask(request)

    def _ended(self, doing: str, path: str) -> dict[str, Any]:
        """The pod at its end. Raises Rejected when it did not come to one."""
        pod: dict[str, Any] = {}
        for _ in self._looks():
            pod = self._ask(Request(doing, "GET", path)).json
            if text(child(pod, "status"), "phase") in OVER:
                return pod
            self._patience.tell(f"{doing}: {why_of(pod) or 'the pod starts'}")
        raise Rejected(doing, NOT_RUN, f"the pod did not run: {why_of(pod) or 'nobody says why'}")

    def _looks(self) -> Iterator[None]:
        until = self._patience.monotonic() + self._patience.limit
        while True:
            yield
            if self._patience.monotonic() > until:
                return
            self._patience.sleep(self._patience.every)

    def _delete(self, doing: str, path: str) -> None:
        with suppress(Missing):
            self._ask(Request(doing, "DELETE", path, query={"gracePeriodSeconds": "0"}))


class InvokedProbes:
    """`run` is RunCommand.run."""

    def __init__(self, run: Callable[[Cluster, str, str, str], Ended]) -> None:
        self._run = run

    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        doing = f"look from a node of {order.pool}"
        ended = self._run(cluster, doing, script("start.sh"), json.dumps(pod_for(order)))
        if why := stopped(ended.logs):
            raise Rejected(doing, NOT_RUN, f"the pod did not run: {why}")
        return report_of(doing, order, ended.logs, "")


class EitherProbes:
    """By the way that was decided on."""

    def __init__(self, way: Way, direct: KubeProbes, invoked: InvokedProbes) -> None:
        self._way = way
        self._direct = direct
        self._invoked = invoked

    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        chosen = self._invoked if self._way.inside() else self._direct
        return chosen.probe(cluster, order)


def report_of(doing: str, order: ProbeOrder, log: str, why: str) -> ProbeReport:
    """Raises Rejected where the log is not a whole report; `why` is what the pod's status says."""
    try:
        return parse_probe(order.pool, log)
    except BadInput as error:
        raise Rejected(doing, NO_REPORT, f"{error}{f': {why}' if why else ''}") from error


def why_of(pod: dict[str, Any]) -> str:
    """What the scheduler, the kubelet or the deadline says about a pod that does not run."""
    status = child(pod, "status")
    told = [text(status, "reason"), text(status, "message")]
    told += [
        text(each, "message") for each in children(status, "conditions") if text(each, "reason") == "Unschedulable"
    ]
    for container in children(status, "containerStatuses"):
        for state in ("waiting", "terminated"):
            found = child(child(container, "state"), state)
            told += [text(found, "reason"), text(found, "message")]
    return "; ".join(dict.fromkeys(each for each in told if each and each != "Completed"))
