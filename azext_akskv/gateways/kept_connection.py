"""One request after the other over a connection that is kept: for the empty patch, which is sent for every secret.

urllib3 makes the connection, with proxy, TLS and host name; what it and http.client do around a request takes four
times as long as the rest of it, and the processor that it takes is the one that the rewrite waits for (see
docs/benchmarks.rst). So the request is written in one piece, and of the answer no more is read than what a server of
HTTP/1.1 says to a PATCH. Whatever is unusual ends the connection, and the request is left to urllib3.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any

from requests.utils import get_auth_from_url
from urllib3 import make_headers
from urllib3.connection import HTTPSConnection
from urllib3.util import parse_url

from azext_akskv.gateways.kube_access import Access

Seconds = Any
"""A number, or urllib3's own word for its default."""
READ_BYTES = 1 << 16
MOST_HEAD = 1 << 16


class Unusual(Exception):
    """The answer is none that is understood here, or there is none."""


class Headers(dict[str, str]):
    """By name, whatever its case. That of requests takes a quarter of the time that a whole answer takes."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class KeptConnection:
    """For one thread."""

    def __init__(self, connection: HTTPSConnection, answer_timeout: Seconds) -> None:
        """Connects. Raises what urllib3 raises, and OSError."""
        connection.connect()
        self._connection = connection
        self._socket = connection.sock
        self._socket.settimeout(answer_timeout)
        self._unread = b""
        weakref.finalize(self, connection.close)  # also when its thread ends, which nobody tells us

    def close(self) -> None:
        self._connection.close()

    def ask(self, request: bytes, most_bytes: int) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body, of `most_bytes` at most. Raises TimeoutError when there is no answer in time,
        OSError when the connection breaks, Unusual; in each case it must not be used any more."""
        self._socket.sendall(request)
        status, headers = self._head()
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._chunks(most_bytes)
        else:
            body = self._exactly(length_of(headers.get("Content-Length", ""), 10, most_bytes))
        if self._unread:
            raise Unusual
        return status, headers, body

    def _head(self) -> tuple[int, Mapping[str, str]]:
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        status = rest[:3]
        if version != "HTTP/1.1" or not (status.isascii() and status.isdigit()) or int(status) < 200:
            raise Unusual
        pairs = (line.partition(":") for line in lines)
        headers = Headers((name.lower(), value.strip()) for name, _, value in pairs)
        if headers.get("Connection", "keep-alive").lower() != "keep-alive":
            raise Unusual
        return int(status), headers

    def _chunks(self, most_bytes: int) -> bytes:
        """Without extensions and trailers, which no API server sends."""
        body = b""
        while size := length_of(self._until(b"\r\n").decode("latin-1"), 16, most_bytes - len(body)):
            body += self._exactly(size)
            self._exactly(2)
        self._exactly(2)
        return body

    def _until(self, end: bytes) -> bytes:
        while (place := self._unread.find(end)) < 0:
            if len(self._unread) > MOST_HEAD:
                raise Unusual
            self._receive()
        found, self._unread = self._unread[:place], self._unread[place + len(end) :]
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self._unread) < count:
            self._receive()
        found, self._unread = self._unread[:count], self._unread[count:]
        return found

    def _receive(self) -> None:
        data = self._socket.recv(READ_BYTES)
        if not data:
            raise Unusual
        self._unread += data


def length_of(digits: str, base: int, most: int) -> int:
    """Raises Unusual for what is no number, and for more than `most`."""
    try:
        length = int(digits, base)
    except ValueError:
        raise Unusual from None
    if not 0 <= length <= most:
        raise Unusual
    return length


def unconnected(access: Access, proxy: str, connect_timeout: Seconds) -> HTTPSConnection | None:
    """Through the proxy of that URL where there is one; None for a proxy that is itself reached by TLS."""
    server, through = parse_url(access.server), parse_url(proxy) if proxy else None
    if through and through.scheme != "http":
        return None
    near = through or server
    made = HTTPSConnection(
        near.host or "",
        near.port or (80 if through else 443),
        timeout=connect_timeout,
        ssl_context=access.tls,
        cert_reqs="CERT_REQUIRED",
        proxy=through,
        server_hostname=access.server_name or None,
    )
    if proxy:
        made.set_tunnel(server.host or "", server.port or 443, headers=credentials_of(proxy))
    return made


def credentials_of(proxy: str) -> dict[str, str]:
    """The header that a proxy with a user in its URL asks for."""
    user, password = get_auth_from_url(proxy)
    return dict(make_headers(proxy_basic_auth=f"{user}:{password}")) if user else {}
