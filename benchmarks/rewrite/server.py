"""A real API server whose first aescbc key changes from time to time, so that every secret is stale, and the proof from
etcd's raw bytes that a contender has rewritten them all."""

from __future__ import annotations

import base64
import json
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import urllib3

from emulator.core.tls import Authority
from emulator.real.etcd import Etcd
from emulator.real.kube_apiserver import KubeApiServer, Provider
from emulator.real.programs import CannotStart

SECRETS = "/registry/secrets/"
PREFIX = b"k8s:enc:aescbc:v1:"
"""Of a stored value, followed by the key's name and a colon. [k8s.io/apiserver value/encrypt/aes]"""
READY_SECONDS = 180.0
"""With 300 MB of secrets the informers take a while."""


@dataclass(frozen=True)
class Way:
    """How a contender reaches the API server: directly, or through a proxy. The token is in a file, because anybody
    may read arguments."""

    url: str
    authority: Path
    token: Path


class NotRewritten(Exception):
    """A contender left secrets under the old key: what it took is no result."""


class Bench:
    """Starts with `with`; the secrets that were made before a change of the key are stale after it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority("Benchmark", "127.0.0.1")
        self.etcd = Etcd(folder)
        self.server: KubeApiServer
        self._keys = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("first", "second")}

    def __enter__(self) -> Bench:
        self.etcd.__enter__()
        try:
            self.server = KubeApiServer(self.folder, self.etcd.url, self.authority)
            token = self.folder / "token"
            token.touch(0o600)
            token.write_text(self.server.token)
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "server"):
            self.server.stop()
        self.etcd.__exit__()

    @property
    def key(self) -> str:
        """The name of the key that the API server writes with."""
        return next(iter(self._keys))

    def way(self, url: str = "") -> Way:
        return Way(url or self.server.url, self.folder / "ca.crt", self.folder / "token")

    def change_key(self) -> None:
        """The other key becomes the first one; the API server restarts, as that of AKS does."""
        self.server.stop()
        compact(self.etcd.url)
        self._keys = dict(reversed(self._keys.items()))
        self._start()

    def stored(self) -> Counter[str]:
        """How many secrets are stored under which key's name."""
        found: Counter[str] = Counter()
        for _, value in self.etcd.values(SECRETS):
            named = value.removeprefix(PREFIX)
            found[named.partition(b":")[0].decode() if named != value else "(not encrypted)"] += 1
        return found

    def require_all_under(self, key: str, count: int) -> None:
        """Raises NotRewritten."""
        stored = self.stored()
        if stored != {key: count}:
            raise NotRewritten(f"expected {count:,} secrets under the key {key!r}, found {dict(stored)}")

    def _start(self) -> None:
        if not self.server.start([self._provider()], READY_SECONDS):
            raise CannotStart(f"the API server was not ready after {READY_SECONDS:.0f} s")

    def _provider(self) -> Provider:
        return {"aescbc": {"keys": [{"name": name, "secret": secret} for name, secret in self._keys.items()]}}


def compact(etcd_url: str) -> None:
    """Forgets old versions and gives their room back, so that no contender pays for the writes of those before it."""
    http = urllib3.PoolManager(retries=False)

    def ask(path: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
        reply = http.request("POST", f"{etcd_url}/v3/{path}", body=json.dumps(body), timeout=300)
        assert reply.status == 200, f"etcd answered {reply.status}: {reply.data[:200]!r}"
        answer: dict[str, dict[str, str]] = json.loads(reply.data)
        return answer

    revision = ask("kv/range", {"key": base64.b64encode(b"-").decode()})["header"]["revision"]
    ask("kv/compaction", {"revision": revision, "physical": True})
    ask("maintenance/defragment", {})
    http.clear()
