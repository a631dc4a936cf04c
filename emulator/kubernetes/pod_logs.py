"""What the container of a pod has written: `pods/log`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Protocol

from emulator.core.http import Answer, Call, Dropped
from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import Target
from emulator.kubernetes.lists import number

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_TEXT = {"Content-Type": "text/plain"}
_LOOK_SECONDS = 0.05
Record = tuple[datetime, str]
_WAITS = {"ImagePullBackOff": "trying and failing to pull image"}


class LogWriter(Protocol):
    """A pod whose programs are not run, and which has a log all the same."""

    def written(self, container: str, previous: bool) -> list[Record] | None:
        """What a container has written; `previous`: until it was killed last, None when it never was."""
        ...


def log(server: ApiServer, call: Call, target: Target) -> Answer:
    """Whole, or its `tailLines`, or as far as `limitBytes`; with `follow` until the pod is over.

    Raises Refusal: 404 for the pod, 400 for another container and for one that has not started, in the kubelet's
    words [SRC].
    """
    pod = server.registry.get(target).content()
    if (program := server.program_of(pod["metadata"]["uid"])) is not None:
        return _of_program(call, pod, program)
    container = pod["spec"]["containers"][0]["name"]
    asked = call.query.get("container") or container
    if asked != container:
        raise statuses.bad_request(f"container {asked} is not valid for pod {target.name}")
    if not pod["spec"].get("nodeName"):
        raise statuses.bad_request(f"pod {target.name} does not have a host assigned")
    uid = pod["metadata"]["uid"]
    if server.pods.log(uid) is None:
        reason = _waiting_for(pod)
        text = f'container "{container}" in pod "{target.name}" is waiting to start: {reason}'
        raise statuses.bad_request(text)
    if call.query.get("follow") in ("1", "true"):
        return Answer(200, _followed(server, call, uid), dict(_TEXT))
    return Answer(200, _part(server.pods.log(uid) or b"", call.query), dict(_TEXT))


def _of_program(call: Call, pod: dict[str, Any], program: LogWriter) -> Answer:
    """[SRC] Of several containers one must be named. [OWN] The program's companions write nothing, and following ends
    with what there is."""
    names = [one["name"] for one in pod["spec"]["containers"]]
    name, asked = pod["metadata"]["name"], call.query.get("container") or (names[0] if len(names) == 1 else "")
    if not asked:
        listed = " ".join(names)
        raise statuses.bad_request(f"a container name must be specified for pod {name}, choose one of: [{listed}]")
    if asked not in names:
        raise statuses.bad_request(f"container {asked} is not valid for pod {name}")
    if _waiting_for(pod) in _WAITS.values():
        raise statuses.bad_request(f'container "{asked}" in pod "{name}" is waiting to start: {_waiting_for(pod)}')
    previous = call.query.get("previous") in ("1", "true")
    records = program.written(asked, previous)
    if records is None:
        raise statuses.bad_request(f'previous terminated container "{asked}" in pod "{name}" not found')
    since = _since(call)
    stamped = call.query.get("timestamps") in ("1", "true")
    lines = [_stamped(at, line, stamped) for at, text in records if at >= since for line in text.split("\n")]
    return Answer(200, _part("".join(lines).encode(), call.query), dict(_TEXT))


def _since(call: Call) -> datetime:
    """From when on the lines are wanted. Raises Refusal: 400."""
    if call.query.get("sinceseconds"):
        return call.world.clock.now() - timedelta(seconds=number(call.query, "sinceseconds"))
    if call.query.get("sincetime"):
        try:
            return datetime.fromisoformat(call.query["sincetime"].replace("Z", "+00:00"))
        except ValueError as error:
            raise statuses.bad_request(f"invalid sinceTime: {error}") from error
    return datetime.fromtimestamp(0, timezone.utc)


def _stamped(at: datetime, line: str, wanted: bool) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z {line}\n" if wanted else f"{line}\n"


async def _followed(server: ApiServer, call: Call, uid: str) -> AsyncIterator[bytes]:
    told, over = 0, False
    while not over:
        with call.world.turn:
            if server.away:
                raise Dropped
            server.request_came()
            written, over = server.pods.log(uid) or b"", server.pods.is_over(uid)
        yield written[told:]
        told = len(written)
        await asyncio.sleep(0 if over else _LOOK_SECONDS)


def _waiting_for(pod: dict[str, Any]) -> str:
    state = (pod["status"].get("containerStatuses") or [{}])[0].get("state") or {}
    reason = str((state.get("waiting") or {}).get("reason") or "ContainerCreating")
    return _WAITS.get(reason, reason)


def _part(written: bytes, query: Mapping[str, str]) -> bytes:
    if query.get("taillines"):
        lines = written.splitlines(keepends=True)
        written = b"".join(lines[max(0, len(lines) - number(query, "taillines")) :])
    return written[: number(query, "limitbytes")] if query.get("limitbytes") else written
