"""The new KMS data encryption on, with a key of the platform's or of the customer's: from legacy KMS, from none, or
from one of its two kinds to the other."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import CATEGORIES
from azext_akskv.engine.step import Fact, Plan, Run, Step, given
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.enable import identifying, making
from azext_akskv.flows.turning_on import the_cluster, under_present_key
from azext_akskv.model.access import READS_VAULTS
from azext_akskv.model.choice import ENCRYPT, network_access_of, takes_customers_key, vault_to_use
from azext_akskv.model.cluster import PLATFORMS, Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.steps.access import grant_crypto_user, grant_key_policy, grant_reader, wait_for_grants
from azext_akskv.steps.cluster_kms import KmsWanted
from azext_akskv.steps.create import KEY, PRINCIPAL
from azext_akskv.steps.encryption import is_encrypted_with, turn_on_encryption
from azext_akskv.steps.rewrite import note_proof, note_switch, order_of, rewrite_secrets
from azext_akskv.steps.vault_network import let_trusted_services_in

CURES = frozenset({"grant-missing", "cluster-failed", "rewrite-owed", "vault-unreachable"})


def any_version(key: KeyId) -> KeyId:
    return KeyId(key.host, key.name, None)


NEW_KEY = Fact(KEY.name, lambda text: any_version(KeyId.parse(text)))


def plan(snapshot: Snapshot) -> Plan:
    """AKS docs "KMS data encryption" and "Migrate to KMS data encryption", as read on 2026-08-21. Raises NotObserved.

    The key goes along without a version at once. The page flips the switch alone, which leaves the versioned identifier
    there, and whether the platform then follows newer versions nobody says. [ADR 14]

    The platform rewrites every secret by itself and does not tell how far it is. The empty patch finds out: a secret
    that the platform has not come to yet is written by it, and so the pass proves what it can.
    """
    cluster = the_cluster(snapshot)
    wanted = _wanted(snapshot, cluster) if takes_customers_key(snapshot.wanted) else None

    def key_wanted(run: Run) -> str:
        return str(given(run, wanted.key)) if wanted else PLATFORMS

    steps = (
        *(_preparing(snapshot, cluster, wanted) if wanted else ()),
        *(() if cluster.experience.renewed else under_present_key(snapshot, cluster, NEW_KEY)),
        turn_on_encryption(wanted),
        note_switch(key_wanted),
        rewrite_secrets(order_of(snapshot), key_wanted),
        note_proof(key_wanted),
    )
    whose = "a key of the platform's" if wanted is None else f"a key of {wanted.vault.name}"
    return Plan(
        ENCRYPT,
        steps,
        keep=tuple(_keep(cluster, wanted)),
        notes=tuple(_notes(snapshot, cluster, wanted)),
        question=f"Move {cluster.id.name} to the KMS data encryption with {whose}? There is no way back to legacy KMS.",
        typed="" if cluster.experience.renewed else cluster.id.name,
    )


def _wanted(snapshot: Snapshot, cluster: Cluster) -> KmsWanted:
    vault, identity, key = vault_to_use(snapshot), snapshot.identity.get(), snapshot.key.get()
    if vault is None:
        raise NotObserved("no vault was named")
    named: Fact[KeyId] | KeyId = any_version(key.id) if key else NEW_KEY
    mode = network_access_of(snapshot) or "Public"
    return KmsWanted(named, mode, vault, identity.principal_id if identity else PRINCIPAL)


def _preparing(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted) -> Iterator[Step]:
    """What can be refused comes first. A refused grant leaves the cluster as it was."""
    yield from making(snapshot)
    vault, granted = snapshot.vault.get(), "grant-missing" in snapshot.accepted
    if not granted:
        rbac = vault is None or vault.rbac
        yield (grant_crypto_user if rbac else grant_key_policy)(wanted.vault, wanted.principal)
        yield grant_reader(wanted.vault, wanted.principal)
    if wanted.network_access == "Private":
        yield let_trusted_services_in(wanted.vault)
    yield from identifying(snapshot, cluster)
    there = isinstance(wanted.key, KeyId) and is_encrypted_with(cluster, wanted.key, wanted.network_access)
    if wanted.network_access == "Private" and not granted and not there:
        yield wait_for_grants(wanted.vault, wanted.principal, READS_VAULTS)


def _keep(cluster: Cluster, wanted: KmsWanted | None) -> Iterator[str]:
    if wanted is not None:
        key = str(wanted.key) if isinstance(wanted.key, KeyId) else f"The new key in {wanted.vault.name}"
        yield (
            f"{key} must stay, with every version that was in use in the last days enabled: the platform goes over to "
            "a newer version by itself, within some 6 hours, and rewrites every secret. Deleted or purged, it takes "
            "the cluster's secrets with it."
        )
    profile = "securityProfile.kubernetesResourceObjectEncryptionProfile.infrastructureEncryption: 'Enabled'"
    yield (
        f"A template that manages this cluster must say {profile}"
        + (", and name the key without a version" if wanted else ", and leave azureKeyVaultKms out")
        + ": AKS refuses the way back that it would else ask for."
    )
    former = cluster.kms.key
    if former and not cluster.experience.renewed:
        yield (
            f"{former}, the key from before, must stay enabled, unexpired and undeleted until every secret is proved "
            "to be rewritten; disable it first, wait some days, and delete it only then."
        )


def _notes(snapshot: Snapshot, cluster: Cluster, wanted: KmsWanted | None) -> Iterator[str]:
    """What to know before saying yes; what lies behind an interrupted run is not told again."""
    if cluster.experience.value == snapshot.wanted.management:
        return
    yield "Point of no return: turning the KMS data encryption on."
    yield "The API servers restart: expect some seconds to a minute without one. Pods go on running."
    yield "The update takes about 5 to 10 minutes. Then the platform rewrites every secret by itself."
    census = snapshot.secrets.value
    count = f"{census.count:,} secrets are" if census else "Every secret is"
    yield f"{count} looked at by an empty patch, which rewrites what the platform has not come to yet; no value leaves."
    if wanted is None:
        yield "With the platform's key no key of yours protects the secrets, which some auditors ask for."


MIGRATE_ENCRYPTION = Flow(ENCRYPT, CATEGORIES, plan, CATEGORIES, CURES)
