"""One cluster to drive by other people's clients and by ours, with the emulated or the real API server behind it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

import kubernetes
import urllib3
import yaml

from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_access import read_kubeconfig
from azext_akskv.gateways.kube_server import ApiServer as OurApiServer
from emulator.core.tls import cluster_authority
from emulator.dataplane.keyvault.versions import KeyVersion
from emulator.emulation import Emulation
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.encryption import KeySlot
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.real.cluster import RealCluster
from emulator.real.translation import VERSION
from emulator.worlds import catalogue
from emulator.worlds.spec import Delays
from tests.unit.gateways.conftest import AT_ONCE

VAULT = "shop-kv.vault.emulator.test"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
MERGE = "application/merge-patch+json"
SECRETS = "/api/v1/secrets"
HERE = "/api/v1/namespaces/default/secrets"
KINDS = ("emulated", "real")
GONE = b"k8s:enc:kms:v1:azurekms-0badc0de:" + (256).to_bytes(2, "big") + bytes(320)
"""What nobody decrypts."""
T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """An answer: `body` is JSON where it is some, else text."""

    status: int
    body: Any
    headers: Any

    @property
    def version(self) -> int:
        return int(self.body["metadata"]["resourceVersion"])


class Shop:
    """`with Shop("real", "legacy-v1")`; requests go the way of every client, as an administrator."""

    def __init__(self, kind: str, world: str = "legacy-v1", **cluster: Any) -> None:
        self.kind = kind
        spec = catalogue.load(world, delays=Delays(grant=0, update=0.1))
        changed = replace(spec.clusters[0], kubernetes_version=VERSION, **cluster)
        self._spec = catalogue.load(world, delays=spec.delays, clusters=(changed,))
        self._stack = ExitStack()
        self.emulation: Emulation

    def __enter__(self) -> Shop:
        self.emulation = self._stack.enter_context(Emulation(self._spec, kubernetes=self.kind))
        context = ssl.create_default_context(cadata=cluster_authority().pem.decode())
        self._http = self._stack.enter_context(urllib3.PoolManager(ssl_context=context, maxsize=16))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def server(self) -> ApiServer | RealCluster:
        found = self.emulation.world.kubernetes.first()
        assert isinstance(found, ApiServer | RealCluster)
        return found

    def __call__(
        self, method: str, path: str, body: Any = None, accept: str = "application/json", kind: str = "", **query: str
    ) -> Said:
        headers = {"Host": self.server.host, "Authorization": f"Bearer {self.server.static_token}", "Accept": accept}
        if body is not None:
            headers["Content-Type"] = kind or (MERGE if method == "PATCH" else "application/json")
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        url = f"{self.emulation.endpoints['api_servers']}{path}"
        if query:
            url += "?" + urlencode(query)
        reply = self._http.request(method, url, headers=headers, body=data, retries=False, timeout=60)
        typed = reply.headers.get("Content-Type", "").startswith("application/json")
        return Said(
            reply.status, json.loads(reply.data) if typed else reply.data.decode("utf-8", "replace"), reply.headers
        )

    def create(self, name: str, namespace: str = "default", **content: Any) -> Said:
        body = {"metadata": {"name": name}, **content}
        return self("POST", f"/api/v1/namespaces/{namespace}/secrets", body)

    def some(self) -> str:
        """The path of the first secret of a namespace in the middle."""
        metadata = self("GET", "/api/v1/namespaces/payments/secrets", limit="1").body["items"][0]["metadata"]
        return f"/api/v1/namespaces/payments/secrets/{metadata['name']}"

    def rewrite(self) -> int:
        """An empty merge patch of every secret; how many were written anew."""
        written = 0
        for secret in self("GET", SECRETS).body["items"]:
            metadata = secret["metadata"]
            path = f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}"
            written += self("PATCH", path, {}).version != int(metadata["resourceVersion"])
        return written

    # Behind the API server.

    def inside(self, function: Callable[[], T]) -> T:
        """Between two requests of the emulator."""
        return self.emulation.server.call(function)

    def spoil(self, path: str) -> None:
        """The value of a secret becomes one that nobody decrypts."""
        self.store(_key(path), GONE)

    def store(self, key: str, value: bytes) -> None:
        """Past the API server."""
        server = self.server
        if isinstance(server, RealCluster):
            server.etcd.put(key, value)
        else:
            self.inside(lambda: server.registry.storage.put(key, value))

    def stored(self) -> dict[str, bytes]:
        """Each secret's value in etcd by its key."""
        server = self.server
        if isinstance(server, RealCluster):
            return dict(server.etcd.values("/registry/secrets/"))
        storage = server.registry.storage
        return {
            key: entry.value
            for key, entry in self.inside(lambda: list(storage.range("/registry/secrets/", "", storage.revision)))
            if entry.value is not None
        }

    def compact(self) -> None:
        """All revisions but the newest are forgotten."""
        server = self.server
        if isinstance(server, RealCluster):
            server.etcd.compact(server.etcd.revision)
            return
        for turn in range(3):
            self.inside(lambda: self.emulation.world.clock.advance(301))
            self.create(f"passes-{turn}")

    def use_keys(self, current: KeySlot | None, previous: KeySlot | None) -> None:
        """The API server restarts with these slots."""
        self.inside(lambda: self.server.use_keys(current, previous))
        self.wait()

    def restart(self) -> None:
        self.inside(self.server.restart)
        self.wait()

    def wait(self) -> None:
        if isinstance(self.server, RealCluster):
            self.server.wait()

    def slot(self, provider: str, version: KeyVersion) -> KeySlot:
        return KeySlot(version.kid, self.emulation.world.ids.principal("shop-id"), "public", provider)

    def new_key(self) -> KeyVersion:
        return self.inside(lambda: self.emulation.world.keyvault.create(VAULT, "etcd", {"kty": "RSA"}))

    def key(self) -> KeyVersion:
        found = self.emulation.world.keyvault.find(f"https://{VAULT}/keys/etcd")
        assert found is not None
        return found

    @property
    def arm(self) -> ManagedCluster:
        [found] = self.emulation.world.resources.under("", "Microsoft.ContainerService/managedClusters")
        assert isinstance(found, ManagedCluster)
        return found

    def settle(self) -> None:
        """Ends what is under way."""
        self.inside(lambda: self.emulation.world.clock.advance(3600))

    # Clients.

    @cached_property
    def core(self) -> kubernetes.client.CoreV1Api:
        """The Python client of the Kubernetes project, by the kubeconfig that AKS hands out."""
        config = yaml.safe_load(self.inside(lambda: self.server.kubeconfig("admin")))
        client = kubernetes.config.new_client_from_config_dict(config)
        client.configuration.proxy = self.emulation.proxy_url
        client.configuration.no_proxy = None
        return kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(client.configuration))

    def ours(self) -> KubeSecrets:
        """The extension's own gateway; HTTPS_PROXY leads it to the emulation."""
        config = self.inside(lambda: self.server.kubeconfig("user")).encode()
        access = read_kubeconfig(config, frozenset({self.server.host}), lambda _: "", "")
        return KubeSecrets(lambda: OurApiServer(access), AT_ONCE)


def _key(path: str) -> str:
    *_, namespace, _, name = path.split("/")
    return f"/registry/secrets/{namespace}/{name}"
