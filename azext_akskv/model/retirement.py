"""Which keys a cluster used before, and which of them may go: from the cluster's own ledger, never from hope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from azext_akskv.model.choice import same_key
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.ledger import Era, Ledger, ledger_of
from azext_akskv.model.observed import Observed
from azext_akskv.model.state import PreviousKey

SLOTS = 2
"""The API servers hold the present key and the one before it. [AKS docs; kubernetes-kms#291]"""


def previous_keys(
    cluster: Cluster, neighbours: Observed[tuple[Cluster, ...]], proved: bool, heard: Iterable[KeyId] = ()
) -> Iterator[PreviousKey]:
    """Newest first, each once. `proved`: every secret is stored under the present key. `heard`: keys that this
    machine's journal knows; of those that the ledger does not name nothing more is known."""
    ledger, told = ledger_of(cluster), [cluster.kms.key] if cluster.kms.enabled else []
    for place in range(len(ledger.eras) - 1, -1, -1):
        era = ledger.eras[place]
        if era.key is None or any(same_key(era.key, each) for each in told):
            continue
        told.append(era.key)
        later = ledger.eras[place + 1 :]
        may, why = _may_retire(era.key, later, ledger, proved)
        if may:
            may, why = _unless_elsewhere(era.key, neighbours, why)
        until = later[0].since if later else None
        yield PreviousKey(era.key, era.since, until, may, why)
    for key in heard:
        if not any(same_key(key, each) for each in told):
            told.append(key)
            gap = ledger.gap or "it came before what is noted in the cluster"
            yield PreviousKey(key, why=f"known from this machine's journal alone: {gap}")
    lingering = None if cluster.kms.enabled else cluster.kms.key
    if lingering and not any(same_key(lingering, each) for each in told):
        yield PreviousKey(lingering, may_retire=False, why="KMS is off, and the API servers still need it")


def _may_retire(key: KeyId, later: tuple[Era, ...], ledger: Ledger, proved: bool) -> tuple[bool | None, str]:
    """None: not known. True takes that each change since was seen, and that secrets were proved to be rewritten under
    as many other keys as the API servers hold."""
    if ledger.gap:
        return None, ledger.gap
    if not all(era.witnessed for era in later):
        return None, "a later key was put in by other means, so what came in between is not known"
    others = {str(era.key).lower() for era in later if era.key and not same_key(era.key, key)}
    if len(others) < SLOTS:
        return False, "the API servers hold two keys, and this may be one of them"
    under = {str(era.key).lower() for era in later if era.key and not same_key(era.key, key) and era.rewritten}
    if not proved or len(under) < SLOTS:
        return False, "it is not proved that every secret was rewritten under two later keys"
    return True, f"{len(others)} later keys were put in, and every secret was proved to be rewritten under them"


def _unless_elsewhere(key: KeyId, neighbours: Observed[tuple[Cluster, ...]], why: str) -> tuple[bool | None, str]:
    """Two clusters may share a key."""
    if not neighbours.known:
        return None, f"whether another cluster uses it could not be looked at: {neighbours.gap}"
    for other in neighbours.get():
        if same_key(other.kms.key, key) or _still_needs(other, key):
            return False, f"the cluster {other.id.name} in {other.id.group} uses it, or may still need it"
    return True, f"{why}; no other cluster of the subscription names it"


def _still_needs(cluster: Cluster, key: KeyId) -> bool:
    """By its own ledger, which says less than a look at its secrets would."""
    ledger = ledger_of(cluster)
    places = [place for place, era in enumerate(ledger.eras) if same_key(era.key, key)]
    proved = ledger.present is not None and ledger.present.rewritten
    return bool(places) and not _may_retire(key, ledger.eras[places[-1] + 1 :], ledger, proved)[0]
