"""The admission rules of a world as a real webhook: an HTTPS endpoint that a real API server asks."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from emulator.core.tls import Authority
from emulator.kubernetes.admission import concerns
from emulator.kubernetes.kinds import KINDS, Kind
from emulator.real.kube_apiserver import KubeApiServer
from emulator.real.programs import CannotStart
from emulator.worlds.cluster_access import AdmissionRule

_PATH = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_TEXT = re.compile(r'admission webhook "(?P<name>[a-z0-9.-]+)" denied the request: (?P<said>.*)', re.DOTALL)
"""[SEEN] How the server words the refusal of a webhook."""
_TRIES = 200
_PAUSE_SECONDS = 0.05


def refusal_of(rule: AdmissionRule) -> re.Match[str] | None:
    """The webhook of a rule (`name`) and what it says (`said`); None for a rule that is something else."""
    return _TEXT.fullmatch(rule.text)


class Guard:
    """Starts with `with` and stops at its end."""

    def __init__(self, rules: Sequence[AdmissionRule], authority: Authority) -> None:
        self._rules = rules
        self._authority = authority
        guard = self

        class Handler(BaseHTTPRequestHandler):
            """One AdmissionReview: the number in the path is the rule's."""

            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = json.dumps(guard._reviewed(int(self.path.strip("/").partition("?")[0]), review)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Nothing is told of it."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.socket = authority.server_context().wrap_socket(self._http.socket, server_side=True)
        self._asked = threading.Event()

    def __enter__(self) -> Guard:
        threading.Thread(target=self._http.serve_forever, name="webhook", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def stand_before(self, server: KubeApiServer) -> None:
        """Has the server ask it. Raises CannotStart when the server does not."""
        hooks = [self._hook(number, rule) for number, rule in enumerate(self._rules)]
        body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
        reply = server.send("POST", _PATH, {**body, "metadata": {"name": "guard"}, "webhooks": hooks})
        if reply.status != 201:
            raise CannotStart(f"the API server took no webhook: {json.loads(reply.data).get('message')}")
        for _ in range(_TRIES):  # it learns of it by an informer
            server.send("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", _PROBE)
            if self._asked.wait(_PAUSE_SECONDS):
                return
        raise CannotStart("the API server never asked the webhook")

    def _hook(self, number: int, rule: AdmissionRule) -> dict[str, Any]:
        found = refusal_of(rule)
        assert found, rule.text
        port = self._http.server_address[1]
        url = f"https://127.0.0.1:{port}/{number}"
        concerned = {"operations": list(rule.operations), "apiGroups": ["*"], "apiVersions": ["*"]}
        probe = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}
        return {
            "name": found["name"],
            "clientConfig": {"url": url, "caBundle": _coded(self._authority.pem)},
            "rules": [{**concerned, "resources": [rule.plural]}, probe],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "admissionReviewVersions": ["v1"],
        }

    def _reviewed(self, number: int, review: dict[str, Any]) -> dict[str, Any]:
        request = review["request"]
        rule, found = self._rules[number], refusal_of(self._rules[number])
        assert found
        self._asked.set()
        name, kind = str(request.get("name") or ""), _kind_of(request["resource"])
        refused = (
            kind is not None
            and request["operation"] in rule.operations
            and concerns(rule, kind, request.get("namespace"), name)
        )
        response = {"uid": request["uid"], "allowed": not refused}
        if refused:
            said = found["said"].format(name=name)
            response["status"] = {"code": 403, "reason": "Forbidden", "message": said}  # as controller-runtime does
        return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}


_PROBE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "webhook-probe"}}


def _kind_of(resource: dict[str, str]) -> Kind | None:
    wanted = (resource["group"], resource["resource"])
    return next((kind for kind in KINDS if (kind.group, kind.plural) == wanted), None)


def _coded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
