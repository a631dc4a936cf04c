"""Applications that go on writing their own Secrets while all are rewritten, and know what must be there at the end."""

from __future__ import annotations

import base64
import itertools
import threading
import time
from typing import Any

import urllib3

from tests.apiserver.rewriting.bare import MERGE_PATCH, BareCluster, a_secret, path_of

PAUSE = 0.002
"""Between two writes of one writer: several hundred a second in all, as many as the rewrite itself makes."""


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Writer(threading.Thread):
    """Alone in writing its Secrets, as a controller is. Where an answer is lost, either value may be there."""

    def __init__(self, cluster: BareCluster, namespace: str, number: int) -> None:
        super().__init__(name=f"writer-{number}", daemon=True)
        self._cluster = cluster
        self._namespace = namespace
        self._number = number
        self._over = threading.Event()
        self.may_be: dict[str, set[str | None]] = {}
        """By name: what may be stored now; None: nothing."""
        self.writes = self.lost_answers = 0
        self.unexpected: list[tuple[int, str]] = []

    def run(self) -> None:
        for turn in itertools.count():
            if self._over.wait(PAUSE):
                return
            name = f"w{self._number}-{turn % 20:02}"
            present = self.may_be.get(name, {None})
            if None in present:
                self._create(name, f"made in turn {turn}")
            elif turn % 7 == 3:
                self._remove(name)
            elif turn % 2:
                self._put(name, f"put in turn {turn}")
            else:
                self._patch(name, f"patched in turn {turn}")

    def finish(self) -> None:
        self._over.set()
        self.join()

    def wrong(self) -> list[str]:
        """Names whose stored value is none that may be there: a lost update."""
        found = []
        for name, values in self.may_be.items():
            status, body = self._cluster.ask("GET", self._path(name))
            value = None if status == 404 else base64.b64decode(body["data"]["value"]).decode()
            if value not in values:
                found.append(f"{name}: {value!r}, expected one of {values}")
        return found

    def _path(self, name: str) -> str:
        return path_of({"metadata": {"namespace": self._namespace, "name": name}})

    def _create(self, name: str, value: str) -> None:
        body = {**a_secret(self._namespace, name), "data": {"value": coded(value)}}
        self._write("POST", f"/api/v1/namespaces/{self._namespace}/secrets", body, (name, value))

    def _patch(self, name: str, value: str) -> None:
        self._write("PATCH", self._path(name), {"data": {"value": coded(value)}}, (name, value))

    def _remove(self, name: str) -> None:
        self._write("DELETE", self._path(name), None, (name, None))

    def _put(self, name: str, value: str) -> None:
        """With the version that was read: 409 when the rewrite came between, and then once more."""
        for _ in range(10):
            body = self._ask("GET", self._path(name), None)
            if body is None or body[0] != 200:
                return
            changed = {**body[1], "data": {"value": coded(value)}}
            if self._write("PUT", self._path(name), changed, (name, value)) != 409:
                return

    def _write(self, method: str, path: str, body: Any, made: tuple[str, str | None]) -> int | None:
        name, value = made
        answer = self._ask(method, path, body)
        self.writes += 1
        if answer is None or answer[0] >= 500:
            self.lost_answers += 1
            self.may_be[name] = self.may_be.get(name, {None}) | {value}
            return None
        status = answer[0]
        if status < 300:
            self.may_be[name] = {value}
        elif len(self.may_be.get(name, {None})) == 1 and status != 409:
            self.unexpected.append((status, str(answer[1].get("message"))))
        elif method == "POST" and status == 409:  # an answer that was lost had made it
            self.may_be[name].discard(None)
        elif status == 404:
            self.may_be[name] = {None}
        return status

    def _ask(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]] | None:
        """None when the connection broke."""
        kind = MERGE_PATCH if method == "PATCH" else "application/json"
        try:
            return self._cluster.ask(method, path, body, kind)
        except (urllib3.exceptions.HTTPError, ValueError):
            time.sleep(0.1)
            return None
