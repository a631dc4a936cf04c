"""A scripted API server behind TLS of its own, with optional client certificates; and the kubeconfigs that open it."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from azext_akskv.gateways.kube_access import read_kubeconfig
from azext_akskv.gateways.kube_server import ApiServer
from tests.unit.gateways.conftest import Service, handler_for

HOST = "127.0.0.1"
SECRETS = "/api/v1/namespaces/team-a/secrets"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/akskv"


class Authority:
    """A cluster's CA, its API server's certificate and a client's."""

    def __init__(self) -> None:
        self.ca = trustme.CA()
        self.pem = self.ca.cert_pem.bytes()
        self.client = self.ca.issue_cert("admin@example.test")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(HOST).configure_cert(self.context)
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self.ca.configure_trust(self.context)

    def bundle(self, folder: Path) -> str:
        path = folder / "bundle.pem"
        path.write_bytes(self.pem)
        return str(path)


class KubeService(Service):
    """Also remembers which requests came with a client certificate, and over which connections."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.authority = authority
        self.certified: list[bool] = []
        self.connections: set[tuple[str, int]] = set()

    def server(self, **user: Any) -> ApiServer:
        """A client with these entries of the kubeconfig's user; a token if none are given."""
        config = a_kubeconfig(self.url, self.authority.pem, **(user or {"token": "a-static-token"}))
        return ApiServer(read_kubeconfig(config, frozenset({HOST}), no_token, ""))


def no_token(application: str) -> str:
    raise AssertionError(f"a token for {application} was asked for")


@contextmanager
def serving(authority: Authority) -> Iterator[KubeService]:
    service = KubeService(authority)
    scripted: Any = handler_for(service)

    class Handler(scripted):  # type: ignore[misc]  # the base is made at run time
        def answer(self) -> None:
            service.certified.append(bool(self.connection.getpeercert()))
            service.connections.add(self.client_address)
            super().answer()

        do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = answer

    with listening(Handler, authority.context) as port:
        service.url = f"https://{HOST}:{port}"
        yield service


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> Iterator[int]:
    server = ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are part of the tests
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def a_proxy(asked: list[tuple[str, str]]) -> Iterator[int]:
    """A CONNECT proxy that notes the target and the Proxy-Authorization of each request."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
            host, port = self.path.split(":")
            with socket.create_connection((host, int(port))) as beyond:
                self.send_response_only(200)
                self.end_headers()
                back = threading.Thread(target=pump, args=(beyond, self.connection))
                back.start()
                pump(self.connection, beyond)
                back.join()
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            return

    with listening(Handler, None) as port:
        yield port


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


def a_kubeconfig(server: str, ca: bytes, **user: Any) -> bytes:
    """As ARM gives it; JSON is YAML."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "shop",
        "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "clusterUser_rg1_shop"}}],
        "clusters": [{"name": "shop", "cluster": {"server": server, "certificate-authority-data": encoded(ca)}}],
        "users": [{"name": "clusterUser_rg1_shop", "user": user}],
    }
    return json.dumps(document).encode()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def kubelogin(application: str) -> dict[str, Any]:
    arguments = ["get-token", "--environment", "AzurePublicCloud", "--server-id", application, "--login", "devicecode"]
    return {"exec": {"command": "kubelogin", "args": arguments}}


def a_table(*names: str, version: int = 7, after: str = "", objects: bool = False) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [{"cells": [name, "Opaque", 1, "5d"], "object": None} for name in names]
    if objects:
        rows[0]["object"] = {"kind": "Secret", "data": {"password": "cGxhbnRlZA=="}}
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(version), **({"continue": after} if after else {})},
        "columnDefinitions": [{"name": name} for name in ("Name", "Type", "Data", "Age")],
        "rows": rows,
    }


def a_status(code: int, reason: str, message: str, **more: Any) -> dict[str, Any]:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code}
    return {**body, "reason": reason, "message": message, **more}
