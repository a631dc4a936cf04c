"""Which keys the API servers say they write with: the metrics of KMS v2, and the Leases that tell the servers apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from azext_akskv.gateways.kube_server import Request
from azext_akskv.model.kube import KeyEvidence
from azext_akskv.model.members import child, children, text
from azext_akskv.model.times import of_date_header

METRICS = Request("read the API server's metrics", "GET", "/metrics", accept="text/plain")
KEY_HASH = "apiserver_envelope_encryption_key_id_hash_total"
"""A counter since the server's start, by key, by direction and, since there is more than one server, by server.
[k8s.io/apiserver: storage/value/encrypt/envelope/metrics]"""
LABEL = re.compile(r'([a-z_]+)="([^"]*)"')
RENEWED_WITHIN = timedelta(minutes=2)
"""An API server renews its Lease every 10 s; one that cannot do so any more cannot write secrets either. A restarted
one leaves the Lease of its former self behind for an hour. [k8s.io/kubernetes: controlplane/instance.go]"""
TRIES_PER_SERVER = 6
"""Connections until each server behind the load balancer has answered: with three servers one is missed once in 1,500
times."""


def live_servers(leases: dict[str, Any], date: str) -> frozenset[str]:
    """The API servers by the hash of their identity, which is the name of their Lease; `date` is the answer's own.

    Raises ValueError for what is no list of Leases.
    """
    now = of_date_header(date) if date else None
    return frozenset(
        "sha256:" + hashlib.sha256(text(child(lease, "metadata"), "name").encode()).hexdigest()
        for lease in children(leases, "items")
        if now is None or now - renewed(lease) < RENEWED_WITHIN
    )


def renewed(lease: dict[str, Any]) -> datetime:
    """When the Lease was renewed, or made: RFC 3339 with microseconds and Z."""
    told = text(child(lease, "spec"), "renewTime") or text(child(lease, "metadata"), "creationTimestamp")
    time = datetime.fromisoformat(told.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def key_evidence(servers: frozenset[str], connect: Callable[[], Iterable[str]]) -> KeyEvidence:
    """Asks over new connections until each server has answered, but not for ever."""
    writing: dict[str, frozenset[str]] = {}
    for _ in range(TRIES_PER_SERVER * len(servers)):
        if servers <= writing.keys():
            break
        writing.update(keys_written(connect(), servers))
    return KeyEvidence(servers, writing)


def keys_written(lines: Iterable[str], servers: frozenset[str]) -> dict[str, frozenset[str]]:
    """By server, the hashes of the keys that one answer counts for writing. Samples without a server's hash (before
    1.29) count only where one server is known."""
    found: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith(KEY_HASH + "{"):
            labels = dict(LABEL.findall(line))
            server = labels.get("apiserver_id_hash") or (next(iter(servers)) if len(servers) == 1 else "")
            if labels.get("transformation_type") == "to_storage" and server:
                found.setdefault(server, set()).add(labels.get("key_id_hash", ""))
        elif found and not line.startswith("#"):
            break  # a metric's samples stand together, and megabytes of others follow
    return {server: frozenset(keys) for server, keys in found.items()}
