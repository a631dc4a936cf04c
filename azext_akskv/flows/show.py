"""The KMS state of one cluster: looked at, checked, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from azext_akskv.checks.declare import CATEGORIES, run_checks
from azext_akskv.engine.journal import RunFile
from azext_akskv.flows.drive import look
from azext_akskv.flows.world import World
from azext_akskv.model.choice import rewrite_owed, same_key
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import BadInput, KeyId
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.state import KeyState, KmsState, PreviousKey


def show(world: World, wanted: Wanted) -> KmsState:
    """Every check, and what they say together. Raises JournalTrouble when the journal cannot be read."""
    snapshot = look(wanted, world, CATEGORIES)
    findings = tuple(run_checks(CATEGORIES, snapshot))
    cluster, vault = snapshot.cluster.value, snapshot.vault.value
    if cluster is None:
        return KmsState(world.target, findings=findings)
    return KmsState(
        cluster=cluster.id,
        kubernetes_version=cluster.kubernetes_version,
        experience=cluster.experience,
        key=_key(cluster, snapshot),
        previous_keys=tuple(_previous_keys(cluster, snapshot, world.journal.runs())),
        declared=cluster.kms.network_access if cluster.kms.enabled else None,
        vault_openness=vault.openness if vault else None,
        rewrite_owed=rewrite_owed(snapshot),
        findings=findings,
    )


def _key(cluster: Cluster, snapshot: Snapshot) -> KeyState | None:
    if not cluster.kms.enabled or cluster.kms.key is None:
        return None
    version, newest = snapshot.key_in_use.value, snapshot.newest.value
    return KeyState(
        id=cluster.kms.key,
        enabled=version.enabled if version else None,
        expires=version.expires if version else None,
        newest=newest.id.version if newest else None,
    )


def _previous_keys(cluster: Cluster, snapshot: Snapshot, runs: list[RunFile]) -> Iterator[PreviousKey]:
    """Keys from before, as this machine's journal knows them; AKS tells only the present one. [D, AKS#4926]

    The API servers hold two keys. One may go when two later keys were put in and every secret is proved to be under
    the present one; what other machines did can only have pushed it further out.
    """
    eras = [*_eras(runs), (cluster.kms.key if cluster.kms.enabled else None, None)]
    seen: list[KeyId] = []
    for number, ((key, since), (_, until)) in reversed(list(enumerate(pairwise(eras)))):
        present = cluster.kms.enabled and same_key(key, cluster.kms.key)
        if key is None or present or any(same_key(key, each) for each in seen):
            continue
        seen.append(key)
        later = len({str(other) for other, _ in eras[number + 1 :] if other and not same_key(other, key)})
        retire, why = _may_retire(later, snapshot)
        yield PreviousKey(key, since, until, retire, why)
    if cluster.experience is Experience.OFF and cluster.kms.key and not seen:
        yield PreviousKey(cluster.kms.key, None, None, False, "the API servers need it although KMS is off")


def _may_retire(later: int, snapshot: Snapshot) -> tuple[bool | None, str]:
    if later < 2:
        return False, "the API servers hold two keys, and this one may be the second"
    if rewrite_owed(snapshot) is not False:
        return False, "it is not proved that every secret is stored under the present key"
    return True, f"{later} later keys were put in, and every secret of this cluster is proved to be under the present one"


def _eras(runs: list[RunFile]) -> Iterator[tuple[KeyId | None, datetime]]:
    """What the key was changed to, and when, oldest first; None: KMS off. The key that a first run met comes first."""
    changes = [(run, line) for run in runs for line in run.lines if _changed_kms(line)]
    for number, (run, line) in enumerate(changes):
        if number == 0 and (before := _parsed((run.first.get("before") or {}).get("key"))):
            yield before, _time(run.first)
        yield _parsed(line["facts"]["key"]), _time(line)


def _changed_kms(line: dict[str, object]) -> bool:
    return line.get("event") == "end" and line.get("step") in ("turn-on-kms", "turn-off-kms")
