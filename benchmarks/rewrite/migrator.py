"""kube-storage-version-migrator's loop, written anew from reading pkg/migrator/core.go (2023): a contender of its own.

    python -m benchmarks.rewrite.migrator URL AUTHORITY TOKEN_FILE

It lists full objects over all namespaces in pages of 500, and one worker sends each back by PUT: after a conflict it
gets the object and tries again, one that is gone is done, and when the list's token has expired it goes on with the one
that the answer brings. Here in Python with urllib3 and JSON over one connection that stays open; the original speaks
JSON, too. Left out: it saves its place after each page in a custom resource, which is one more request for 500 secrets.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

PAGE = 500
MOST_TRIES = 10
"""The original has no limit."""


class Api:
    """One connection, and JSON in both directions."""

    def __init__(self, url: str, authority: str, token: str) -> None:
        self._http = urllib3.connection_from_url(url, ca_certs=authority, maxsize=1, retries=False)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "User-Agent": "loop"}

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        sent = None if body is None else json.dumps(body).encode()
        reply = self._http.request(method, path, body=sent, headers=self._headers)
        return reply.status, dict(json.loads(reply.data))


def migrate(api: Api) -> dict[str, int]:
    """Counts of what it did. Raises AssertionError for an answer that it has no way on from."""
    counts, token = {"put": 0, "gone": 0, "conflicts": 0}, ""
    while True:
        query = urlencode({"limit": PAGE, **({"continue": token} if token else {})})
        status, page = api.ask("GET", f"/api/v1/secrets?{query}")
        if status == 410:
            token = page["metadata"]["continue"]
            continue
        assert status == 200, f"the list was answered {status}"
        for item in page["items"]:
            _migrate_one(api, {"apiVersion": "v1", "kind": "Secret", **item}, counts)
        token = page["metadata"].get("continue", "")
        if not token:
            return counts


def _migrate_one(api: Api, item: dict[str, Any], counts: dict[str, int]) -> None:
    path = f"/api/v1/namespaces/{item['metadata']['namespace']}/secrets/{item['metadata']['name']}"
    for _ in range(MOST_TRIES):
        status, _answer = api.ask("PUT", path, item)
        if status == 409:
            counts["conflicts"] += 1
            status, item = api.ask("GET", path)
            if status == 200:
                continue
        if status == 404:
            counts["gone"] += 1
            return
        assert status == 200, f"{path} was answered {status}"
        counts["put"] += 1
        return
    raise AssertionError(f"{path} was changed by somebody {MOST_TRIES} times")


def main(url: str, authority: str, token_file: str) -> None:
    began = time.monotonic()
    counts = migrate(Api(url, authority, Path(token_file).read_text()))
    print(json.dumps({"seconds": time.monotonic() - began, **counts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
