"""Fills ports.Probes: a pod that is made, waited for, read and deleted, by the API server or by kubectl in a pod of
run-command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.kube_server import Reply, Request
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.probe_pod import (
    DEADLINE_SECONDS,
    LEFT_SECONDS,
    LOOK,
    NAMESPACE,
    is_left,
    pod_for,
    prefix,
    script,
    selector,
    why_of,
    will_not_start,
)
from azext_akskv.gateways.run_command import Ended
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import child, children, text
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from azext_akskv.model.probe_report import parse_probe, stopped
from azext_akskv.model.times import of_date_header

PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
OVER = ("Succeeded", "Failed")
LIMIT_SECONDS = DEADLINE_SECONDS + 30.0
"""How long a pod is waited for."""
LEAST_SECONDS = 20.0
"""So long at least, however fast an emulation's time goes: a pod is a process there, too."""
STUCK_SECONDS = 45.0
"""How long one is waited for that will not start: the pull of an image is tried again."""
MOST_OFTEN = 0.05
LOG = {"limitBytes": str(64 * 1024)}
NO_REPORT = "NoReport"
NOT_RUN = "PodNotRun"
OWN_LOOK = "akskv.look"
"""In its place the script puts a value of its own: a command whose answer was lost is sent again, and both run."""
POD_NAME = re.compile(r"[a-z0-9.-]{1,253}")
KUBECTL_DENIED = re.compile(r"\((?:Forbidden|Unauthorized)\)|admission webhook .* denied the request|\bis forbidden:")
"""[kubectl; k8s.io/apiserver, admission webhooks]"""


@dataclass(frozen=True)
class Patience:
    """Seconds between two looks at a pod, for how long it is looked at, and for how long when it will not start; `tell`
    hears what it waits for."""

    every: float
    limit: float
    stuck: float
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    tell: Callable[[str], None]


class KubeProbes:
    """`ask` is KubeSecrets.ask, `lines` the lines of a text; `new_look` gives letters and digits that are never given
    again."""

    def __init__(
        self,
        ask: Callable[[Request], Reply],
        lines: Callable[[Request], Iterable[str]],
        patience: Patience,
        new_look: Callable[[], str],
    ) -> None:
        self._ask = ask
        self._lines = lines
        self._patience = patience
        self._new_look = new_look

    def probe(self, cluster: Cluster, order: ProbeOrder) -> ProbeReport:
        doing, look, path = f"look from a node of {order.pool}", self._new_look(), ""
        self._take_away(order.pool, selector(order.pool), is_left)
        try:
            reply = self._ask(Request(doing, "POST", PODS, body=pod_for(order, look)))
            with asking(doing):  # an answer that is no pod is a failure like others
                path = f"{PODS}/{name_of(reply.json, order.pool)}"
                pod = self._ended(doing, path)
                why = why_of(pod)
            log = "\n".join(self._lines(Request(doing, "GET", f"{path}/log", query=LOG, accept="*/*")))
        finally:  # also on Ctrl-C; what is left ends by itself
            if path:
                with suppress(GatewayError):
                    self._delete(doing, path)
            self._take_away(order.pool, f"{LOOK}={look}", lambda _pod, _now: True)
        return report_of(doing, order, log, why)

    def _take_away(self, pool: str, wanted: str, which: Callable[[dict[str, Any], datetime], bool]) -> None:
        """What was left behind: by probes that were killed, or because a request was sent again whose answer was lost.
        It does no harm, so that nothing fails where it stays."""
        doing = f"look for pods of probes of {pool}"
        with suppress(GatewayError), asking(doing):
            reply = self._ask(Request(doing, "GET", PODS, query={"labelSelector": wanted, "limit": "50"}))
            now = of_date_header(reply.headers.get("Date", ""))
            for name in [name_of(each, pool) for each in children(reply.json, "items") if which(each, now)]:
                self._delete(doing, f"{PODS}/{name}")

    def _ended(self, doing: str, path: str) -> dict[str, Any]:
        """The pod at its end. Raises Rejected when it did not come to one."""
        said: dict[str, None] = {}
        held = False
        starting = self._patience.monotonic()  # until then it could still start, as far as was known
        for _ in self._looks():
            pod = self._ask(Request(doing, "GET", path)).json
            if text(child(pod, "status"), "phase") in OVER:
                return pod
            why = why_of(pod)
            self._patience.tell(f"{doing}: {why or 'the pod starts'}")
            if not will_not_start(pod) or not held:
                starting = self._patience.monotonic()
                said.clear()
            held = will_not_start(pod)
            if why:
                said[why] = None
            if self._patience.monotonic() - starting > self._patience.stuck:
                break
        # what is said first tells why an image cannot be pulled, and what is said last only that it is not tried now
        raise Rejected(doing, NOT_RUN, f"the pod did not run: {'; '.join(list(said)[:2]) or 'nobody says why'}")

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
        ended = self._run(cluster, doing, start_script(order.pool), json.dumps(pod_for(order, OWN_LOOK)))
        if why := stopped(ended.logs):
            kind = Denied if KUBECTL_DENIED.search(why) else Rejected
            raise kind(doing, NOT_RUN, f"the pod did not run: {why}")
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


def start_script(pool: str) -> str:
    """With what it is told by variables in front of it."""
    told = {"selector": selector(pool), "left_seconds": LEFT_SECONDS, "stuck_seconds": round(STUCK_SECONDS)}
    return "".join(f"{name}={value}\n" for name, value in told.items()) + script("start.sh")


def name_of(pod: dict[str, Any], pool: str) -> str:
    """Raises BadInput for what is no pod of ours."""
    name = text(child(pod, "metadata"), "name")
    if not name.startswith(prefix(pool)) or not POD_NAME.fullmatch(name):
        raise BadInput(f"expected a pod {prefix(pool)}..., not {in_short(name)}")
    return name


def report_of(doing: str, order: ProbeOrder, log: str, why: str) -> ProbeReport:
    """Raises Rejected where the log is not a whole report; `why` is what the pod's status says."""
    try:
        return parse_probe(order.pool, log)
    except BadInput as error:
        raise Rejected(doing, NO_REPORT, f"{error}{f': {why}' if why else ''}") from error
