"""Which keys this machine's journal saw in use: a cache of what the cluster's own ledger says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.engine.journal import RunFile
from azext_akskv.model.choice import same_key
from azext_akskv.model.cluster import Experience
from azext_akskv.model.ids import BadInput, KeyId


@dataclass(frozen=True)
class Era:
    """A time under one key; `key` None: KMS was off. `since` is None where only the key was seen, not its coming."""

    key: KeyId | None
    since: datetime | None


def eras_of(runs: Iterable[RunFile]) -> list[Era]:
    """Oldest first, each different from the one before."""
    eras: list[Era] = []
    lines = sorted((line for run in runs for line in run.lines), key=lambda line: str(line["at"]))
    for line in lines:
        for key, since in _sightings(line):
            if not eras or not (eras[-1].key == key or same_key(eras[-1].key, key)):
                eras.append(Era(key, since))
    return eras


def keys_before(runs: Iterable[RunFile]) -> tuple[KeyId, ...]:
    """The keys of all eras but the last."""
    return tuple(era.key for era in eras_of(runs)[:-1] if era.key)


def _sightings(line: Mapping[str, Any]) -> Iterator[tuple[KeyId | None, datetime | None]]:
    """What a line says about the key in force: at a run's start, or when a step changed it or found it changed."""
    if line["event"] == "start":
        before = line.get("before") or {}
        experience = str(before.get("experience", ""))
        if experience.startswith("legacy") or experience == Experience.OFF.value:
            yield (_parsed(before.get("key")) if experience != Experience.OFF.value else None), None
    elif line["event"] in ("end", "already") and line.get("step") in ("turn-on-kms", "put-key-in", "turn-off-kms"):
        yield _parsed((line.get("facts") or {}).get("key")), datetime.fromisoformat(str(line["at"]))


def _parsed(key: object) -> KeyId | None:
    try:
        return KeyId.parse(str(key))
    except BadInput:  # "off", or nothing
        return None
