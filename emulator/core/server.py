"""The listeners on loopback: all in one thread with one event loop, so that no service needs a lock."""

from __future__ import annotations

import asyncio
import functools
import ssl
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from uvicorn.config import Config
from uvicorn.server import ServerState

from emulator.core.connection import Connection, WireTap
from emulator.core.exchange import Exchange
from emulator.core.proxy import Proxy
from emulator.core.tls import azure_authority, cluster_authority

LOOPBACK = "127.0.0.1"
_DOMAIN = ".emulator.test"
_API_SERVERS = (".hcp.westeurope.emulator.test", ".k3s.emulator.test")
_PORTS = (443, 6443)
_STOP_SECONDS = 5.0
T = TypeVar("T")


class Server:
    """Serves one Exchange. Ports are the system's choice: `azure` and `api_servers` speak TLS, `plain` HTTP, `proxy`
    and `inside`, where private clusters are reached too, CONNECT."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.tap = WireTap()
        self.ports: dict[str, int] = {}
        self._config = Config(
            exchange,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=600,
        )
        self._config.load()
        self._state = ServerState()
        self._azure = azure_authority().server_context()
        self._api_servers = cluster_authority().server_context(client_certificates=True)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._servers: list[asyncio.Server] = []

    def start(self) -> None:
        """Returns when every listener listens."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self) -> None:
        """Breaks off what is left, requests that are held included."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()

    def call(self, function: Callable[[], T]) -> T:
        """What `function` returns, called between two requests."""

        async def called() -> T:
            with self.exchange.world.turn:
                return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        await self._open("azure", self._connection, self._azure)
        await self._open("api_servers", functools.partial(self._connection, self.tap), self._api_servers)
        await self._open("plain", self._connection)
        await self._open("proxy", lambda: Proxy(self._tunnel_from_outside, self._refused, self._state.tasks))
        await self._open("inside", lambda: Proxy(self._tunnel, self._refused, self._state.tasks))

    async def _open(self, name: str, make: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None) -> None:
        server = await self._loop.create_server(make, LOOPBACK, 0, ssl=tls, backlog=512)
        self.ports[name] = server.sockets[0].getsockname()[1]
        self._servers.append(server)

    def _connection(self, tap: WireTap | None = None) -> Connection:
        return Connection(self._config, self._state, tap)

    def _tunnel_from_outside(self, host: str, port: int) -> tuple[ssl.SSLContext, Connection] | None:
        """None for a private cluster, whose name is known and whose address is not reached."""
        server = self.exchange.world.kubernetes.at(host)
        access = (server.properties.get("apiServerAccessProfile") or {}) if server else {}
        return None if access.get("enablePrivateCluster") else self._tunnel(host, port)

    def _tunnel(self, host: str, port: int) -> tuple[ssl.SSLContext, Connection] | None:
        if port not in _PORTS or not host.endswith(_DOMAIN):
            return None
        if host.endswith(_API_SERVERS):
            return self._api_servers, self._connection(self.tap)
        return self._azure, self._connection()

    def _refused(self, method: str, target: str) -> None:
        self.exchange.world.log.came(method, target, "proxy").status = 502

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        pending: set[asyncio.Task[Any]] = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await self.exchange.world.kubernetes.hang_up()
