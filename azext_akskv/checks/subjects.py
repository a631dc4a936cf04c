"""What checks speak about. Each raises NotApplicable when it is not there or could not be looked at: one check of its
own says so, and blocks, so that the others need not repeat it."""

from __future__ import annotations

from typing import TypeVar

from azext_akskv.checks.declare import NotApplicable
from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.choice import ENCRYPT, network_access_of, takes_customers_key
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.observed import Observed
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault

T = TypeVar("T")

CHANGES_KMS = ("enable", "disable", "rotate", "migrate-mode", "migrate-v2", ENCRYPT)
"""The commands that change a cluster's KMS profile."""
LOOKS = ("show", "list")
"""The commands that change nothing."""


def the_cluster(snapshot: Snapshot) -> Cluster:
    return _there(snapshot.cluster, "the cluster")


def the_vault(snapshot: Snapshot) -> Vault:
    return _there(snapshot.vault, "the vault")


def the_key(snapshot: Snapshot) -> KeyVersion:
    return _there(snapshot.key, "the key")


def the_identity(snapshot: Snapshot) -> Identity:
    return _there(snapshot.identity, "the identity")


def the_grants(snapshot: Snapshot) -> tuple[Grant, ...]:
    if not snapshot.grants.known:
        raise NotApplicable("the role assignments could not be looked at")
    return snapshot.grants.get()


def _there(seen: Observed[T | None], what: str) -> T:
    if not seen.known or seen.value is None:
        raise NotApplicable(f"{what} {'is not there' if seen.known else 'could not be looked at'}")
    return seen.value


def unless_unused(snapshot: Snapshot) -> None:
    """Vault, key and identity are no finding where KMS was never on and no change is asked for that needs them."""
    wanted, cluster = snapshot.wanted, snapshot.cluster.value
    if cluster is None and not (snapshot.cluster.known and wanted.prepare_only):
        the_cluster(snapshot)
    if wanted.flow == ENCRYPT:
        if not takes_customers_key(wanted) and not (cluster and cluster.kms.enabled):
            raise NotApplicable("no key of yours takes part")
        return
    if cluster and cluster.experience.renewed and not is_customers_key(snapshot):
        raise NotApplicable("the cluster uses the new KMS data encryption")
    if cluster and cluster.kms.key is None and wanted.flow != "enable":
        raise NotApplicable("KMS was never turned on")


def is_customers_key(snapshot: Snapshot) -> bool:
    """The new KMS data encryption with a key of its owner's: in use, or on its way."""
    cluster = snapshot.cluster.value
    customers = cluster is not None and cluster.experience is Experience.CUSTOMER_MANAGED
    return takes_customers_key(snapshot.wanted) or (customers and snapshot.wanted.flow in ("show", "rotate", ENCRYPT))


def over_private_endpoint(snapshot: Snapshot) -> bool:
    """Whether AKS makes, or made, a private endpoint to the vault: legacy KMS does for a private vault, the new one
    comes in as a trusted service. [AKS docs, kms-data-encryption]"""
    return network_access_of(snapshot) == "Private" and not is_customers_key(snapshot)


def only_for(snapshot: Snapshot, *flows: str) -> None:
    if snapshot.wanted.flow not in flows:
        raise NotApplicable("this command does not depend on it")


def in_cluster(snapshot: Snapshot, *words: object) -> str:
    """An `az` command about the cluster, ready to paste."""
    target = snapshot.target
    place = ("--resource-group", target.group, "--name", target.name, "--subscription", target.subscription)
    return shell("az", *words[: _verbs(words)], *place, *words[_verbs(words) :])


def _verbs(words: tuple[object, ...]) -> int:
    return next((number for number, word in enumerate(words) if str(word).startswith("-")), len(words))


def at_vault(vault: ResourceId, *words: object) -> str:
    """An `az keyvault` command that goes through ARM."""
    return shell("az", "keyvault", *words, "--name", vault.name, "--subscription", vault.subscription)


def of_vault_key(vault: str, *words: object) -> str:
    """An `az keyvault key` command; it goes to the vault itself and needs no subscription."""
    return shell("az", "keyvault", "key", *words, "--vault-name", vault)


def put_key_in(snapshot: Snapshot, key: KeyId) -> str:
    """What puts a key in and rewrites every secret under it, whether KMS is on or off."""
    cluster = snapshot.cluster.value
    verb = ("rotate",) if cluster and cluster.kms.enabled else ("kms", "enable")
    return in_cluster(snapshot, "aks", "kv", *verb, "--key", str(key))


def in_neighbour(cluster: ResourceId) -> str:
    place = ("--resource-group", cluster.group, "--name", cluster.name, "--subscription", cluster.subscription)
    return shell("az", "aks", "kv", "kms", "show", *place)
