"""`/metrics`: what says which key the API server uses, and how often it transforms values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator.kubernetes.encryption import metric_hash

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_ENVELOPE = "apiserver_envelope_encryption"


def text(server: ApiServer) -> str:
    """[SRC] KMS v2 names its keys by hash; since 1.29 with a hash of the API server's own identity."""
    lines = _counter(
        "apiserver_storage_objects",
        "Number of stored objects at the time of last check split by kind.",
        [(f'resource="{name}"', count) for name, count in server.object_counts().items()],
        "gauge",
    )
    if server.kms_version == 2:
        lines += _key_ids(server)
    return "\n".join(lines) + "\n"


def _key_ids(server: ApiServer) -> list[str]:
    totals, statuses = [], []
    for plugin in server.plugins:
        labels = f'key_id_hash="{metric_hash(plugin.slot)}",provider_name="{plugin.slot.provider}"'
        if server.kubernetes_version >= (1, 29):
            labels = f'apiserver_id_hash="{server.identity_hash}",{labels}'
        totals += [
            (f'{labels},transformation_type="{direction}"', count)
            for direction, count in sorted(plugin.key_id_uses.items())
        ]
        if plugin.well_since is not None:
            statuses.append((labels, plugin.well_since.timestamp()))
    help_text = "Number of times a keyID is used split by transformation type, provider, and apiserver identity."
    lines = _counter(f"{_ENVELOPE}_key_id_hash_total", help_text, totals, "counter")
    help_text = "The last time in seconds when a keyID was returned by the Status RPC call."
    return lines + _counter(f"{_ENVELOPE}_key_id_hash_status_last_timestamp_seconds", help_text, statuses, "gauge")


def _counter(name: str, help_text: str, samples: Sequence[tuple[str, float]], kind: str) -> list[str]:
    if not samples:
        return []
    head = [f"# HELP {name} [ALPHA] {help_text}", f"# TYPE {name} {kind}"]
    return [*head, *(f"{name}{{{labels}}} {value:.10g}" for labels, value in samples)]
