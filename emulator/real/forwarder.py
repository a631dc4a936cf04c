"""Hands requests on to the real API server, as whoever the front has found them to be from."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from emulator.core.http import Answer, Call, Dropped
from emulator.kubernetes.authentication import User

_NOT_HANDED_ON = frozenset(
    (
        *("connection", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "expect", "host", "content-length", "authorization"),
    )
)
"""[RFC 9110] Of one connection, not of the request; and who asks is said by the front's own headers."""
_OWN = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_CONNECTIONS = 64
_SECONDS = 120.0


class Forwarder:
    """`front_proxy` is the file of a certificate and its key whose word on the user the server takes."""

    def __init__(self, url: str, authority: bytes, front_proxy: Path) -> None:
        self._url = url
        self._security = ssl.create_default_context(cadata=authority.decode())
        self._security.load_cert_chain(front_proxy)
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self, call: Call, user: User) -> Answer:
        """Its answer as it is. Raises Dropped when it gives none."""
        headers = CIMultiDict(call.headers)
        for name in list(headers):
            if name in _NOT_HANDED_ON or name.startswith("x-remote-"):
                del headers[name]
        headers["X-Remote-User"] = user.name
        for group in sorted(user.groups):
            headers.add("X-Remote-Group", group)
        address = URL(self._url + call.target, encoded=True)
        try:
            async with self._opened().request(
                call.method, address, data=call.body or None, headers=headers, allow_redirects=False
            ) as reply:
                body = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Dropped from error
        kept = {name: value for name, value in reply.headers.items() if name.lower() not in _NOT_HANDED_ON}
        return Answer(reply.status, body, kept)

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._security, limit=_CONNECTIONS),
                auto_decompress=False,
                skip_auto_headers=_OWN,
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session
