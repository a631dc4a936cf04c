"""The KMS state of one cluster: looked at, checked, and nothing changed."""

from __future__ import annotations

from azext_akskv.checks.declare import CATEGORIES, run_checks
from azext_akskv.flows.drive import look
from azext_akskv.flows.world import World
from azext_akskv.model.choice import rewrite_owed
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.finding import Finding
from azext_akskv.model.retirement import previous_keys
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.state import KeyState, KmsState


def show(world: World, wanted: Wanted) -> KmsState:
    """Every check, and what they say together. Raises JournalTrouble when the journal cannot be read."""
    snapshot = look(wanted, world, CATEGORIES)
    return state_of(snapshot, tuple(run_checks(CATEGORIES, snapshot)))


def state_of(snapshot: Snapshot, findings: tuple[Finding, ...]) -> KmsState:
    """What was looked at, put together."""
    cluster, vault, owed = snapshot.cluster.value, snapshot.vault.value, rewrite_owed(snapshot)
    if cluster is None:
        return KmsState(snapshot.target, findings=findings)
    heard = reversed(snapshot.former_keys)
    return KmsState(
        cluster=cluster.id,
        kubernetes_version=cluster.kubernetes_version,
        experience=cluster.experience,
        key=_key(cluster, snapshot),
        previous_keys=tuple(previous_keys(cluster, snapshot.neighbours, owed is False, heard)),
        declared=cluster.kms.network_access if cluster.kms.enabled else None,
        vault_openness=vault.openness if vault else None,
        rewrite_owed=owed,
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
