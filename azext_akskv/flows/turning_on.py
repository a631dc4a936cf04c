"""What turning KMS on, putting in another key and changing the mode have in common: what the cluster's profile shall
say, the grants that must be there first, and what must not be forgotten with the change."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.engine.step import Fact, Run, Step
from azext_akskv.model.choice import (
    is_on_with,
    key_to_come_back,
    network_access_of,
    rewrite_owed,
    same_key,
    vault_to_use,
)
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.ledger import ledger_of
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.steps.access import grant_contributor, grant_crypto_user, grant_key_policy, wait_for_grants
from azext_akskv.steps.cluster_kms import KmsWanted, turn_off_kms
from azext_akskv.steps.create import PRINCIPAL
from azext_akskv.steps.ledger import after_change
from azext_akskv.steps.rewrite import order_of, require_proof, rewrite_secrets


def the_cluster(snapshot: Snapshot) -> Cluster:
    """Raises NotObserved."""
    cluster = snapshot.cluster.get()
    if cluster is None:
        raise NotObserved("there is no cluster")
    return cluster


def kms_wanted(snapshot: Snapshot, new_key: Fact[KeyId]) -> KmsWanted:
    """`new_key`: what a step before will find out, where the key is still to be made. Raises NotObserved."""
    vault, identity, key = vault_to_use(snapshot), snapshot.identity.get(), snapshot.key.get()
    if vault is None:
        raise NotObserved("no vault was named")
    return KmsWanted(
        key=key.id if key else new_key,
        network_access=network_access_of(snapshot) or "Public",
        vault=vault,
        principal=identity.principal_id if identity else PRINCIPAL,
    )


def kms_to_come_back(snapshot: Snapshot, cluster: Cluster, network_access: str) -> KmsWanted:
    """What the profile shall say once KMS, turned off on the way, is on again with the key from before. Raises
    NotObserved."""
    vault, identity, key = vault_to_use(snapshot), snapshot.identity.get(), key_to_come_back(cluster)
    if vault is None or identity is None or key is None:
        raise NotObserved("the key, its vault or the identity could not be found")
    return KmsWanted(key, network_access, vault, identity.principal_id)


def turning_off(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted) -> Iterator[Step]:
    """KMS off for as long as something takes that cannot be done with it on, and every secret proved to be readable
    without it. What can refuse that it comes on again, a grant above all, is put right before."""
    yield from granting(snapshot, wanted)
    if must_wait(snapshot, cluster, wanted):
        yield wait_for_grants(wanted.vault, wanted.principal)
    yield from under_present_key(snapshot, cluster, None)
    yield turn_off_kms(among_others=True)
    yield from after_change(order_of(snapshot), _plain)
    yield require_proof(_plain)


def _plain(_run: Run) -> str:
    return "off"


def granting(snapshot: Snapshot, wanted: KmsWanted) -> Iterator[Step]:
    """In the way that the vault's access model understands; a new vault uses Azure RBAC. Raises NotObserved."""
    if "grant-missing" in snapshot.accepted:  # the user answers for them: a custom role, or somebody else's grant
        return
    vault = snapshot.vault.get()
    if vault is None or vault.rbac:
        yield grant_crypto_user(wanted.vault, wanted.principal)
    else:
        yield grant_key_policy(wanted.vault, wanted.principal)
    if wanted.network_access == "Private":
        yield grant_contributor(wanted.vault, wanted.principal)


def must_wait(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted) -> bool:
    """On a private vault AKS cannot see whether a grant works, and goes on with one that does not. [AKS docs]"""
    if wanted.network_access != "Private" or "grant-missing" in snapshot.accepted:
        return False
    return isinstance(wanted.key, Fact) or not is_on_with(cluster, wanted.key, wanted.network_access, wanted.vault)


def under_present_key(snapshot: Snapshot, cluster: Cluster, coming: Fact[KeyId] | KeyId | None) -> Iterator[Step]:
    """What must be so before another key (None: none) comes to the first place: no secret is stored under the one
    before the present one, which the API servers forget with that change. [AKS docs; kubernetes-kms#291]

    Where nothing tells, a pass rewrites what the API servers call stale; what it cannot prove it tells.
    """

    def key(_run: Run) -> str:
        return cluster.key_in_force

    owed = rewrite_owed(snapshot)
    if owed is False or _nothing_is_forgotten(cluster, coming):
        return
    if owed:
        yield from (*after_change(order_of(snapshot), key), require_proof(key))
    else:
        yield rewrite_secrets(order_of(snapshot), key)


def _nothing_is_forgotten(cluster: Cluster, coming: Fact[KeyId] | KeyId | None) -> bool:
    """With KMS off the key before is that which the profile still names; what is not encrypted can always be read."""
    if not cluster.kms.enabled:
        return coming is None or (isinstance(coming, KeyId) and same_key(cluster.kms.key, coming))
    ledger = ledger_of(cluster)
    if ledger.present is None or not ledger.present.witnessed:
        return False
    return len(ledger.eras) == 1 or ledger.eras[-2].key is None
