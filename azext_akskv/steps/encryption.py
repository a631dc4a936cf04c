"""Turns the new KMS data encryption on, from which no way leads back."""

from __future__ import annotations

from azext_akskv.engine.step import Run, Seen, Step, given
from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import KeyId
from azext_akskv.model.ledger import with_departure
from azext_akskv.ports import KmsSetting
from azext_akskv.steps.cluster_kms import KmsWanted, until_granted
from azext_akskv.steps.settled import change, watch


def turn_on_encryption(wanted: KmsWanted | None) -> Step:
    """None: with the platform's own key. Where the key is a customer's AKS tries it before it begins, so a grant that
    is still spreading is a refusal to wait for."""

    def shown(run: Run, cluster: Cluster) -> bool:
        if wanted is None:
            return cluster.experience is Experience.PLATFORM_MANAGED
        return is_encrypted_with(cluster, given(run, wanted.key), wanted.network_access)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        key = cluster.key_in_force
        return Seen(key, {"key": key}) if shown(run, cluster) and cluster.settled else None

    def put(run: Run, cluster: Cluster) -> None:
        setting = KmsSetting(given(run, wanted.key), wanted.network_access, wanted.vault) if wanted else None
        tags = with_departure(cluster, run.id)
        run.ports.clusters.turn_on_encryption(cluster, setting, tags, watch(run, "turn-on-encryption"))

    def send(run: Run) -> None:
        change(run, lambda cluster: shown(run, cluster), put)

    return Step(
        code="turn-on-encryption",
        title=f"turn on the KMS data encryption with {_named(wanted)}",
        look=look,
        act=send if wanted is None else lambda run: until_granted(run, wanted, lambda: send(run)),
        point_of_no_return=True,
        left_behind="secrets may be stored under the key from before and under the new one: keep both",
    )


def is_encrypted_with(cluster: Cluster, key: KeyId, network_access: str) -> bool:
    """Any version of the key: the platform goes over to the newest one by itself."""
    kms = cluster.kms
    same = kms.key is not None and kms.key.is_version_of(key) and kms.key.version is None
    mode = (kms.network_access or "Public") == network_access
    return cluster.experience is Experience.CUSTOMER_MANAGED and same and mode


def _named(wanted: KmsWanted | None) -> str:
    if wanted is None:
        return "a key of the platform's"
    key = wanted.key.name if isinstance(wanted.key, KeyId) else "the new key"
    return f"the newest version of {key} of {wanted.vault.name}, {wanted.network_access.lower()} access"
