"""The status of a pod in each part of its life, as scheduler and kubelet write it. [SRC]"""

from __future__ import annotations

from datetime import datetime
from typing import Any

Object = dict[str, Any]
_WAITING = {
    "ContainerCreating": "",
    "ImagePullBackOff": 'Back-off pulling image "{image}"',
    "CreateContainerConfigError": "{problem}",
    "CrashLoopBackOff": "back-off restarting failed container={name}",
}


def pending() -> Object:
    """Of a pod that was just taken."""
    return {"phase": "Pending", "qosClass": "BestEffort"}


def unschedulable(why: str, now: datetime) -> Object:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": why}
    return {**pending(), "conditions": [{**condition, "lastTransitionTime": _stamp(now)}]}


def rejected(now: datetime) -> Object:
    """By the kubelet, of a pod that names its node itself."""
    message = "Pod was rejected: Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110"
    return {"phase": "Failed", "reason": "OutOfpods", "message": message, "startTime": _stamp(now)}


def on_node(address: str, pod_address: str, started: datetime) -> Object:
    """What the status has from the node on which the pod is."""
    return {
        "hostIP": address,
        "hostIPs": [{"ip": address}],
        "startTime": _stamp(started),
        **({"podIP": pod_address, "podIPs": [{"ip": pod_address}]} if pod_address else {}),
    }


def conditions(ready: bool, over: str, now: datetime) -> list[Object]:
    """`over` is Succeeded, Failed, or empty while the pod lives."""
    why = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(over, "ContainersNotReady")
    states = {"Initialized": True, "Ready": ready, "ContainersReady": ready, "PodScheduled": True}
    return [
        {"type": kind, "status": str(state), "lastTransitionTime": _stamp(now), **({} if state else {"reason": why})}
        for kind, state in states.items()
    ]


def waiting(container: Object, reason: str, problem: str = "") -> Object:
    """A container that does not run yet."""
    message = _WAITING[reason].format(name=container["name"], image=container.get("image", ""), problem=problem)
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return _container(container, state, ready=False)


def running(container: Object, started: datetime) -> Object:
    return _container(container, {"running": {"startedAt": _stamp(started)}}, ready=True)


def terminated(container: Object, code: int, reason: str, times: tuple[datetime, datetime]) -> Object:
    """`times` are those of its start and of its end."""
    started, finished = times
    state = {"exitCode": code, "reason": reason, "startedAt": _stamp(started), "finishedAt": _stamp(finished)}
    return _container(container, {"terminated": state}, ready=False)


def _container(container: Object, state: Object, ready: bool) -> Object:
    return {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": ready,
        "started": ready,
        "restartCount": 0,
        "image": container.get("image", ""),
        "imageID": "",
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
