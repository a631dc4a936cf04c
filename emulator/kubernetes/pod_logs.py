"""What the container of a pod has written: `pods/log`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from emulator.core.http import Answer, Call, Dropped
from emulator.kubernetes import statuses
from emulator.kubernetes.kinds import Target
from emulator.kubernetes.lists import number

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_TEXT = {"Content-Type": "text/plain"}
_LOOK_SECONDS = 0.05
_WAITS = {"ImagePullBackOff": "trying and failing to pull image"}


def log(server: ApiServer, call: Call, target: Target) -> Answer:
    """Whole, or its `tailLines`, or as far as `limitBytes`; with `follow` until the pod is over.

    Raises Refusal: 404 for the pod, 400 for another container and for one that has not started, in the kubelet's
    words [SRC].
    """
    pod = server.registry.get(target).content()
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
