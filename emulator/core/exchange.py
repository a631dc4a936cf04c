"""What happens to every request: time, faults, the service, the oracle, the log. One after the other, in one thread."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from emulator.core.connection import Connection
from emulator.core.faults import Fault
from emulator.core.http import Answer, Call, Dropped, Refusal

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_BODILESS = (204, 304)
Site = Callable[[Call], "Answer | Awaitable[Answer]"]
"""A service: it answers at once, or hands the request on to another program and answers when that one does."""


class _Gone(Exception):
    """There is nobody left to answer."""


@dataclass
class Exchange:
    """The ASGI application of all listeners. `find_site` gives the service of a host and path, with its name; a
    service named `control` is neither logged nor subject to faults."""

    world: EmulatedWorld
    find_site: Callable[[str, str], tuple[str, Site]]
    failures: list[str] = field(default_factory=list)
    """Tracebacks of the emulator's own failures."""

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        connection: Connection = scope["extensions"]["emulator"]
        try:
            await self._exchange(scope, await _body(receive), send, connection)
        except asyncio.CancelledError:  # the emulation stops
            connection.reset()
        except _Gone:
            return

    async def _exchange(self, scope: Any, body: bytes, send: Any, connection: Connection) -> None:
        call = self._call(scope, body, connection)
        name, site = self.find_site(call.host, call.path)
        if name == "control":
            await _send(send, connection, self._controlled(call, site), call.world)
            return
        url = f"{scope['scheme']}://{call.headers.get('host', '')}{call.target}"
        request = call.world.log.came(call.method, url, name)
        fault = call.world.faults.take(name, call.method, call.target)
        answer = await self._answer(call, site, fault, connection)
        if answer is None:
            connection.reset()
            return
        request.status = answer.status
        if isinstance(answer.body, AsyncIterator):
            await self._stream(send, connection, answer, call.world)
        else:
            await _send(send, connection, answer, call.world)

    async def _stream(self, send: Any, connection: Connection, answer: Answer, world: EmulatedWorld) -> None:
        """The head at once, then each part as it comes, until there is no more or nobody listens."""
        await send(_start(answer.status, _dated(world) | answer.headers))
        try:
            async for part in answer.body:
                if connection.gone:
                    return
                if part:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except Dropped:
            connection.reset()
            return
        except Exception:
            self._failed()
            connection.reset()
            return
        await send({"type": "http.response.body", "body": b""})

    def _controlled(self, call: Call, site: Site) -> Answer:
        try:
            answered = site(call)
        except Exception:
            return self._failed()
        assert isinstance(answered, Answer)
        return answered

    def _failed(self) -> Answer:
        """What is answered after a failure of the emulator itself, which is remembered."""
        self.failures.append(traceback.format_exc())
        sys.stderr.write(self.failures[-1])
        return Answer(500, {"error": {"code": "EmulatorFailure", "message": "See the emulator's stderr."}})

    def _call(self, scope: Any, body: bytes, connection: Connection) -> Call:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        return Call(
            world=self.world,
            method=scope["method"],
            host=headers.get("host", "").partition(":")[0].lower(),
            path=scope["path"],
            query={key.lower(): value for key, value in parse_qsl(query, True)},
            headers=headers,
            body=body,
            target=scope["raw_path"].decode("latin-1") + (f"?{query}" if query else ""),
            certificate=connection.certificate,
        )

    async def _answer(self, call: Call, site: Site, fault: Fault | None, connection: Connection) -> Answer | None:
        """None: the connection is to be broken off."""
        if fault:
            await asyncio.sleep(fault.delay)
            if fault.hold == "before":
                await fault.hold_until_released()
                if connection.gone:
                    return None
            if fault.reset or fault.answer:
                return fault.answer
        answer = await self._perform(call, site)
        if fault and fault.hold == "after":
            await fault.hold_until_released()
        return None if fault and fault.lose else answer

    async def _perform(self, call: Call, site: Site) -> Answer | None:
        world = call.world
        try:
            with world.turn:
                world.clock.request_came()
                world.settle()
                world.visitors.request_came(call)
                answered = site(call)
            answer: Answer | None = answered if isinstance(answered, Answer) else await answered
        except Refusal as refusal:
            answer = refusal.answer
        except Dropped:
            answer = None
        except Exception:
            answer = self._failed()
        with world.turn:
            world.oracle.look(f"{call.method} https://{call.host}{call.path}")
        return answer


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Raises _Gone when the client goes away before its request is whole."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _send(send: Any, connection: Connection, answer: Answer, world: EmulatedWorld) -> None:
    body, kind = _encoded(answer.body)
    headers = _dated(world)
    if answer.status not in _BODILESS:
        headers["content-length"] = str(len(body))
    if kind:
        headers["content-type"] = kind
    connection.wire.keep()  # one packet instead of two: a third more requests a second
    await send(_start(answer.status, headers | answer.headers))
    await send({"type": "http.response.body", "body": body})
    connection.wire.flush()


def _dated(world: EmulatedWorld) -> dict[str, str]:
    return {"date": format_datetime(world.clock.now(), usegmt=True)}


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    lowered = {name.lower(): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in lowered.items()]
    return {"type": "http.response.start", "status": status, "headers": raw}


def _encoded(body: Any) -> tuple[bytes, str | None]:
    if body is None:
        return b"", None
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    return json.dumps(body, separators=(",", ":")).encode(), "application/json; charset=utf-8"
