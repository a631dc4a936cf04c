"""Which keys a cluster used, since when, and whether every secret was rewritten under each: as our runs note it in the
cluster's own tags, where colleagues, lists of clusters and a dead API server do not matter. AKS itself tells only the
present key. [AKS docs; AKS#4926]

One tag for each era (`akskv-kms-1` is the present one, `akskv-kms-2` the one before) goes along in the PUT that changes
the key, and `akskv-ledger` holds a digest of them all: tags that somebody stripped, changed, or copied from another
cluster say nothing any more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache

from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.tags import RUN_TAG

ERA_TAG = "akskv-kms-"
DIGEST_TAG = "akskv-ledger"
MOST_ERAS = 6
"""A resource has 50 tags at most [ARM], and whoever pays for it wants some of them."""

ERA_TAGS = tuple(f"{ERA_TAG}{number}" for number in range(1, MOST_ERAS + 1))
"""Always the same names: a template that shall leave them alone has to list them."""

TIME = "%Y%m%dT%H%M%SZ"
OFF, UNSEEN = "off", "-"
_ERA = re.compile(
    r"(?P<since>\d{8}T\d{6}Z|-) (?P<r0>\d{1,20}|-) (?P<state>done|owed) "
    r"(?P<key>off|[a-z0-9.-]+/[0-9a-z-]{1,127}/[0-9a-z]+)",
    re.IGNORECASE | re.ASCII,
)
"""256 characters at most, as ARM wants it: 18 and 21 and 5 before a key of 209."""


@dataclass(frozen=True)
class Era:
    """A time under one key; `key` None: KMS was off. `since` is the service's time before the change was sent; None:
    the key was found in force, and how it came there was not seen. `r0`: see Switch. `rewritten`: every secret was
    found to be stored later than R0."""

    key: KeyId | None
    since: datetime | None
    r0: int | None = None
    rewritten: bool = False

    @property
    def witnessed(self) -> bool:
        return self.since is not None


@dataclass(frozen=True)
class Ledger:
    """`eras`: oldest first. `gap`: why they do not tell which key is in force now and which came right before; empty
    when they do. The eras before a gap are true all the same."""

    eras: tuple[Era, ...] = ()
    gap: str = ""

    @property
    def present(self) -> Era | None:
        """The era of the key in force; None when that is not known."""
        return self.eras[-1] if self.eras and not self.gap else None


def ledger_of(cluster: Cluster) -> Ledger:
    """Reads the tags. For a cluster whose KMS was never on there is nothing to tell, and that is known."""
    eras = noted(cluster.id, tuple(sorted(cluster.tags.items())))
    if eras == ():
        never = cluster.experience is Experience.NEVER
        return Ledger(gap="" if never else "no run of this extension has noted the cluster's keys in its tags")
    if eras is None:
        return Ledger(gap=f"somebody removed or changed the tags {ERA_TAG}* of {cluster.id.name}, or copied them there")
    if cluster.experience.renewed:
        return Ledger(eras, "the cluster is on the KMS data encryption, and the platform tells nothing of its keys")
    if _in_force(eras[-1].key) != cluster.key_in_force.lower():
        return Ledger(eras, "the key was changed by other means after the last run of this extension")
    return Ledger(eras)


@lru_cache(maxsize=4096)
def noted(cluster: ResourceId, tags: tuple[tuple[str, str], ...]) -> tuple[Era, ...] | None:
    """What the tags say, read once however many ask; empty where they say nothing, None where they are not right."""
    lowered = _lowered(dict(tags))
    if DIGEST_TAG not in lowered and not any(name.startswith(ERA_TAG) for name in lowered):
        return ()
    eras = _eras(lowered)
    return eras if eras and lowered.get(DIGEST_TAG) == digest_of(cluster, eras) else None


def _lowered(tags: Mapping[str, str]) -> dict[str, str]:
    """ARM does not mind the case of a tag's name."""
    return {name.lower(): value for name, value in tags.items()}


def _in_force(key: KeyId | None) -> str:
    return str(key).lower() if key else OFF


