"""Fills ports.Secrets and ports.Inside with commands in a pod of the cluster, where the API server is not reached.

A command takes some ten seconds to begin, so one look answers what many requests would, and its answers stand until
the next command: the note of the key change comes with every one of them. What is only asked secret by secret (pages,
touches, rehearsals) is not to be had this way: Inside does it for many at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from importlib.resources import files
from typing import NoReturn

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    Missing,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
)
from azext_akskv.gateways.kube import understanding
from azext_akskv.gateways.kube_metrics import KEY_HASH, key_evidence, live_servers
from azext_akskv.gateways.run_command import OUT_OF_MEMORY_EXIT, Ended
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.holder import Holder
from azext_akskv.model.ids import BadInput
from azext_akskv.model.kube import TO_NOTE, TO_REWRITE, KeyEvidence, KubeRight, SecretPage, SecretRef, Switch
from azext_akskv.model.pod_report import ANY, Gap, Looked, Report, looked, number, parse_report, swept, switch_of
from azext_akskv.model.run_command import CUT, FAILED, OUT_OF_MEMORY
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.model.sweep import MOST_AT_ONCE, WORK_SECONDS, Sweep, Swept
from azext_akskv.ports import Touched

LOOK = "look at the secrets from inside the cluster"
SWEEP = "rewrite secrets from inside the cluster"
NOTE = "note the key change in the cluster"
KINDS: Mapping[str, type[GatewayError]] = {
    "Forbidden": Denied,
    "Unauthorized": Denied,
    "NotFound": Missing,
    "Gone": Missing,
    "Conflict": Conflict,
    "AlreadyExists": Conflict,
    "TooManyRequests": Throttled,
    **dict.fromkeys(
        ("InternalError", "ServiceUnavailable", "Timeout", "ServerTimeout", "ServerError", "Unreachable", "PluginAway"),
        Unavailable,
    ),
}
"""What kubectl says of an error, as our failures; anything else is a plain no."""

Run = Callable[[Cluster, str, str, str], Ended]
"""RunCommand.run: the cluster, what for, the script, its order."""


class InvokedSecrets:
    """`read` reads the cluster anew. `ask_again` is the script's own pause before it asks again, in seconds."""

    def __init__(self, run: Run, read: Callable[[], Cluster], ask_again: float) -> None:
        self._run = run
        self._read = read
        self._ask_again = ask_again
        self._wide = True
        self._looked: Looked | None = None
        self._noted: Report | None = None

    def ready(self) -> bool:
        """Looks at everything at once."""
        report = self._report(LOOK, "look", {"rights": ",".join(map(right_words, (*TO_REWRITE, *TO_NOTE)))})
        with understanding(LOOK):
            self._looked = looked(report)
        return self._looked.ready

    def census(self) -> SecretCensus:
        seen = self._seen("secrets")
        if seen.count is None:
            raise Rejected(LOOK, FAILED, "the report does not say how many secrets there are")
        unreadable = tuple(
            each.secret if each.secret.name != ANY else f"a secret in {each.secret.namespace}: {each.reason}"
            for each in seen.unreadable
        )
        return SecretCensus(seen.count + len(unreadable), seen.namespaces, unreadable)

    def may(self, right: KubeRight) -> bool:
        seen = self._seen("rights")
        if right not in seen.rights:
            raise Rejected(LOOK, FAILED, f"the report does not say whether we may {right}")
        return seen.rights[right]

    def switch(self) -> Switch | None:
        """As it was when the last command ended. Who notes a change by it is refused when it is not so any more."""
        if self._noted is None:
            self.ready()
        report = self._noted
        if report is None or (report.first("no-note") is None and report.first("note") is None):
            gap = report.gap("note") if report else None
            raise failure("read our note in the cluster", gap or Gap("note", "Unreachable"))
        return switch_of(report)

    def holder(self) -> Holder | None:
        return self._seen("holder").holder

    def latest_version(self) -> int:
        doing = "read the present resourceVersion"
        report = self._report(doing, "version")
        told = report.first("latest")
        if told is None:
            raise failure(doing, report.gap("") or Gap("latest", "Unknown"))
        with understanding(doing):
            return number(told)

    def note_switch(self, switch: Switch) -> None:
        """Raises Conflict when somebody has noted something else since we last looked."""
        notes = {"key": switch.key, "tag": switch.tag, "r0": str(switch.r0), "proved": str(switch.proved).lower()}
        marked = json.dumps({f"akskv/{name}": value for name, value in notes.items()})
        was = "\t".join(self._noted.all("note")) if self._noted else ""
        report = self._report(NOTE, "note", {"annotations": marked, "was": was})
        gap = report.gap("write") or report.gap("note")
        if gap and self.switch() != switch:  # the same: it was our own write, whose answer was lost
            raise failure(NOTE, gap)

    def evidence(self) -> KeyEvidence | None:
        doing = "read the API servers' metrics"
        report = self._report(doing, "evidence")
        if gap := report.gap("evidence"):
            raise failure(doing, gap)
        with understanding(doing):
            servers = live_servers(leases_of(report), http_date(report.first("now") or ""))
            samples = samples_of(report)
            return key_evidence(servers, lambda: samples.pop(0) if samples else []) if servers else None

    def sweep(self, order: Sweep) -> Swept:
        report, ended = self._asked(SWEEP, "sweep", words_of(order))
        with understanding(SWEEP):
            result = swept(report)
        if report.ended == "failed":
            raise failure(SWEEP, report.gap("") or Gap("list", "Unknown"))
        if result.ended == "cut" and result.position is None:
            raise nothing_came(SWEEP, ended)
        if result.ended == "cut" and ended.exit_code == OUT_OF_MEMORY_EXIT:
            return replace(result, at_once=max(1, order.at_once // 2))
        return result

    def namespaces(self) -> list[str]:
        self._one_by_one("list namespaces")

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        self._one_by_one(f"list the secrets of {namespace}")

    def behind(self, secret: SecretRef) -> str:
        self._one_by_one(f"list the secrets behind {secret}")

    def rehearse(self, secret: SecretRef) -> None:
        self._one_by_one(f"rehearse the rewrite of {secret}")

    def touch(self, secret: SecretRef) -> Touched:
        self._one_by_one(f"rewrite {secret}")

    def _one_by_one(self, doing: str) -> NoReturn:
        raise Rejected(doing, FAILED, "through run-command that is done for many at once only")

    def _seen(self, what: str) -> Looked:
        if self._looked is None:
            self.ready()
        assert self._looked, "a look that raised nothing"
        if what in self._looked.gaps:
            raise failure(LOOK, self._looked.gaps[what])
        return self._looked

    def _report(self, doing: str, mode: str, order: Mapping[str, str] | None = None) -> Report:
        """A whole report, or a failure."""
        report, ended = self._asked(doing, mode, order or {})
        if report.ended == "cut":
            raise nothing_came(doing, ended)
        if report.ended == "failed":
            raise failure(doing, report.gap("") or Gap("", "Unknown"))
        return report

    def _asked(self, doing: str, mode: str, order: Mapping[str, str]) -> tuple[Report, Ended]:
        """Once more, namespace by namespace, when the list of all secrets was too much for the pod's memory."""
        try:
            return self._told(doing, mode, order)
        except Rejected as error:
            if error.code != OUT_OF_MEMORY or not self._wide:
                raise
        self._wide = False
        return self._told(doing, mode, order)

    def _told(self, doing: str, mode: str, order: Mapping[str, str]) -> tuple[Report, Ended]:
        """A report, which may be cut, but not before there is anything in it."""
        usual = {"seconds": str(WORK_SECONDS), "pause": f"{self._ask_again:g}", "gentle": "no", "rate": "0"}
        usual["wide"] = "yes" if self._wide else "no"
        lines = {"mode": mode, "batch": str(MOST_AT_ONCE), **usual, **order}
        text = "".join(f"{word} {value}\n" for word, value in lines.items())
        ended = self._run(self._read(), doing, script(), text)
        try:
            report = parse_report(ended.logs)
        except BadInput:
            raise nothing_came(doing, ended) from None
        if report.ended == "cut" and ended.exit_code == OUT_OF_MEMORY_EXIT and report.first("at") is None:
            raise nothing_came(doing, ended)
        if report.mode != mode:
            raise Rejected(doing, FAILED, f"the command's output is another command's: {report.mode}")
        if any(word in ("note", "no-note") for word, _ in report.lines) or report.gap("note"):
            self._noted = report
        return report, ended


def script() -> str:
    """All its parts, in the order of their names."""
    parts = (part for part in (files("azext_akskv.gateways") / "inside").iterdir() if part.name.endswith(".sh"))
    return "\n".join(part.read_text() for part in sorted(parts, key=lambda part: part.name))


def right_words(right: KubeRight) -> str:
    of = f"{right.resource}.{right.group}" if right.group else right.resource
    return f"{right.verb} {of} {right.namespace or ''}".rstrip()


def words_of(order: Sweep) -> dict[str, str]:
    """`--max-rate` below one a second is one a second: the script counts in whole secrets."""
    after = {"after-namespace": order.after.namespace, "after-name": order.after.name} if order.after else {}
    return {
        "only": " ".join(order.namespaces),
        "r0": "" if order.r0 is None else str(order.r0),
        "rate": str(max(1, round(order.per_second)) if order.per_second else 0),
        "gentle": "yes" if order.gentle else "no",
        "batch": str(order.at_once),
        "seconds": str(order.seconds),
        **after,
    }


def failure(doing: str, gap: Gap) -> GatewayError:
    """What the API server said to kubectl in the pod."""
    if gap.kind == "Unreadable":
        return Unreadable(doing, gap.detail or "the API server cannot decrypt a secret")
    if (gap.what, gap.kind) in {("kubectl", "Missing"), ("mktemp", "Missing")}:
        return Rejected(doing, FAILED, f"there is no {gap.what} in the command's pod")
    return KINDS.get(gap.kind, Rejected)(doing, gap.kind, gap.detail)


def nothing_came(doing: str, ended: Ended) -> Rejected:
    """The report ends before its end, or never began."""
    if ended.exit_code == OUT_OF_MEMORY_EXIT:
        return Rejected(doing, OUT_OF_MEMORY, "the command was killed (exit code 137): its pod may use 1 GiB of memory")
    if ended.cut:
        return Rejected(doing, CUT, f"the command's output was cut: {len(ended.logs):,} characters came, 512 kB may")
    why = f"the command ended with exit code {ended.exit_code} before its report did; expected the whole of it"
    return Rejected(doing, FAILED, why)


def leases_of(report: Report) -> dict[str, object]:
    """As kube_metrics reads them. Raises BadInput."""
    items = []
    for rest in report.all("server"):
        named, *times = rest.split(" ")
        if len(times) != 2:
            raise BadInput("a Lease of an API server has other fields than expected")
        items.append({"metadata": {"name": named, "creationTimestamp": times[1]}, "spec": {"renewTime": times[0]}})
    return {"items": items}


def http_date(now: str) -> str:
    """The pod's own time, as a Date header says it. Raises ValueError."""
    return format_datetime(datetime.fromisoformat(now.replace("Z", "+00:00")), usegmt=True) if now else ""


def samples_of(report: Report) -> list[list[str]]:
    """The lines of each connection's metrics."""
    samples: list[list[str]] = []
    for word, rest in report.lines:
        if word == "sample":
            samples.append([])
        elif word == "metric" and samples and rest.startswith(KEY_HASH):
            samples[-1].append(rest)
    return samples
