"""Waits for the platform to go over to a newer version of a customer's key (new KMS data encryption)."""

from __future__ import annotations

from datetime import timedelta

from azext_akskv.engine.step import Fact, Run, Seen, Step, given
from azext_akskv.failures import GatewayError, NotYet
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.kube import KeyEvidence, key_id_hash

ADOPTION = timedelta(hours=6)
"""How often the platform looks for a newer version. [AKS docs, kms-data-encryption]"""


def await_adoption(version: Fact[KeyId] | KeyId, vault: ResourceId) -> Step:
    """The API servers' metrics name the key version that they write with. Where they cannot be read, or name it in
    another way than the plugin of legacy KMS does, time alone tells."""

    def age(run: Run) -> timedelta:
        home, key = run.looking.vaults.get(vault), given(run, version)
        made = run.looking.keys.get(home, key.name, key.version).created
        return home.seen_at - made if made else timedelta(0)

    def look(run: Run) -> Seen | None:
        if is_adopted(_evidence(run), given(run, version)):
            return Seen("every API server writes with it")
        if age(run) < 2 * ADOPTION:
            return None
        return Seen("it is more than 12 hours old, so AKS had the time; the API servers' metrics do not tell")

    def act(run: Run) -> None:
        left = max(ADOPTION - age(run), timedelta(minutes=30))
        raise NotYet(
            "AKS goes over to the newer version of the key by itself, within some 6 hours", left.total_seconds()
        )

    return Step(
        "await-adoption",
        "wait until AKS has gone over to the newer version",
        look,
        act,
        left_behind="the version from before is in use until AKS has gone over: both must stay enabled",
    )


def _evidence(run: Run) -> KeyEvidence | None:
    try:
        return run.looking.secrets.evidence()
    except GatewayError:
        return None


def is_adopted(seen: KeyEvidence | None, key: KeyId) -> bool:
    """Each of the API servers that are known to run has written with it."""
    if seen is None or not seen.servers:
        return False
    return all(key_id_hash(str(key)) in seen.writing.get(server, ()) for server in seen.servers)
