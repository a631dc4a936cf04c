"""The CONNECT proxy: the way to every host of the emulated Azure, and to nothing else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from emulator.core.connection import Connection

Tunnel = Callable[[str, int], "tuple[ssl.SSLContext, Connection] | None"]
"""What serves a host and port; None when nothing does."""

_REFUSED = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LONGEST_HEAD = 16384


class Proxy(asyncio.Protocol):
    """Ends the TLS of a tunnel itself, so that a request costs no second hop."""

    def __init__(self, tunnel: Tunnel, refused: Callable[[str, str], None], tasks: set[asyncio.Task[Any]]) -> None:
        self._tunnel, self._refused, self._tasks = tunnel, refused, tasks
        self._head = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\r\n\r\n" in self._head:
            self._serve()
        elif len(self._head) > _LONGEST_HEAD:
            self._transport.abort()

    def _serve(self) -> None:
        method, _, rest = self._head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        target = rest.partition(" ")[0]
        host, _, port = target.rpartition(":")
        found = self._tunnel(host.lower(), int(port)) if method == "CONNECT" and port.isdigit() else None
        if found is None:
            self._refused(method, target)
            self._transport.write(_REFUSED)
            self._transport.close()
            return
        self._transport.pause_reading()
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        task = asyncio.get_running_loop().create_task(self._secure(*found))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _secure(self, context: ssl.SSLContext, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(self._transport, connection, context, server_side=True)
        except OSError:  # the client does not trust the certificate, or went away
            self._transport.abort()
            return
        if transport is not None:
            connection.connection_made(transport)
