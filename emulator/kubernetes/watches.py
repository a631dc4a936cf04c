"""Watches: what has changed since a revision, told as soon as there is something; then the watch ends.

[SRC] A server may end a watch when it likes, and clients go on where it ended. [OWN] This one ends each with the first
changes, so that what happens to one object between two looks is told as one change."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from emulator.core.http import Answer, Call, Dropped
from emulator.kubernetes import rendering, statuses
from emulator.kubernetes.kinds import NODES, Target
from emulator.kubernetes.lists import number
from emulator.kubernetes.registry import Found
from emulator.kubernetes.selectors import Test, selector
from emulator.kubernetes.storage import Entry

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_LOOK_SECONDS = 0.05
_LONGEST_SECONDS = 20


def is_watch(call: Call) -> bool:
    return call.method == "GET" and call.query.get("watch") in ("1", "true")


async def watched(server: ApiServer, call: Call, target: Target) -> Answer:
    """The first changes, or none within the time that was asked for (`timeoutSeconds`, 20 s at most).

    Raises Refusal: 400, 406, or 410 for a revision that is compacted; Dropped when the server goes away.
    """
    since, test = number(call.query, "resourceversion"), selector(call.query)
    form = rendering.form_of(call.headers.get("accept", ""), call.query.get("includeobject", ""))
    seconds = min(number(call.query, "timeoutseconds") or _LONGEST_SECONDS, _LONGEST_SECONDS)
    end = asyncio.get_running_loop().time() + seconds
    while True:
        with call.world.turn:
            events = _events(server, target, since, test, form)
        if events or asyncio.get_running_loop().time() >= end:
            return rendering.answered(200, b"".join(event + b"\n" for event in events))
        await asyncio.sleep(_LOOK_SECONDS)


def _events(server: ApiServer, target: Target, since: int, test: Test | None, form: rendering.Form) -> list[bytes]:
    if server.away:
        raise Dropped
    server.request_came()
    if target.kind is NODES:
        server.pods.show_nodes()
    storage = server.registry.storage
    if since and since < storage.compacted:
        raise statuses.too_old(since, storage.compacted)
    prefix, events = target.kind.prefix(target.namespace), []
    for key, before, now in storage.changes(prefix, since):
        if target.name and key != target.kind.key(target.namespace, target.name):
            continue
        was, found = _found(server, target, key, before), _found(server, target, key, now)
        was = was if was and (test is None or test(was.content())) else None
        there = bool(found) and (test is None or test(found.content() if found else {}))
        shown = Found((found if there and found else was or Found(b"", 0)).plain, now.revision)
        kind = "MODIFIED" if there and was else "ADDED" if there else "DELETED"
        if there or was:
            rendered = rendering.one(target.kind, shown, form, server.world.clock.now())
            events.append(b'{"type":' + json.dumps(kind).encode() + b',"object":' + rendered + b"}")
    return events


def _found(server: ApiServer, target: Target, key: str, entry: Entry | None) -> Found | None:
    """The object in a revision; None where there was none."""
    if entry is None or entry.value is None:
        return None
    return Found(server.registry.read(target.kind, key, entry)[0], entry.revision)
