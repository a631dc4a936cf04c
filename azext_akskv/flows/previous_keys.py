"""Which keys a cluster used before, and which of them may go: from this machine's journal, for AKS tells only the
present one. [AKS docs; AKS#4926]"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.engine.journal import RunFile
from azext_akskv.model.choice import same_key
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import BadInput, KeyId
from azext_akskv.model.state import PreviousKey


@dataclass(frozen=True)
class Era:
    """A time under one key; `key` None: KMS was off. `since` is None where only the key was seen, not its coming."""

    key: KeyId | None
    since: datetime | None


def previous_keys(cluster: Cluster, rewrite_owed: bool | None, runs: Iterable[RunFile]) -> Iterator[PreviousKey]:
    """Newest first. The API servers hold two keys: one may go when two later ones were put in and every secret is
    proved to be under the present one. What other machines did can only have pushed it further out."""
    present = cluster.kms.key if cluster.kms.enabled else None
    eras = [*eras_of(runs), Era(present, None)]
    told: list[KeyId] = []
    for number in range(len(eras) - 2, -1, -1):
        key = eras[number].key
        if key is None or same_key(key, present) or any(same_key(key, each) for each in told):
            continue
        told.append(key)
        later = {str(era.key) for era in eras[number + 1 :] if era.key and not same_key(era.key, key)}
        retire, why = _may_retire(len(later), rewrite_owed)
        yield PreviousKey(key, eras[number].since, eras[number + 1].since, retire, why)
    lingering = cluster.kms.key if cluster.experience is Experience.OFF else None
    if lingering and not any(same_key(lingering, each) for each in told):
        yield PreviousKey(lingering, None, None, False, "KMS is off, and the API servers still need it")


def _may_retire(later: int, rewrite_owed: bool | None) -> tuple[bool, str]:
    if later < 2:
        return False, "the API servers hold two keys, and this may be one of them"
    if rewrite_owed is not False:
        return False, "it is not proved that every secret is stored under the present key"
    return True, f"{later} later keys were put in, and every secret of this cluster is under the present one"


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
    elif line["event"] in ("end", "already") and line.get("step") in ("turn-on-kms", "turn-off-kms"):
        yield _parsed((line.get("facts") or {}).get("key")), datetime.fromisoformat(str(line["at"]))


def _parsed(key: object) -> KeyId | None:
    try:
        return KeyId.parse(str(key))
    except BadInput:  # "off", or nothing
        return None
