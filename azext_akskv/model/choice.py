"""What a command works with, once its arguments and what was looked at are put together. Checks and plans share it."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.cluster import Cluster, Experience
from azext_akskv.model.ids import KeyId, ResourceId, identity_id, vault_id
from azext_akskv.model.ledger import ledger_of
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.tags import changed_by, identity_since
from azext_akskv.model.vault import Openness

ENDED_BADLY = frozenset({"Failed", "Canceled"})
"""Provisioning states in which an operation came to a bad end; any other but Succeeded means that one is running."""


OFF_AND_ON = ("migrate-mode", "migrate-v2")
"""The commands that turn KMS off and, once something else is done, on again with the same key."""


@dataclass(frozen=True)
class Place:
    """Where something new is made."""

    location: str
    tenant: str


def turned_off_by(cluster: Cluster, flow: str) -> bool:
    """KMS is off because a run of this flow turned it off on its way: the ledger tells so. After somebody else did, the
    tag of a run that is long over still stands there, and the ledger says another key."""
    era = ledger_of(cluster).present
    return changed_by(cluster.tags, flow) and era is not None and era.key is None


ENCRYPT = "migrate-encryption"
PLATFORM_MANAGED, CUSTOMER_MANAGED = Experience.PLATFORM_MANAGED.value, Experience.CUSTOMER_MANAGED.value


def takes_customers_key(wanted: Wanted) -> bool:
    """The cluster shall be on the new KMS data encryption, with a key of its owner's."""
    return wanted.flow == ENCRYPT and wanted.management == CUSTOMER_MANAGED


def network_access_of(snapshot: Snapshot) -> str | None:
    """The mode to declare: as asked for, else as declared already for that vault, else what the vault's firewall says;
    None where that is neither open nor closed. A vault still to be made will be open."""
    cluster, vault = snapshot.cluster.value, snapshot.vault.value
    if snapshot.wanted.network_access:
        return snapshot.wanted.network_access
    if takes_customers_key(snapshot.wanted):
        return "Public" if vault is None or vault.openness is Openness.PUBLIC else "Private"
    back = snapshot.wanted.flow == "migrate-v2" and cluster and cluster.kms.network_access  # it is off on the way
    if cluster and (cluster.kms.enabled or back) and not _of_another_vault(snapshot):
        return cluster.kms.network_access or "Public"
    if vault is None:
        return "Public"
    return None if vault.openness is Openness.SELECTED else vault.openness.value


def _of_another_vault(snapshot: Snapshot) -> bool:
    """A rotation may go to a key of another vault, which is then declared as what that vault is. [AKS docs]"""
    cluster, vault = snapshot.cluster.value, snapshot.vault.value
    used = cluster.kms.key if cluster else None
    return snapshot.wanted.flow == "rotate" and used is not None and vault is not None and used.host != vault.host


def vault_to_use(snapshot: Snapshot) -> ResourceId | None:
    """The vault's id, also that of a vault still to be made; None when neither an argument nor the cluster names one.

    Raises NotObserved.
    """
    named, found = snapshot.wanted.vault, snapshot.vault.get()
    if found:
        return found.id
    return vault_id(snapshot.target.subscription, snapshot.target.group, named) if isinstance(named, str) else named


def identity_to_use(snapshot: Snapshot) -> ResourceId | None:
    """The identity named, else the cluster's own user-assigned one. A name without a group is beside the cluster."""
    named, cluster = snapshot.wanted.identity, snapshot.cluster.value
    if isinstance(named, str):
        return identity_id(snapshot.target.subscription, snapshot.target.group, named)
    return named or (cluster.identity.id if cluster else None)


def key_name_to_use(snapshot: Snapshot) -> str | None:
    """The key's name, whether it is there or not."""
    cluster = snapshot.cluster.value
    named = snapshot.wanted.key or (cluster.kms.key if cluster else None)
    return named.name if isinstance(named, KeyId) else named


