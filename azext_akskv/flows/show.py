"""The KMS state of one cluster: looked at, checked, and nothing changed."""

from __future__ import annotations

from azext_akskv.checks.declare import CATEGORIES, run_checks
from azext_akskv.flows.drive import look
from azext_akskv.flows.previous_keys import previous_keys
from azext_akskv.flows.world import World
from azext_akskv.model.choice import rewrite_owed
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.state import KeyState, KmsState


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
        previous_keys=tuple(previous_keys(cluster, rewrite_owed(snapshot), world.journal.runs())),
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
