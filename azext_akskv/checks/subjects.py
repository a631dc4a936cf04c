"""What checks speak about. Each raises NotApplicable when it is not there: a check of its own says so."""

from __future__ import annotations

from typing import TypeVar

from azext_akskv.checks.declare import NotApplicable
from azext_akskv.model.access import Identity
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault

T = TypeVar("T")


def the_cluster(snapshot: Snapshot) -> Cluster:
    return _there(snapshot.cluster.get(), "there is no cluster")


def the_vault(snapshot: Snapshot) -> Vault:
    return _there(snapshot.vault.get(), "there is no vault")


def the_key(snapshot: Snapshot) -> KeyVersion:
    return _there(snapshot.key.get(), "there is no key")


def the_identity(snapshot: Snapshot) -> Identity:
    return _there(snapshot.identity.get(), "there is no identity")


def unless_unused(snapshot: Snapshot) -> None:
    """Vault, key and identity of a cluster that has nothing to do with KMS, looked at for no change, are no finding."""
    wanted, cluster = snapshot.wanted, snapshot.cluster.value
    touched = wanted.flow == "enable" or wanted.vault or wanted.key
    if cluster and not cluster.kms.enabled and cluster.kms.key is None and not touched:
        raise NotApplicable("KMS was never turned on")
    if cluster and cluster.experience.renewed:
        raise NotApplicable("the cluster uses the new KMS data encryption")


def only_for(snapshot: Snapshot, *flows: str) -> None:
    if snapshot.wanted.flow not in flows:
        raise NotApplicable("this command does not depend on it")


def in_cluster(snapshot: Snapshot, *words: str) -> str:
    """An `az` command about the cluster, ready to paste."""
    target = snapshot.target
    return shell("az", *words, "--resource-group", target.group, "--name", target.name, *_subscription(snapshot))


def _subscription(snapshot: Snapshot) -> tuple[str, str]:
    return ("--subscription", snapshot.target.subscription)


def _there(value: T | None, otherwise: str) -> T:
    if value is None:
        raise NotApplicable(otherwise)
    return value