def key_to_come_back(cluster: Cluster) -> KeyId | None:
    """The key in use; after KMS was turned off the one from before, by the profile or by the ledger."""
    if cluster.kms.key:
        return cluster.kms.key
    return next((era.key for era in reversed(ledger_of(cluster).eras) if era.key), None)


RECOVER, ENABLE, EXTEND = "recover", "enable", "extend"


def repairs_of(snapshot: Snapshot) -> tuple[str, ...]:
    """What a rotation has to do to the key in use before anything else: without it the API servers write nothing, or
    do not start. Only what the vault itself can undo."""
    cluster, used = snapshot.cluster.value, snapshot.key_in_use.value
    if snapshot.wanted.flow != "rotate" or cluster is None or not cluster.kms.enabled:
        return ()
    if used is None:
        return (RECOVER,) if snapshot.key_soft_deleted.value else ()
    disabled = (ENABLE,) if not used.enabled else ()
    return disabled + ((EXTEND,) if used.expires and used.expires <= snapshot.taken_at else ())


def makes_key(wanted: Wanted) -> bool:
    """A rotation that was not told which key to put in takes a newer version, or makes one."""
    return wanted.flow == "rotate" and wanted.key is None


def place_to_make(snapshot: Snapshot) -> Place | None:
    """New things are made beside the cluster; before there is one, beside the vault or the identity named."""
    cluster, vault, identity = snapshot.cluster.value, snapshot.vault.value, snapshot.identity.value
    if cluster:
        return Place(cluster.location, cluster.tenant or "")
    if vault:
        return Place(vault.location, vault.tenant)
    return Place(identity.location, identity.tenant) if identity and identity.location else None


def same_key(one: KeyId | None, other: KeyId | None) -> bool:
    """Key Vault does not mind the case of a key's name."""
    return bool(one and other and one.is_version_of(other) and one.version == other.version)


def is_on_with(cluster: Cluster, key: KeyId, network_access: str, vault: ResourceId) -> bool:
    """Whether the cluster's profile says so; it says so from the moment the change is accepted, long before its end."""
    kms = cluster.kms
    same_mode = (kms.network_access or "Public") == network_access
    return kms.enabled and same_key(kms.key, key) and same_mode and (network_access == "Public" or kms.vault == vault)


def rewrite_owed(snapshot: Snapshot) -> bool | None:
    """Whether secrets may be stored under another key than the present one; None: nothing tells."""
    cluster, switch = snapshot.cluster.value, snapshot.switch.value
    if cluster is None:
        return None
    if cluster.experience is Experience.NEVER or cluster.experience.renewed:  # the new one rewrites by itself [D]
        return False
    era, noted = ledger_of(cluster).present, switch is not None and switch.speaks_of(cluster)
    if era is None and not noted:
        return None
    return not (era and era.rewritten) and not (switch and noted and switch.proved)


def changing_for_us(snapshot: Snapshot) -> bool:
    """An operation is running on the cluster, and it is what a killed run of this very command began."""
    cluster, flow = snapshot.cluster.get(), snapshot.wanted.flow
    if cluster is None or cluster.settled or cluster.provisioning_state in ENDED_BADLY:
        return False
    return changed_by(cluster.tags, flow) and (flow in OFF_AND_ON or _shows_what_is_wanted(snapshot, cluster))


def _shows_what_is_wanted(snapshot: Snapshot, cluster: Cluster) -> bool:
    flow = snapshot.wanted.flow
    if flow == ENCRYPT:
        return cluster.experience.value == snapshot.wanted.management
    if flow == "disable":
        return not cluster.kms.enabled
    if flow == "enable" and not cluster.kms.enabled:
        return identity_since(cluster.tags) is not None and cluster.identity.id == identity_to_use(snapshot)
    key = snapshot.key.value
    fits = key is None or makes_key(snapshot.wanted) or same_key(cluster.kms.key, key.id)
    return flow in ("enable", "rotate") and cluster.kms.enabled and fits
