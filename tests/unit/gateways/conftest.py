"""A service of a few scripted answers behind real TLS, and the real SDK clients pointed at it."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme
from azure.cli.core.sdk.policies import SafeNetworkTraceLoggingPolicy
from azure.core.credentials import AccessToken

from azext_akskv.gateways.clients import API_VERSIONS
from azext_akskv.gateways.retries import Retries, SdkRetries
from azext_akskv.model.governance import LoginKind
from azext_akskv.model.vault import Vault, parse_vault

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
AT_ONCE = Retries(sleep=lambda _seconds: None, tell=lambda _text: None, pause=0.0)
"""Asks again without a pause, and tells nobody."""
SUBSCRIPTION = "5b7c1f7e-54c9-4a2b-9c0d-2f1f6f0a7e11"


@dataclass(frozen=True)
class Reply:
    """An answer; `body` is JSON unless it is text already. `cut`: the connection is closed instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Service:
    """`service.answers("GET", "/path", Reply(...), Reply(...))`: one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._script: dict[tuple[str, str], list[Reply]] = {}

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def answers(self, method: str, path: str, *replies: Reply) -> None:
        self._script[method, path.lower()] = list(replies)

    def reply_to(self, request: Request) -> Reply:
        self.requests.append(request)
        replies = self._script.get((request.method, request.path.lower()))
        if not replies:
            return Reply(404, {"error": {"code": "NotScripted", "message": f"{request.method} {request.path}"}})
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def made(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]


def chunks_of(file: BufferedIOBase) -> bytes:
    """A body whose length was not known when it was begun, as kubectl sends what it reads."""
    sent = b""
    while size := int(file.readline(), 16):
        sent += file.read(size)
        file.readline()
    file.readline()
    return sent


def handler_for(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            chunked = self.headers.get("Transfer-Encoding") == "chunked"
            sent = chunks_of(self.rfile) if chunked else self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(sent) if sent else None
            reply = service.reply_to(Request(self.command, url.path, dict(parse_qsl(url.query)), headers, body))
            self.close_connection = reply.cut
            if not reply.cut:
                self.write(reply)

        def write(self, reply: Reply) -> None:
            text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
            content = b"" if reply.body is None else text.encode()
            self.send_response_only(reply.status)
            kind = "text/plain" if isinstance(reply.body, str) else "application/json"
            headers = {"Date": NOON, "Content-Type": kind, "Content-Length": str(len(content)), **reply.headers}
            for name, value in headers.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path_factory.mktemp("service") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return context, bundle


@pytest.fixture
def service(authority: tuple[ssl.SSLContext, Path]) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(service))
    server.daemon_threads = True
    server.socket = authority[0].wrap_socket(server.socket, server_side=True)
    service.url = f"https://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


class SomebodySignedIn:
    """A credential as az's login gives it; remembers for what it was asked."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.asked_for.extend(scopes)
        return AccessToken("a-token", int(time.time()) + 3600)


class ClientsOfService:
    """Stands for gateways.clients.Clients: the same SDK clients, but of the scripted service, and without pauses."""

    def __init__(self, service: Service, bundle: Path) -> None:
        self.credential = SomebodySignedIn()
        self._service = service
        self._settings = {
            "connection_verify": str(bundle),
            "retry_policy": SdkRetries(AT_ONCE),
            "logging_policy": SafeNetworkTraceLoggingPolicy(),  # what `--debug` prints through
        }
        self._open: list[Any] = []

    def clusters(self, subscription: str, api_version: str) -> Any:
        from azure.mgmt.containerservice import ContainerServiceClient

        return self._arm(ContainerServiceClient, subscription, api_version).managed_clusters

    def tenant_of(self, subscription: str) -> str:
        return f"the tenant of {subscription}"

    def maintenance(self, subscription: str, api_version: str) -> Any:
        from azure.mgmt.containerservice import ContainerServiceClient

        return self._arm(ContainerServiceClient, subscription, api_version).maintenance_configurations

    def send(self, subscription: str, request: Any) -> Any:
        return self.vaults(subscription).send_request(request)

    def login(self, subscription: str) -> tuple[LoginKind, int]:
        return LoginKind.USER, 1_800_000_000

    def vaults(self, subscription: str) -> Any:
        from azure.mgmt.keyvault import KeyVaultManagementClient

        return self._arm(KeyVaultManagementClient, subscription, API_VERSIONS["vaults"])

    def roles(self, subscription: str) -> Any:
        from azure.mgmt.authorization import AuthorizationManagementClient

        return self._arm(AuthorizationManagementClient, subscription, API_VERSIONS["roles"]).role_assignments

    def identities(self, subscription: str) -> Any:
        from azure.mgmt.msi import ManagedServiceIdentityClient

        client = self._arm(ManagedServiceIdentityClient, subscription, API_VERSIONS["identities"])
        return client.user_assigned_identities

    def vault_keys(self, vault: Vault) -> Any:
        from azure.keyvault.keys import KeyClient

        version = API_VERSIONS["vault data plane"]
        client = KeyClient(self._service.url, self.credential, api_version=version, **self._settings)
        self._open.append(client)
        return client

    def _arm(self, client_class: Any, subscription: str, api_version: str) -> Any:
        scopes = [f"{self._service.url}/.default"]
        client = client_class(
            self.credential,
            subscription,
            base_url=self._service.url,
            api_version=api_version,
            credential_scopes=scopes,
            **self._settings,
        )
        self._open.append(client)
        return client

    def close(self) -> None:
        for client in self._open:
            client.close()


@pytest.fixture
def clients(service: Service, authority: tuple[ssl.SSLContext, Path]) -> Iterator[ClientsOfService]:
    clients = ClientsOfService(service, authority[1])
    yield clients
    clients.close()


def a_vault(host: str, name: str = "kv1") -> Vault:
    """A public RBAC vault that answers at `host`."""
    raw = {
        "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1/providers/Microsoft.KeyVault/vaults/{name}",
        "location": "westeurope",
        "properties": {
            "tenantId": "0d2a8f5e-9a51-4b0e-8d39-5b1c5f2d8c77",
            "vaultUri": f"https://{host}/",
            "enableRbacAuthorization": True,
            "provisioningState": "Succeeded",
        },
    }
    return parse_vault(raw, datetime(2026, 11, 22, 12, tzinfo=timezone.utc))
