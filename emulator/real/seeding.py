"""Fills a real API server with what a world's data says, through its own API."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any

import urllib3

from emulator.kubernetes.face import Stock
from emulator.kubernetes.kinds import PODS, SECRETS, Kind
from emulator.real.etcd import Etcd
from emulator.real.kube_apiserver import KubeApiServer
from emulator.real.programs import CannotStart

LOST = b"k8s:enc:kms:v1:azurekms-0badc0de:" + (256).to_bytes(2, "big") + bytes(256 + 64)
"""A value of KMS v1 whose provider no plugin has."""
_AT_ONCE = 16


def fill(server: KubeApiServer, stock: Stock) -> None:
    """Creates the objects, those of a kind at once, each kind after the one before. The server gives them ids and
    times of its own. Raises CannotStart when it refuses one."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for kind, objects in groupby(stock, key=lambda one: one[0]):
            for _ in threads.map(lambda one, kind=kind: _create(server, kind, one[1]), objects):
                pass


def lose(etcd: Etcd, count: int) -> None:
    """The last Secrets, in the order of etcd, get a value that nothing decrypts."""
    keys = [key for key, _ in etcd.values(SECRETS.prefix(None))] if count else []
    for key in keys[len(keys) - count :]:
        etcd.put(key, LOST)


def _create(server: KubeApiServer, kind: Kind, content: dict[str, Any]) -> None:
    metadata = content["metadata"]
    where = f"/namespaces/{metadata['namespace']}" if kind.namespaced else ""
    path = f"{'/apis/' if kind.group else '/api/'}{kind.api_version}{where}/{kind.plural}"
    body = {"apiVersion": kind.api_version, "kind": kind.kind, **content}
    _check(server.send("POST", path, body), metadata["name"])
    if kind is PODS:  # nothing runs it, so nobody else says how it is
        patch = {"status": content["status"]}
        _check(server.send("PATCH", f"{path}/{metadata['name']}/status", patch), metadata["name"])


def _check(reply: urllib3.BaseHTTPResponse, name: str) -> None:
    """409: the server makes its own namespaces itself."""
    if reply.status not in (200, 201, 409):
        raise CannotStart(f"the API server did not take {name}: {json.loads(reply.data).get('message')}")
