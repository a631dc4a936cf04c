"""A way to the API server that takes time: each byte arrives half of the round trip later than it was sent, in each
direction, in order, however many there are. It counts them, too.

    python -m benchmarks.rewrite.delay_proxy HOST PORT HALF_SECONDS

says on its first line where it listens, and on its last, once its input is closed, what went through. The handshake of
TCP is the kernel's and takes no time here, that of TLS does.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """What an event loop knows of time."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], Any]) -> Any: ...


class Lane:
    """One direction of one connection. What is sent after the end is lost, as with any connection."""

    def __init__(self, timer: Timer, delay: float, deliver: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self._timer, self._delay = timer, delay
        self._deliver, self._end = deliver, end
        self._under_way: deque[tuple[float, bytes | None]] = deque()
        self.bytes = 0

    def send(self, data: bytes) -> None:
        self.bytes += len(data)
        self._depart(data)

    def close(self) -> None:
        self._depart(None)

    def _depart(self, data: bytes | None) -> None:
        if not self._delay:
            self._arrive(data)
            return
        due = self._timer.time() + self._delay
        self._under_way.append((due, data))
        if len(self._under_way) == 1:
            self._timer.call_at(due, self._arrivals)

    def _arrivals(self) -> None:
        now = self._timer.time()
        while self._under_way and self._under_way[0][0] <= now:
            self._arrive(self._under_way.popleft()[1])
        if self._under_way:
            self._timer.call_at(self._under_way[0][0], self._arrivals)

    def _arrive(self, data: bytes | None) -> None:
        if data is None:
            self._end()
        else:
            self._deliver(data)


class _Side(asyncio.Protocol):
    """One of the two sockets of a connection; `lane` is the one that leads away from it."""

    def __init__(self) -> None:
        self.lane: Lane
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.lane.send(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lane.close()


class _Front(_Side):
    """A client's side. It listens to its client only once there is a server to hear it."""

    def __init__(self, proxy: DelayProxy) -> None:
        super().__init__()
        self._proxy = proxy

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._proxy.connect(self))

    def connection_lost(self, exc: Exception | None) -> None:
        if hasattr(self, "lane"):
            super().connection_lost(exc)


class DelayProxy:
    """In one event loop, on a free port of loopback."""

    def __init__(self, host: str, port: int, delay: float) -> None:
        self._server = (host, port)
        self._delay = delay
        self._towards: list[Lane] = []
        self._back: list[Lane] = []

    async def listen(self) -> int:
        listener = await asyncio.get_running_loop().create_server(lambda: _Front(self), "127.0.0.1", 0, backlog=256)
        return int(listener.sockets[0].getsockname()[1])

    async def connect(self, front: _Front) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, back = await loop.create_connection(_Side, *self._server)
        except OSError:
            front.transport.abort()
            return
        front.lane = Lane(loop, self._delay, back.transport.write, back.transport.close)
        back.lane = Lane(loop, self._delay, front.transport.write, front.transport.close)
        self._towards.append(front.lane)
        self._back.append(back.lane)
        front.transport.resume_reading()

    def counted(self) -> dict[str, int]:
        return {
            "to_server": sum(lane.bytes for lane in self._towards),
            "from_server": sum(lane.bytes for lane in self._back),
        }


async def serve(host: str, port: int, delay: float) -> None:
    proxy = DelayProxy(host, port, delay)
    print(json.dumps({"port": await proxy.listen()}), flush=True)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def until_closed() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=until_closed, daemon=True).start()
    await ended.wait()
    print(json.dumps(proxy.counted()), flush=True)


def main(host: str, port: str, delay: str) -> None:
    # epoll and poll round a wait up to whole milliseconds, select does not
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())
    loop.run_until_complete(serve(host, int(port), float(delay)))


if __name__ == "__main__":
    main(*sys.argv[1:])
