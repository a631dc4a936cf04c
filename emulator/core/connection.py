"""One HTTP connection: uvicorn's protocol, and what it hides: the peer's certificate, the raw bytes, a real reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState


class WireTap:
    """The bytes of a listener in both directions, decrypted, while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.seen = bytearray()

    def take(self, data: bytes) -> None:
        if self.on:
            self.seen += data


class _Wire:
    """A transport that writes head and body of an answer as one piece, and shows it to the wire tap."""

    def __init__(self, transport: asyncio.Transport, tap: WireTap | None) -> None:
        self._transport, self._tap = transport, tap
        self._kept: list[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._kept is not None:
            self._kept.append(data)
            return
        if self._tap:
            self._tap.take(data)
        self._transport.write(data)

    def keep(self) -> None:
        """Keeps what is written from now on."""
        self._kept = []

    def flush(self) -> None:
        """Sends what was kept."""
        kept, self._kept = self._kept, None
        if kept:
            self.write(b"".join(kept))

    def close(self) -> None:
        self.flush()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """The application finds it in the scope's extensions, under `emulator`."""

    def __init__(self, config: Config, state: ServerState, tap: WireTap | None = None) -> None:
        super().__init__(config, state, {})
        self.certificate: bytes | None = None
        self._tap = tap
        self._early = b""
        self.wire: _Wire

    @property
    def gone(self) -> bool:
        """The client is no longer there."""
        return self.parser is None or self.transport.is_closing()

    def reset(self) -> None:
        """Breaks the connection off: the client sees a reset, not an end. One that is gone already is left alone."""
        self.cycle.disconnected = True  # or else uvicorn answers 500 for an application that says nothing
        if self.gone:
            return
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        security = transport.get_extra_info("ssl_object")
        self.certificate = security.getpeercert(binary_form=True) if security else None
        self.wire = _Wire(transport, self._tap)
        super().connection_made(self.wire)  # type: ignore[arg-type]
        if self._early:
            self.data_received(self._early)

    def data_received(self, data: bytes) -> None:
        if self.transport is None:
            # After a TLS handshake inside a tunnel the first request can be here before connection_made is called.
            self._early += data
            return
        if self._tap:
            self._tap.take(data)
        super().data_received(data)
        if self.cycle is not None and self.cycle.more_body:
            self._acknowledge()

    def _acknowledge(self) -> None:
        """A client that sends a request's body as a packet of its own may wait until the head has been acknowledged:
        else 40 ms. [Linux]"""
        if hasattr(socket, "TCP_QUICKACK"):
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"emulator": self}  # type: ignore[dict-item]
