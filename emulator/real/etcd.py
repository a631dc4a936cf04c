"""An etcd of one member, with its data in a folder."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import urllib3

from emulator.real.programs import CannotStart, Process, free_port

_START_SECONDS = 20.0
_PAGE = 500
_AT_ONCE = 100
"""etcd takes 128 operations in a transaction."""


class Etcd:
    """Starts with `with` and stops at its end. `url` is where clients reach it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._http = urllib3.PoolManager()
        self._process: Process
        self.url = ""

    def __enter__(self) -> Etcd:
        self.url, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        clients = ["--listen-client-urls", self.url, "--advertise-client-urls", self.url]
        members = ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        cluster = ["--initial-cluster", f"default={peers}", "--data-dir", str(self._folder / "etcd")]
        # The default of 2 GB is what 20,000 secrets of 100 kB would fill.
        room = ["--quota-backend-bytes", str(8 << 30), "--logger", "zap", "--log-outputs", "stderr"]
        self._process = Process("etcd", [*clients, *members, *cluster, *room], self._folder / "etcd.log")
        if not self._process.wait_for(self._healthy, _START_SECONDS):
            self._process.kill()
            raise CannotStart(f"etcd was not ready after {_START_SECONDS:.0f} s:\n{self._process.last_words()}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def values(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Every key under a prefix, in order, with the bytes that are stored under it."""
        start, end = prefix.encode(), _end_of(prefix)
        more = True
        while more:
            answer = self._ask("range", {"key": _coded(start), "range_end": _coded(end), "limit": _PAGE})
            found = answer.get("kvs") or []
            for each in found:
                yield base64.b64decode(each["key"]).decode(), base64.b64decode(each.get("value") or "")
            more = bool(answer.get("more"))
            start = base64.b64decode(found[-1]["key"]) + b"\0" if more else start

    def put(self, key: str, value: bytes) -> None:
        """Writes past the API server."""
        self._ask("put", {"key": _coded(key.encode()), "value": _coded(value)})

    def put_all(self, pairs: Iterable[tuple[str, bytes]]) -> None:
        """The same for many, a hundred at a time."""
        coming = iter(pairs)
        while some := list(islice(coming, _AT_ONCE)):
            puts = [{"request_put": {"key": _coded(key.encode()), "value": _coded(value)}} for key, value in some]
            self._ask("txn", {"success": puts})

    def delete_all(self, prefix: str) -> None:
        self._ask("deleterange", {"key": _coded(prefix.encode()), "range_end": _coded(_end_of(prefix))})

    def count(self, prefix: str) -> int:
        """How many keys there are under a prefix."""
        asked = {"key": _coded(prefix.encode()), "range_end": _coded(_end_of(prefix)), "count_only": True}
        return int(self._ask("range", asked).get("count", 0))

    @property
    def revision(self) -> int:
        """That of the last write."""
        return int(self._ask("range", {"key": _coded(b"none")})["header"]["revision"])

    def compact(self, revision: int) -> None:
        """Forgets what was before."""
        self._ask("compaction", {"revision": revision, "physical": True})

    def _ask(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        reply = self._http.request("POST", f"{self.url}/v3/kv/{what}", body=json.dumps(body), retries=False)
        assert reply.status == 200, f"etcd answered {reply.status}: {reply.data[:200]!r}"
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    def _healthy(self) -> bool:
        try:
            return bool(self._http.request("GET", f"{self.url}/health", retries=False).status == 200)
        except urllib3.exceptions.HTTPError:
            return False


def _end_of(prefix: str) -> bytes:
    """The first key behind all that begin so."""
    *first, last = prefix.encode()
    return bytes([*first, last + 1])


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode()
