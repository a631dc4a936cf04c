"""Watches: what has changed since a revision, told as it happens.

[OWN] What happens to one object between two looks, every 50 ms, is told as one change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
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
_LONGEST_SECONDS = 1800
"""[SRC] So long a watch is open at least where nobody asks for less."""


@dataclass
class _Watch:
    """`since` is the revision up to which everything was told."""

    server: ApiServer
    target: Target
    since: int
    test: Test | None
    form: rendering.Form

    def events(self) -> list[bytes]:
        """Raises Dropped when the server goes away."""
        if self.server.away:
            raise Dropped
        self.server.request_came()
        if self.target.kind is NODES:
            self.server.pods.show_nodes()
        storage, kind = self.server.registry.storage, self.target.kind
        changes = storage.changes(kind.prefix(self.target.namespace), self.since)
        self.since = storage.revision
        own = kind.key(self.target.namespace, self.target.name) if self.target.name else ""
        told = (self._event(key, before, now) for key, before, now in changes if own in ("", key))
        return [event for event in told if event]

    def _event(self, key: str, before: Entry | None, now: Entry) -> bytes:
        """[SRC] For who selects, what no longer fits is deleted."""
        was, found = self._fitting(key, before), self._fitting(key, now)
        shown = found or was
        if shown is None:
            return b""
        kind = "DELETED" if found is None else "MODIFIED" if was else "ADDED"
        at = Found(shown.plain, now.revision)
        rendered = rendering.one(self.target.kind, at, self.form, self.server.world.clock.now())
        return b'{"type":' + json.dumps(kind).encode() + b',"object":' + rendered + b"}\n"

    def _fitting(self, key: str, entry: Entry | None) -> Found | None:
        if entry is None or entry.value is None:
            return None
        found = Found(self.server.registry.read(self.target.kind, key, entry)[0], entry.revision)
        return found if self.test is None or self.test(found.content()) else None


def is_watch(call: Call) -> bool:
    return call.method == "GET" and call.query.get("watch") in ("1", "true")


def watched(server: ApiServer, call: Call, target: Target) -> Answer:
    """From `resourceVersion` on, or everything that is there, for `timeoutSeconds`.

    Raises Refusal: 400, 406, or 410 for a revision that is compacted.
    """
    since = number(call.query, "resourceversion")
    if since and since < server.registry.storage.compacted:
        raise statuses.too_old(since, server.registry.storage.compacted)
    form = rendering.form_of(call.headers.get("accept", ""), call.query.get("includeobject", ""))
    watch = _Watch(server, target, since, selector(call.query), form)
    seconds = number(call.query, "timeoutseconds") or _LONGEST_SECONDS
    return rendering.answered(200, _stream(call, watch, seconds))


async def _stream(call: Call, watch: _Watch, seconds: int) -> AsyncIterator[bytes]:
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        with call.world.turn:
            events = watch.events()
        yield b"".join(events)
        await asyncio.sleep(_LOOK_SECONDS)
