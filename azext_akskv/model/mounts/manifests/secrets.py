"""The Secrets that a driver makes of files, and the names of variables that take them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from azext_akskv.model.mounts.manifests.objects import Entry
from azext_akskv.model.mounts.manifests.setup import Setup

OPAQUE, TLS = "Opaque", "kubernetes.io/tls"
TLS_KEYS = ("tls.crt", "tls.key")
"""The only keys that the driver takes for that type. [SRC]"""
_NO_KEY = re.compile(r"[^-._a-zA-Z0-9]", re.ASCII)
_NO_VARIABLE = re.compile(r"[^A-Z0-9]", re.ASCII)


@dataclass(frozen=True)
class Synced:
    """`data`: key and file."""

    name: str
    type: str
    data: tuple[tuple[str, str], ...]


def synced_of(setup: Setup) -> tuple[Synced, ...]:
    """One of all secrets and keys, a key for each file; and of each certificate one of its own, because the type has
    room for one: named alone where nothing else is asked for, else with the file behind."""
    if not setup.synced_secret:
        return ()
    entries = setup.entries
    plain = [each for each in entries if not each.becomes_tls]
    found = [Synced(setup.synced_secret, OPAQUE, _keys(plain))] if plain else []
    for each in entries:
        if each.becomes_tls:
            name = setup.synced_secret if len(entries) == 1 else f"{setup.synced_secret}-{_as_name(each.file)}"
            found.append(Synced(name, TLS, tuple((key, each.file) for key in TLS_KEYS)))
    return tuple(found)


def variables_of(secret: Synced) -> tuple[tuple[str, str], ...]:
    """Variable and key. The key of a certificate has no business in an environment."""
    if secret.type == TLS:
        return ()
    names: dict[str, str] = {}
    for key, _ in secret.data:
        name = _NO_VARIABLE.sub("_", key.upper())
        name = f"_{name}" if name[:1].isdigit() else name
        while name in names:
            name += "_"
        names[name] = key
    return tuple(names.items())


def _keys(entries: Sequence[Entry]) -> tuple[tuple[str, str], ...]:
    return tuple((_NO_KEY.sub(".", each.file), each.file) for each in entries)


def _as_name(file: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", file.lower()).strip("-") or "tls"
