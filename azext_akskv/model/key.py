"""A version of a Key Vault key, as a KMS plugin needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from azext_akskv.model.ids import KeyId

NEEDED_OPERATIONS = frozenset({"encrypt", "decrypt"})
"""The plugin encrypts and decrypts; wrapKey and unwrapKey do not help it. [kubernetes-kms source]"""


@dataclass(frozen=True)
class KeyVersion:
    """`kind` is RSA, RSA-HSM, EC, ...; times are with zone; an absent time sets no limit."""

    id: KeyId
    kind: str
    operations: frozenset[str]
    enabled: bool
    size_bits: int | None = None
    created: datetime | None = None
    not_before: datetime | None = None
    expires: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


def why_unusable(version: KeyVersion, now: datetime) -> Iterator[str]:
    """Each reason for which legacy KMS cannot encrypt with this version; none when it can."""
    if not version.kind.upper().startswith("RSA"):
        yield f"it is an {version.kind} key and KMS needs RSA"
    missing = NEEDED_OPERATIONS - {operation.lower() for operation in version.operations}
    if missing:
        allowed = ", ".join(sorted(version.operations)) or "none"
        yield f"its operations do not include {' and '.join(sorted(missing))} (they are: {allowed})"
    if not version.enabled:
        yield "it is disabled"
    if version.not_before and version.not_before > now:
        yield f"it is not valid before {version.not_before:%Y-%m-%d %H:%M} UTC"
    if version.expires and version.expires <= now:
        yield f"it expired on {version.expires:%Y-%m-%d %H:%M} UTC"


def newest_enabled(versions: list[KeyVersion]) -> KeyVersion | None:
    """The newest version by creation time among the enabled ones."""
    enabled = [version for version in versions if version.enabled]
    return max(enabled, key=lambda version: version.created.timestamp() if version.created else 0.0, default=None)