def _eras(tags: Mapping[str, str]) -> tuple[Era, ...] | None:
    """None when one of them cannot be read, or one in the middle is missing."""
    ours = {name: value for name, value in tags.items() if name.startswith(ERA_TAG)}
    matches = [_ERA.fullmatch(ours.get(name, "")) for name in ERA_TAGS[: len(ours)]]
    found = tuple(_era(match) for match in reversed(matches) if match)
    return found if found and len(found) == len(ours) else None


def _era(match: re.Match[str]) -> Era:
    since, r0, key = match["since"], match["r0"], match["key"]
    return Era(
        key=None if key.lower() == OFF else KeyId(*key.split("/")),
        since=None if since == UNSEEN else _time(since),
        r0=None if r0 == UNSEEN else int(r0),
        rewritten=match["state"] == "done",
    )


def _time(text: str) -> datetime | None:
    """None for one that no calendar has: then nothing is known of it."""
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _value(era: Era) -> str:
    since = f"{era.since:{TIME}}" if era.since else UNSEEN
    key = f"{era.key.host}/{era.key.name}/{era.key.version}" if era.key else OFF
    return f"{since} {UNSEEN if era.r0 is None else era.r0} {'done' if era.rewritten else 'owed'} {key}"


def digest_of(cluster: ResourceId, eras: tuple[Era, ...]) -> str:
    """Of this very cluster's eras: the tags of another one, copied here by a template, do not fit."""
    text = "\n".join([str(cluster).lower(), *map(_value, eras)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(cluster: Cluster, eras: tuple[Era, ...], also: Mapping[str, str]) -> dict[str, str]:
    """All tags of the cluster with these eras in them."""
    kept = eras[-MOST_ERAS:]
    ours = dict(zip(ERA_TAGS, map(_value, reversed(kept)), strict=False))
    ours |= {DIGEST_TAG: digest_of(cluster.id, kept), **also}
    others = {
        name: value
        for name, value in cluster.tags.items()
        if not name.lower().startswith(ERA_TAG) and name.lower() not in _lowered(ours)
    }
    return {**others, **ours}


def with_change(cluster: Cluster, key: KeyId | None, run: str) -> dict[str, str]:
    """All tags that the cluster shall have once this key is in force (None: KMS off), changed by that run. What was in
    force before, and how it came there unseen, is noted with it. `cluster` as it was right before the change."""
    known = ledger_of(cluster)
    eras = known.eras
    if known.gap or not eras:
        eras += _found(cluster)
    if eras and _in_force(eras[-1].key) == _in_force(key):  # the same change again, after one that ended badly
        eras = (*eras[:-1], replace(eras[-1], r0=None, rewritten=False))
    else:
        eras += (Era(key, cluster.seen_at),)
    return _written(cluster, eras, {RUN_TAG: run})


def with_departure(cluster: Cluster, run: str) -> dict[str, str]:
    """All tags that the cluster shall have once it is on the new KMS data encryption, put there by that run: which keys
    it used before stays noted. What the platform does with its keys from then on is not ours to note."""
    known = ledger_of(cluster)
    eras = known.eras if known.eras and not known.gap else known.eras + _found(cluster)
    return _written(cluster, eras, {RUN_TAG: run}) if eras else {**cluster.tags, RUN_TAG: run}


def _found(cluster: Cluster) -> tuple[Era, ...]:
    """What is in force without a run of ours having put it there. After KMS was turned off the API servers still need
    the key that the profile goes on naming. [AKS docs]"""
    before = cluster.kms.key
    if cluster.experience is Experience.NEVER or cluster.experience.renewed:
        return ()
    if cluster.kms.enabled or before is None or before.version is None:
        return (Era(before if cluster.kms.enabled else None, None),)
    return Era(before, None), Era(None, None)


def with_rewrite(cluster: Cluster, r0: int) -> dict[str, str] | None:
    """All tags that the cluster shall have once every secret is proved to be stored under the key in force; None where
    the ledger says so already. A cluster whose key no run of ours has put there gets its first era."""
    known = ledger_of(cluster)
    eras = known.eras
    if known.gap or not eras:
        eras += _found(cluster)
    if not eras or eras[-1].rewritten:
        return None
    return _written(cluster, (*eras[:-1], replace(eras[-1], r0=r0, rewritten=True)), {})
