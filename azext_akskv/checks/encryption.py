"""Checks of the way to the new KMS data encryption: what may become what, and that it is one way."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CLUSTER, KEY, NotApplicable, check
from azext_akskv.checks.subjects import in_cluster, only_for, the_cluster
from azext_akskv.model.choice import CUSTOMER_MANAGED, ENCRYPT, takes_customers_key
from azext_akskv.model.cluster import FIRST_RENEWED_MINOR, Experience, minor_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import KeyId
from azext_akskv.model.snapshot import Snapshot


@check("encryption-way", CLUSTER, State.ERROR, "the KMS data encryption can be turned on")
def encryption_way(snapshot: Snapshot) -> Iterator[Problem]:
    """AKS docs "Migrate to KMS data encryption": from none, from legacy KMS v2, and between its two kinds."""
    only_for(snapshot, ENCRYPT)
    cluster = the_cluster(snapshot)
    if not cluster.knows_renewed:
        yield Problem(
            "this cloud's API does not know the KMS data encryption",
            "it came with the API of July 2026, and a cloud that does not take that one cannot be asked for it",
            in_cluster(snapshot, "aks", "kv", "kms", "show"),
        )
    if cluster.experience is Experience.LEGACY_V1:
        yield Problem(
            f"{cluster.id.name} is on KMS v1, with Kubernetes {cluster.kubernetes_version}",
            "the way leads over KMS v2: go there first, then upgrade to 1.33",
            in_cluster(snapshot, "aks", "kv", "kms", "migrate-v2"),
        )
    elif minor_of(cluster.kubernetes_version) < FIRST_RENEWED_MINOR:
        yield Problem(
            f"{cluster.id.name} runs Kubernetes {cluster.kubernetes_version}; the KMS data encryption begins with 1.33",
            "AKS refuses it on an earlier version: upgrade first, with KMS as it is",
            in_cluster(snapshot, "aks", "get-upgrades", "--output", "table"),
        )
    if cluster.identity.kind == "ServicePrincipal":
        yield Problem(
            f"{cluster.id.name} runs as a service principal, not as a managed identity",
            "the KMS data encryption needs a managed identity; the move to one cannot be undone",
            in_cluster(snapshot, "aks", "update", "--enable-managed-identity"),
        )


@check("encryption-one-way", CLUSTER, State.WARNING, "nothing is changed that cannot be changed back")
def encryption_one_way(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, ENCRYPT)
    cluster = the_cluster(snapshot)
    if not cluster.experience.renewed:
        yield Problem(
            "there is no way back from the KMS data encryption, neither to legacy KMS nor to none",
            "AKS calls it a preview and may change it; from then on the platform rewrites secrets by itself, and "
            "policies that refuse updates of secrets have to let it",
        )


@check("key-versioned", KEY, State.ERROR, "the key identifier names no version")
def key_versioned(snapshot: Snapshot) -> Iterator[Problem]:
    """Its form decides which KMS a cluster gets. [SPEC]"""
    only_for(snapshot, ENCRYPT)
    key = snapshot.wanted.key
    if key is not None and not takes_customers_key(snapshot.wanted):
        yield Problem(
            "a key was named, and the platform's own key was asked for",
            "with the platform's key AKS keeps vault and key, and nobody can name one",
            _again(snapshot, "--to", CUSTOMER_MANAGED, "--key", key),
        )
    elif isinstance(key, KeyId) and key.version:
        yield Problem(
            f"the key identifier {key} names a version",
            "the KMS data encryption follows the newest version of a key by itself; a version belongs to legacy KMS",
            _again(snapshot, "--to", CUSTOMER_MANAGED, "--key", KeyId(key.host, key.name, None)),
        )


@check("key-other-one", KEY, State.ERROR, "the key of the KMS data encryption stays the same")
def key_other_one(snapshot: Snapshot) -> Iterator[Problem]:
    """No page tells that a customer's key can be exchanged for another one. [AKS docs, as read on 2026-08-21]"""
    only_for(snapshot, ENCRYPT, "rotate")
    cluster, key = the_cluster(snapshot), snapshot.wanted.key
    if cluster.experience is not Experience.CUSTOMER_MANAGED or key is None or cluster.kms.key is None:
        raise NotApplicable("no key of the KMS data encryption is exchanged")
    used = cluster.kms.key
    named = KeyId(used.host, key, None) if isinstance(key, str) else key
    if named.version or not used.is_version_of(named):
        yield Problem(
            f"{cluster.id.name} uses the key {used}, and {key} was asked for",
            "the platform follows the newest version of its key, and no page says that the key itself can be "
            "exchanged: make a newer version of it",
            in_cluster(snapshot, "aks", "kv", "rotate"),
        )


def _again(snapshot: Snapshot, *words: object) -> str:
    return in_cluster(snapshot, "aks", "kv", "kms", "migrate-encryption", *words)
