"""Requests to one API server: urllib3, which az brings along, with our own TLS context and small, checked answers.

Bodies, headers and tokens are in no log: urllib3 writes method, path and status at debug level, and we write nothing.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswer

from azext_akskv.failures import GatewayError, Rejected, Unavailable
from azext_akskv.gateways.kept_connection import KeptConnection, Unusual, credentials_of, unconnected
from azext_akskv.gateways.kube_access import Access, trust
from azext_akskv.gateways.kube_status import failure
from azext_akskv.gateways.retries import ANSWER_TIMEOUT, CONNECT_TIMEOUT, Retries

JSON_TYPE = "application/json"
MOST_BYTES = 4 << 20
"""Far above a page of 500 names (about 70 kB) and below what could hurt."""
MOST_CONNECTIONS = 128
TIMEOUT = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=ANSWER_TIMEOUT)


def patient(retries: Retries) -> urllib3.Timeout:
    return urllib3.Timeout(connect=retries.connect_timeout, read=retries.answer_timeout)


class OnceMore(urllib3.Retry):
    """A connection that the server closed between two requests is made anew, once. What more helps is for those to say
    who know what the request means; among it what to do about a server that says nothing for so long."""

    def increment(self, *args: Any, **details: Any) -> Any:
        if isinstance(details.get("error"), NoAnswer):
            raise details["error"]
        return super().increment(*args, **details)


ONCE_MORE = OnceMore(total=1, redirect=0, allowed_methods=None, respect_retry_after_header=False)


@dataclass(frozen=True)
class Request:
    """`doing` says what for, as in "list the secrets of team-a"."""

    doing: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content_type: str = JSON_TYPE
    accept: str = JSON_TYPE


@dataclass(frozen=True)
class Reply:
    headers: Mapping[str, str]
    json: dict[str, Any] = field(repr=False)


class ApiServer:
    """One API server, from any thread. Raises GatewayError for all that fails. `keeps_connections`: see
    ask_often; what records and replays HTTP knows the connections of urllib3 only."""

    def __init__(
        self,
        access: Access,
        ca_bundle: str = "",
        timeout: urllib3.Timeout = TIMEOUT,
        *,
        keeps_connections: bool = True,
    ) -> None:
        self._access = access
        self._ca_bundle = ca_bundle
        self._timeout = timeout
        self._proxy = self._find_proxy()
        self._pool = self._connections()
        self._keeps_connections = keeps_connections
        self._of_thread = threading.local()

    def ask(self, request: Request) -> Reply:
        """The JSON that a request is answered with."""
        with self._sent(request, self._pool) as response:
            raw = self._read(request, response) if content_type(response.headers) == JSON_TYPE else b""
            return understood(request, response.status, response.headers, raw)

    def ask_often(self, request: Request) -> Reply:
        """The same for what is sent for every secret: each thread keeps a connection for it, which costs a quarter of
        the time. Where that does not work, and where no connections are kept, it is `ask`. What broke off is asked
        again by it, at once and once, as `ask` does."""
        kept = self._kept()
        if kept is None:
            return self.ask(request)
        try:
            status, headers, raw = kept.ask(self._in_one_piece(request), MOST_BYTES)
        except TimeoutError as error:
            self._drop(kept)
            raise Unavailable(request.doing, "ReadTimeoutError", str(error)) from None
        except (OSError, Unusual):
            self._drop(kept)
            return self.ask(request)
        return understood(request, status, headers, raw if content_type(headers) == JSON_TYPE else b"")

    def _kept(self) -> KeptConnection | None:
        """This thread's; None when there is none to be had: `ask` then tells why."""
        kept: KeptConnection | None = getattr(self._of_thread, "kept", None)
        if kept is None and self._keeps_connections:
            with suppress(HTTPError, OSError):
                if made := unconnected(self._access, self._proxy, self._timeout.connect_timeout):
                    kept = KeptConnection(made, self._timeout.read_timeout)
            self._of_thread.kept = kept
        return kept

    def _in_one_piece(self, request: Request) -> bytes:
        headers = {"Host": urlsplit(self._access.server).netloc, **self._headers(request)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = encoded(request) or b""
        head = f"{request.method} {target_of(request)} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode("ascii") + body

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": request.accept, "User-Agent": "akskv"}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        return headers

    def _drop(self, kept: KeptConnection) -> None:
        kept.close()
        self._of_thread.kept = None

    def ready(self) -> bool:
        """Whether /readyz says so. Raises Denied when we are not known any more, Throttled and Unavailable when that is
        not its last word."""
        request = Request("ask whether the API server is ready", "GET", "/readyz")
        with self._sent(request, self._pool) as response:
            if response.status in (401, 429) or response.status >= 500:
                raise failure(request.doing, response.status, response.headers, {})
            return int(response.status) == 200

    def lines(self, request: Request) -> Iterator[str]:
        """The lines of a text, as they come, over a connection of their own: another API server may answer it."""
        pool = self._connections()
        try:
            with self._sent(request, pool) as response:
                if response.status >= 300:
                    raise failure(request.doing, response.status, response.headers, {})
                rest = b""
                for chunk in response.stream(1 << 16):
                    *whole, rest = (rest + chunk).split(b"\n")
                    yield from (line.decode("utf-8", "replace") for line in whole)
        finally:
            pool.clear()

    @contextmanager
    def _sent(self, request: Request, pool: urllib3.PoolManager) -> Iterator[urllib3.BaseHTTPResponse]:
        settings: dict[str, Any] = {"redirect": False, "retries": ONCE_MORE, "preload_content": False}
        headers, body = self._headers(request), encoded(request)
        try:
            url = self._access.server.rstrip("/") + target_of(request)
            response = pool.urlopen(request.method, url, headers=headers, body=body, **settings)
            try:
                yield response
            finally:
                response.close()  # after the last byte its connection is back in the pool already
        except HTTPError as error:
            raise unreachable(request.doing, error) from None

    def _find_proxy(self) -> str:
        """The access's own, else that of the environment, as requests would go (HTTPS_PROXY, ALL_PROXY, NO_PROXY with
        CIDR); empty for none."""
        server = self._access.server
        proxy = self._access.proxy or select_proxy(server, get_environ_proxies(server))
        if not proxy:
            return ""
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        if not proxy.lower().startswith(("http://", "https://")):
            raise Rejected(
                "reach the API server", "proxy", f"a proxy of this kind is not supported: {proxy.split(':')[0]}"
            )
        return proxy

    def _read(self, request: Request, response: urllib3.BaseHTTPResponse) -> bytes:
        raw = response.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise Rejected(request.doing, "too-large", f"the answer is larger than {MOST_BYTES >> 20} MB")
        return raw

    def _connections(self) -> urllib3.PoolManager:
        """Through the proxy, where there is one."""
        settings: dict[str, Any] = {
            "ssl_context": self._access.tls,
            "cert_reqs": "CERT_REQUIRED",
            "maxsize": MOST_CONNECTIONS,
            "timeout": self._timeout,
            # urllib3 turns this off behind a proxy, and then each patch, which is two packets, waits 40 ms for an ACK
            "socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        }
        if self._access.server_name:
            settings["server_hostname"] = self._access.server_name
        if not self._proxy:
            return urllib3.PoolManager(**settings)
        if self._proxy.lower().startswith("https:"):
            settings["proxy_ssl_context"] = self._proxy_tls()
        return urllib3.ProxyManager(self._proxy, proxy_headers=credentials_of(self._proxy), **settings)

    def _proxy_tls(self) -> ssl.SSLContext:
        """For a proxy that is spoken to in TLS itself. Reading the machine's CAs takes 50 ms."""
        context = urllib3.util.create_urllib3_context()
        context.load_default_certs()
        trust(context, self._ca_bundle)
        return context


def target_of(request: Request) -> str:
    return f"{request.path}?{urlencode(request.query)}" if request.query else request.path


def encoded(request: Request) -> bytes | None:
    return None if request.body is None else json.dumps(request.body).encode()


def content_type(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip()


def understood(request: Request, status: int, headers: Mapping[str, str], raw: bytes) -> Reply:
    """`raw` is empty for what is not JSON."""
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        raise Rejected(request.doing, "not-json", "the answer says that it is JSON and is not") from None
    if status >= 300:
        raise failure(request.doing, status, headers, body)
    if not isinstance(body, dict) or not raw:
        kind = content_type(headers) or "empty"
        raise Rejected(request.doing, "not-json", f"the answer is {kind}, not a JSON object")
    return Reply(headers, body)


def unreachable(doing: str, error: HTTPError) -> GatewayError:
    """A connection that could not be made or broke is retriable, also when it broke within TLS, as a load balancer
    breaks it whose API servers restart; a certificate that is not the cluster's is not."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError) and any(isinstance(each, ssl.SSLCertVerificationError) for each in cause.args):
        expected = "a certificate for this host, of the cluster's own CA or of one in REQUESTS_CA_BUNDLE"
        return Rejected(doing, "tls", f"{told(cause)}; expected {expected}")
    return Unavailable(doing, type(cause).__name__, told(cause))


def told(cause: BaseException) -> str:
    """urllib3's texts begin with the connection object."""
    return str(cause).rpartition(">: ")[2] or str(cause)
