"""A version of a Key Vault key, as a KMS plugin needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from azext_akskv.model.ids import KeyId

NEEDED_OPERATIONS = frozenset({"encrypt", "decrypt"})
"""The plugin encrypts and decrypts; wrapKey and unwrapKey do not help it. [kubernetes-kms source]"""

NEW_KEY_BITS = 3072
"""128 bits of strength, where RSA 2048 has 112 and is to go after 2030 [NIST SP 800-57]. The vault's smaller quota for
it (1,000 calls in 10 s) is no cost: KMS v2 calls about once a minute, and v1 knows at most 2,000 secrets."""

Json = dict[str, Any]


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


def new_key(tags: Mapping[str, str], like: KeyVersion | None = None) -> Json:
    """ARM's body for the first version of an RSA key that can do what KMS needs, and no more; of the kind and size of
    another one where that is given."""
    kind, bits = (like.kind, like.size_bits) if like else ("RSA", None)
    properties = {"kty": kind, "keySize": bits or NEW_KEY_BITS, "keyOps": sorted(NEEDED_OPERATIONS)}
    return {"properties": properties, "tags": dict(tags)}


def new_version(like: KeyVersion, tags: Mapping[str, str], now: datetime) -> Json:
    """The vault's own body for a new version like another one."""
    attributes: Json = {"enabled": True}
    if like.expires:
        attributes["exp"] = int((now + lifetime(like)).timestamp())
    return {
        "kty": like.kind,
        "key_size": like.size_bits or NEW_KEY_BITS,
        "key_ops": sorted(like.operations | NEEDED_OPERATIONS),
        "attributes": attributes,
        "tags": {**like.tags, **tags},
    }


def lifetime(version: KeyVersion) -> timedelta:
    """For how long a version was made to live; a year where that cannot be told."""
    begun = version.not_before or version.created
    if version.expires and begun and version.expires > begun:
        return version.expires - begun
    return timedelta(days=365)


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
