"""What worlds have in their vaults beside keys."""

from __future__ import annotations

from dataclasses import dataclass

MARKER = "correct-horse-staple"
"""In every value, so that a test can look for it where it must not be."""


@dataclass(frozen=True)
class VaultSecret:
    """A secret of a vault; its versions have the same attributes and values of their own: `value-1`, `value-2`, ...
    What makes it unreadable (disabled, deleted) came last."""

    name: str = "db-pass"
    value: str = MARKER
    versions: int = 1
    enabled: bool = True
    expires_in_days: float | None = None
    valid_in_days: float | None = None
    content_type: str | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Certificate:
    """A certificate of a vault, with its key and its secret. `issuer`: with another one than `Self` nobody has signed
    it yet. `content_type` is that of its secret."""

    name: str = "web-tls"
    versions: int = 1
    subject: str = "CN=shop.example"
    issuer: str = "Self"
    content_type: str = "application/x-pem-file"
    months: int = 12
    enabled: bool = True
    deleted: bool = False
