"""The versions of the Secret Store extension: on which train, with which provider, in whose words. [D]"""

from __future__ import annotations

import re

Version = tuple[int, ...]
TRAINS = {
    "stable": (
        *("1.0.2", "1.1.5", "1.1.6", "1.2.1", "1.2.2", "1.3.0", "1.4.0", "1.4.1", "1.5.0"),
        "1.5.1",
    ),
    "preview": ("0.9.6", "0.10.0"),
}
"""[D] [INF] The previews' train has no version of today."""
PREVIEW, DOCUMENTED, OPEN, OPEN_NEXT = "preview", "documented", "open", "open-next"
"""Families of reasons: of the previews, of the documents for 1.x, and of the controller's open source in its releases
and after them."""
_PROVIDERS: tuple[tuple[Version, str], ...] = (((1, 5), "1.8.1"), ((1, 3), "1.7.2"), ((0,), "1.6.2"))
"""[D] [INF] before 1.3."""


def parsed(version: str) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def newest(train: str) -> str:
    """Empty for a train that there is not."""
    return max(TRAINS.get(train, ("",)), key=parsed)


def provider_of(version: str) -> str:
    """The Key Vault provider inside."""
    return next(provider for since, provider in _PROVIDERS if parsed(version) >= since)


def family_of(version: str) -> str:
    """[D] [INF] Whose reasons a version writes."""
    return PREVIEW if parsed(version) < (1,) else DOCUMENTED
