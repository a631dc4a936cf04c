"""Containers of a pod, as the kubelet tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azext_akskv.model.members import child, children, flag, number, text

OUT_OF_MEMORY = "OOMKilled"


@dataclass(frozen=True)
class Container:
    """`waiting` and `ended`: why it waits, or how it ended, now; empty where it does not. `ended_before` and
    `exit_code_before` are those of its last run but this one; an exit code of None: there is none."""

    name: str
    ready: bool = False
    restarts: int = 0
    waiting: str = ""
    message: str = ""
    """The kubelet's words to why it waits."""
    ended: str = ""
    exit_code: int | None = None
    ended_before: str = ""
    exit_code_before: int | None = None

    @property
    def ran_out_of_memory(self) -> bool:
        return OUT_OF_MEMORY in (self.ended, self.ended_before)


def containers_of(pod: Mapping[str, Any]) -> tuple[Container, ...]:
    """Those that a pod's status tells of, init containers first. Raises BadInput."""
    status = child(pod, "status")
    return tuple(
        _container(each) for kind in ("initContainerStatuses", "containerStatuses") for each in _of(status, kind)
    )


def _of(status: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    yield from children(status, kind)


def _container(raw: Mapping[str, Any]) -> Container:
    waiting = child(child(raw, "state"), "waiting")
    ended, before = (child(child(raw, state), "terminated") for state in ("state", "lastState"))
    return Container(
        name=text(raw, "name"),
        ready=flag(raw, "ready") is True,
        restarts=number(raw, "restartCount") or 0,
        waiting=text(waiting, "reason"),
        message=text(waiting, "message"),
        ended=text(ended, "reason"),
        exit_code=number(ended, "exitCode"),
        ended_before=text(before, "reason"),
        exit_code_before=number(before, "exitCode"),
    )


def unscheduled(pod: Mapping[str, Any]) -> str:
    """Why no node has taken a pod, in the scheduler's words; empty where one has. Raises BadInput."""
    for condition in children(child(pod, "status"), "conditions"):
        if (text(condition, "type"), text(condition, "status")) == ("PodScheduled", "False"):
            told = ": ".join(each for each in (text(condition, "reason"), text(condition, "message")) if each)
            return told or "Unschedulable"
    return ""
