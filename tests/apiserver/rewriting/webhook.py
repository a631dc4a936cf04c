"""An admission webhook on loopback, as a policy engine runs one."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from emulator.core.tls import Authority


class Webhook:
    """Starts with `with`. Denies updates of the Secrets whose names `denies` says yes to."""

    def __init__(self, denies: Callable[[str], bool]) -> None:
        self._authority = Authority("Webhook", "localhost", "127.0.0.1")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                denied = denies(review["request"]["name"])
                status = {"status": {"code": 403, "message": "Secrets are managed by the vault"}} if denied else {}
                answer = {"uid": review["request"]["uid"], "allowed": not denied, **status}
                body = json.dumps({**review, "request": None, "response": answer}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = self._authority.server_context()
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def configuration(self, name: str) -> dict[str, Any]:
        """A ValidatingWebhookConfiguration that leads here."""
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["secrets"], "operations": ["UPDATE"]}
        client = {
            "url": f"https://127.0.0.1:{self._server.server_address[1]}/review",
            "caBundle": base64.b64encode(self._authority.pem).decode(),
        }
        hook = {"name": name, "rules": [rule], "clientConfig": client, "sideEffects": "None"}
        hook |= {"admissionReviewVersions": ["v1"], "failurePolicy": "Fail", "timeoutSeconds": 5}
        return {"metadata": {"name": name}, "webhooks": [hook]}
