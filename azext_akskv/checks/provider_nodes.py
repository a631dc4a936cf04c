"""Checks of driver and provider on the nodes where pods want to mount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from azext_akskv.checks.declare import PROVIDER, NotApplicable, check
from azext_akskv.checks.provider_remedies import DRIVER_IN_CHART, charted, describe, kubectl, with_chart
from azext_akskv.checks.provider_subjects import each_of, listed, pods, the_consumers, the_installation, the_view
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.containers import Container
from azext_akskv.model.mounts.installed import Node, Role, SystemPod
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot

KILLED = 137
"""The exit code of a process that was killed. [K8s]"""
SYSTEM_TAINT = "node.kubernetes.io/"
"""Every DaemonSet tolerates these. [K8s]"""
KEEPS_AWAY = frozenset({"NoSchedule", "NoExecute"})
TOLERATE = 'linux.tolerations=[{"operator":"Exists"}]'


@dataclass(frozen=True)
class Lack:
    """Why a node has no driver, or no provider, that works; and what to run."""

    reason: str
    command: str


@check("csi-driver-missing", PROVIDER, State.ERROR, "the driver works on every node where a pod mounts")
def csi_driver_missing(snapshot: Snapshot) -> Iterator[Problem]:
    yield from _missing(snapshot, Role.DRIVER, "nothing is mounted there (cause 5 of both documents)")


@check("provider-pod-missing", PROVIDER, State.ERROR, "the provider works on every node where a pod mounts")
def provider_pod_missing(snapshot: Snapshot) -> Iterator[Problem]:
    why = "the driver there has nobody to ask (cause 6 of the document on the provider)"
    yield from _missing(snapshot, Role.PROVIDER, why)


def _missing(snapshot: Snapshot, role: Role, why: str) -> Iterator[Problem]:
    """One problem for each reason, with its nodes and the pods that need them."""
    view = the_view(snapshot)
    the_installation(view)
    on: dict[str, list[Consumer]] = {}
    for each in the_consumers(view):
        if each.node:
            on.setdefault(each.node, []).append(each)
    if not on:
        raise NotApplicable("no pod that mounts is on a node")
    lacks: dict[str, tuple[Lack, list[str]]] = {}

    def collect(node: str) -> Iterator[Problem]:
        if lack := _lack(view, role, node):
            lacks.setdefault(lack.reason, (lack, []))[1].append(node)
        yield from ()

    gaps = list(each_of(on, collect))
    for lack, nodes in lacks.values():
        needing = [each for node in nodes for each in on[node]]
        text = f"the {role.value} does not work on {listed(nodes)}: {lack.reason}; needed by {pods(needing)}"
        yield Problem(text, why, lack.command)
    yield from gaps


def _lack(view: ProviderView, role: Role, name: str) -> Lack | None:
    """None: it works there. Raises NotObserved."""
    installed = view.seen.installed
    found = [each for each in installed.on_node(name, role) if not each.ending]
    ready = next((each for each in found if each.ready), None)
    if ready is None:
        return _not_ready(found[0]) if found else _none(view, role, name)
    if role is Role.DRIVER and not installed.registered(name):
        told = "its pod is ready, and the node's kubelet does not know it; on a fresh node that passes within seconds"
        return Lack(told, kubectl("delete", "pod", ready.name, namespace=ready.namespace))
    return None


def _not_ready(pod: SystemPod) -> Lack:
    if pod.unscheduled:
        return Lack(f"its pod is not scheduled: {in_short(pod.unscheduled)}", describe(pod))
    ended = next((each for each in pod.containers if _exit(each)), None)
    if ended is not None:
        log = kubectl("logs", pod.name, "--container", ended.name, "--previous", namespace=pod.namespace)
        return Lack(f"its container {ended.name} ended with {_exit(ended)}", log)
    waiting = next((each for each in pod.containers if each.waiting), None)
    if waiting is not None:
        message = f": {in_short(waiting.message)}" if waiting.message else ""
        return Lack(f"its container {waiting.name} waits, {waiting.waiting}{message}", describe(pod))
    told = f"its pod is {pod.phase or 'in no phase'}, with {pod.running} of {pod.count} containers ready"
    return Lack(told, describe(pod))


def _exit(container: Container) -> str:
    """How a container ended that does not work now; empty: it has not."""
    codes = [code for code in (container.exit_code, container.exit_code_before) if code]
    if container.ready or not codes:
        return ""
    if container.ran_out_of_memory:
        return f"exit code {codes[0]}: it needs more memory than its limit"
    return f"exit code {codes[0]}{': it was killed, for memory as a rule' if codes[0] == KILLED else ''}"


def _none(view: ProviderView, role: Role, name: str) -> Lack:
    """Of a node without a pod of it. Raises NotObserved where that pod may be where nobody could look."""
    installed = view.seen.installed
    if installed.only_of and not view.behind.addon.enabled:
        only = f"only the pods of {installed.only_of} may be read"
        raise NotObserved(f"{only}, and there is none of the {role.value} on {name}: it may be in another namespace")
    look = kubectl("describe", "node", name)
    if not installed.nodes.known:
        return Lack(f"there is no pod of it ({installed.nodes.gap})", look)
    node = installed.node(name)
    if node is None:
        return Lack("there is no such node any more", kubectl("get", "nodes"))
    return next(filter(None, (reason(view, role, node) for reason in REASONS)), Lack("there is no pod of it", look))


def _virtual(view: ProviderView, role: Role, node: Node) -> Lack | None:
    told = "it is a virtual node, where no DaemonSet runs: the pod must go to another one"
    return Lack(told, kubectl("describe", "node", node.name)) if node.virtual else None


def _windows(view: ProviderView, role: Role, node: Node) -> Lack | None:
    installed = view.seen.installed
    windows = {each.name for each in installed.nodes.get() if each.system == "windows"}
    if node.system != "windows" or any(each.role is role and each.node in windows for each in installed.pods.get()):
        return None
    return Lack(
        "it is a Windows node, and there is no pod of the DaemonSet for Windows",
        _in_chart(view, role, "windows.enabled=true") or kubectl("get", "daemonsets", "--all-namespaces"),
    )


def _taints(view: ProviderView, role: Role, node: Node) -> Lack | None:
    keeping = [each for each in node.taints if each.effect in KEEPS_AWAY and not each.key.startswith(SYSTEM_TAINT)]
    if not keeping:
        return None
    told = f"there is no pod of it, and the node keeps away what does not tolerate {listed(keeping)}"
    return Lack(told, _in_chart(view, role, TOLERATE) or kubectl("describe", "node", node.name))


def _down(view: ProviderView, role: Role, node: Node) -> Lack | None:
    told = "there is no pod of it, and the node is not ready"
    return None if node.ready else Lack(told, kubectl("describe", "node", node.name))


def _in_chart(view: ProviderView, role: Role, value: str) -> str:
    """Empty: no chart has brought it."""
    found = charted(view, role)
    prefix = f"{DRIVER_IN_CHART}." if role is Role.DRIVER else ""
    return with_chart(found, f"{prefix}{value}") if found else ""


REASONS = (_virtual, _windows, _taints, _down)
