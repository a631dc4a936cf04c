"""What an API server answers when it does not do what was asked: one table from its Status objects to our failures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from azext_akskv.failures import GatewayError, Throttled, Unreadable, kind_of

UNAUTHORIZED = "Unauthorized"
"""The reason of a 401: not known, or not any more."""

UNREADABLE = re.compile(
    r"unable to transform key|no matching prefix found|no matching key was found|failed to decrypt|unable to decrypt"
    r"|data from the storage is not transformable|error while decrypting",
    re.IGNORECASE,
)
"""A value in etcd that cannot be decrypted: a LIST names its key, the other verbs pass on what the provider said.
[k8s.io/apiserver: etcd3 store, envelope transformers; the first one seen on kube-apiserver 1.20]"""

PLUGIN_AWAY = re.compile(r"code = (?:Unavailable|DeadlineExceeded|ResourceExhausted)\b")
"""The same message when the KMS plugin only cannot be reached just now. [gRPC status codes]"""

KEY_IN_ETCD = re.compile(r'transform key "(?:[^"]*/)?(?P<namespace>[^"/]+)/(?P<name>[^"/]+)"')
"""/registry/secrets/<namespace>/<name>, quoted by the server."""


def failure(doing: str, status: int, headers: Mapping[str, str], body: Any) -> GatewayError:
    """`body` is the JSON of a Status, or anything else, of which nothing is told: it may come from a proxy."""
    said = body if isinstance(body, dict) and body.get("kind") == "Status" else {}
    reason = UNAUTHORIZED if status == 401 else str(said.get("reason") or f"HTTP {status}")
    message = str(said.get("message") or "")
    if status >= 500 and UNREADABLE.search(message) and not PLUGIN_AWAY.search(message):
        return Unreadable(doing, message, secret_in(message))
    kind = kind_of(status)
    found = kind(doing, reason, message, headers.get("Audit-Id", ""))
    if isinstance(found, Throttled):
        found.retry_after = retry_after(headers, said)
    return found


def secret_in(message: str) -> str:
    """namespace/name of the secret that a LIST failed on; empty where the message does not say."""
    match = KEY_IN_ETCD.search(message)
    return f"{match['namespace']}/{match['name']}" if match else ""


def retry_after(headers: Mapping[str, str], status: dict[str, Any]) -> float:
    """In seconds; 0 when the server does not say."""
    said = headers.get("Retry-After") or (status.get("details") or {}).get("retryAfterSeconds") or 0
    try:
        return max(0.0, float(said))
    except (TypeError, ValueError):  # the header may also hold a date; API servers send seconds
        return 0.0
