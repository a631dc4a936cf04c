"""A real API server without Azure: aescbc keys stand for those of a vault, and a change of the key is a restart."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import urllib3

from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_access import Access, add_client_certificate, tls_context
from azext_akskv.gateways.kube_server import ApiServer, patient
from azext_akskv.gateways.retries import Retries
from emulator.core.tls import Authority
from emulator.real.etcd import Etcd
from emulator.real.kube_apiserver import IDENTITY, KubeApiServer

Json = dict[str, Any]
MERGE_PATCH = "application/merge-patch+json"
PREFIX = "/registry/secrets/"
THREADS = 16


def ignore(*_: object) -> None:
    """For whom nobody listens to."""


class BareCluster:
    """Starts with `with`. `key` is the number of the key that writes now; the one before it only reads. With 0 secrets
    are stored as they are."""

    def __init__(self, folder: Path, key: int = 1) -> None:
        self.folder = folder
        self.authority = Authority("Bare cluster", "localhost", "127.0.0.1")
        self.key = key
        self._keys: dict[int, Json] = {}
        self._left = ExitStack()
        self.etcd: Etcd
        self.server: KubeApiServer
        self.http: urllib3.PoolManager

    def __enter__(self) -> BareCluster:
        with self._left:
            self.etcd = self._left.enter_context(Etcd(self.folder))
            self.server = KubeApiServer(self.folder, self.etcd.url, self.authority)
            self._left.callback(self.server.stop)
            context = tls_context(self.authority.pem, "")
            self.http = urllib3.PoolManager(ssl_context=context, retries=False, maxsize=THREADS, timeout=20)
            self.restart()
            self._left = self._left.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.close()

    def restart(self) -> None:
        providers = [self._provider(number) for number in (self.key, self.key - 1) if number > 0]
        assert self.server.start([*providers, IDENTITY]), "it did not get ready"

    def switch_key(self) -> None:
        """Every secret is stale then."""
        self.key += 1
        self.restart()

    def _provider(self, number: int) -> Json:
        fresh = {"name": f"k{number}", "secret": base64.b64encode(secrets.token_bytes(32)).decode()}
        return {"aescbc": {"keys": [self._keys.setdefault(number, fresh)]}}

    def under(self) -> dict[str, int]:
        """How many secrets etcd holds under the key of `now`, the one `before`, other names, and `plain`."""
        names = {f"k{self.key}": "now", f"k{self.key - 1}": "before"}
        counts: dict[str, int] = {}
        for _, value in self.etcd.values(PREFIX):
            name = value.split(b":", 5)[4].decode() if value.startswith(b"k8s:enc:aescbc:v1:") else "plain"
            shown = names.get(name, name)
            counts[shown] = counts.get(shown, 0) + 1
        return counts

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Json]:
        """As the administrator. Raises urllib3's HTTPError while the server is away."""
        headers = {"Authorization": f"Bearer {self.server.token}", "Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        reply = self.http.request(method, self.server.url + path, headers=headers, body=data)
        answer: Json = json.loads(reply.data)
        return reply.status, answer

    def must(self, method: str, path: str, body: Any = None) -> Json:
        status, answer = self.ask(method, path, body)
        assert status < 300, f"{method} {path}: {status} {answer.get('message')}"
        return answer

    def empty(self) -> None:
        """Without Secrets, webhooks and notes."""
        for prefix in (PREFIX, "/registry/validatingwebhookconfigurations/", "/registry/leases/default/"):
            self.etcd.delete_all(prefix)
        if not self.server.running:
            self.restart()

    def make_namespaces(self, names: Iterable[str]) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for status, answer in pool.map(self._make_namespace, names):
                assert status in (201, 409), answer

    def _make_namespace(self, name: str) -> tuple[int, Json]:
        return self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})

    def make_secrets(self, bodies: Iterable[Json]) -> None:
        def make(body: Json) -> None:
            self.must("POST", f"/api/v1/namespaces/{body['metadata']['namespace']}/secrets", body)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(make, bodies))

    def stock(self, namespace: str, count: int, size: int = 200) -> None:
        """A namespace with so many secrets of so many bytes."""
        self.make_namespaces([namespace])
        self.make_secrets(a_secret(namespace, f"s-{number:05}", size=size) for number in range(count))

    def stock_copies(self, names: Iterable[tuple[str, str]]) -> None:
        """The same Secret under many names, put into etcd as the API server itself has written it, which is ten times
        as fast as asking it. Only while secrets are stored as they are; all names are as long as those of the first."""
        places = iter(names)
        namespace, name = first = next(places)
        self.must("POST", f"/api/v1/namespaces/{namespace}/secrets", a_secret(namespace, name))
        [(_, model)] = self.etcd.values(f"{PREFIX}{namespace}/{name}")

        def copy(place: tuple[str, str]) -> tuple[str, bytes]:
            assert [len(each) for each in place] == [len(each) for each in first], f"{place}: not as long as {first}"
            value = model.replace(namespace.encode(), place[0].encode()).replace(name.encode(), place[1].encode())
            return f"{PREFIX}{place[0]}/{place[1]}", value

        self.etcd.put_all(map(copy, places))

    def compact(self) -> None:
        """As the API server does every five minutes: what was before cannot be read any more."""
        revision = int(self.must("GET", "/api/v1/namespaces?limit=1")["metadata"]["resourceVersion"])
        self.etcd.compact(revision)

    def access(self, user: str = "") -> Access:
        """As the administrator, or as a user with a client certificate and no rights of its own."""
        context = tls_context(self.authority.pem, "")
        if not user:
            return Access(self.server.url, context, self.server.token)
        issued = self.authority.client_certificate(user, "testers")
        add_client_certificate(context, issued.certificate, issued.key)
        return Access(self.server.url, context)

    def secrets(self, user: str = "", answer_timeout: float = 20.0) -> KubeSecrets:
        """The port, as the extension fills it."""
        retries = Retries(_sleep, ignore, 0.2, answer_timeout)
        return KubeSecrets(lambda: ApiServer(self.access(user), "", patient(retries)), retries)


def _sleep(seconds: float) -> None:
    from azext_akskv.engine.waiting import SystemClock

    SystemClock().sleep(seconds)


def a_secret(namespace: str, name: str, size: int = 200, **more: Any) -> Json:
    value = base64.b64encode(secrets.token_bytes(size * 3 // 4)).decode()
    return {"metadata": {"name": name, "namespace": namespace}, "data": {"value": value}, **more}


def path_of(body: Mapping[str, Any]) -> str:
    metadata = body["metadata"]
    return f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
