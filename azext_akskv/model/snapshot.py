"""What the user asked for, and everything that was looked at before the first change: one frozen record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azext_akskv.model.access import Grant, Identity
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.governance import Held, Lock, Login, PolicyRefusal
from azext_akskv.model.holder import Holder
from azext_akskv.model.ids import KeyId, ResourceId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.kube import KeyEvidence, KubeRight, Refused, SecretRef, Switch
from azext_akskv.model.maintenance import Maintenance
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.observed import Observed
from azext_akskv.model.run_command import Trouble
from azext_akskv.model.topology import Topology
from azext_akskv.model.upgrade import Offer
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType

if TYPE_CHECKING:  # it brings along the rules by which texts are read, which other commands need not load
    from azext_akskv.model.mounts.behind import ProviderView
    from azext_akskv.model.mounts.manifests.standing import ManifestsSeen
    from azext_akskv.model.provision import Provision


@dataclass(frozen=True)
class Wanted:
    """The arguments of a command, parsed. A name stays a name until the snapshot has found what it names."""

    flow: str
    vault: str | ResourceId | None = None
    key: str | KeyId | None = None
    network_access: str | None = None
    identity: str | ResourceId | None = None
    create: bool = False
    prepare_only: bool = False
    skip_reencrypt: bool = False
    namespaces: tuple[str, ...] = ()
    """Only these are rewritten, or looked at; empty: all."""
    since: int = 3600
    """How old the lines of a log may be that are read, in seconds."""
    concurrency: int | None = None
    """Connections that rewrite at the same time; None: as many as fit the KMS version."""
    max_rate: float | None = None
    """Secrets a second; 0: no limit; None: what fits the KMS version and the key's size."""
    prove_only: bool = False
    evidence: bool = False
    """Also ask the API servers' metrics which keys they use."""
    kubernetes_version: str | None = None
    """The version to upgrade to; a minor version stands for its newest patch."""
    management: str = ""
    """Whose key the new KMS data encryption shall use: `platform-managed` or `customer-managed`."""
    private_endpoint: str | ResourceId | None = None
    approve: bool = False
    """Approve a private endpoint that waits for it."""
    skip_peering: bool = False
    skip_probe: bool = False
    via: str = ""
    """How to reach the API server: `direct`, `run-command`, or whichever works (`auto`, or nothing)."""
    objects: tuple[AskedObject, ...] = ()
    """What pods shall read in the vault, by name."""
    all_of: tuple[ObjectType, ...] = ()
    """The types of which they shall read everything."""
    rotation_interval: str = ""
    """How often the secrets provider shall read again, as `2m`; empty: as it is."""
    service_account: str = ""
    """Whose tokens shall be taken for the identity's."""
    class_name: str = ""
    """The SecretProviderClass that is to be made, or looked at."""
    workload: str = ""
    """What shall mount the class: `pod`, `deployment` or `none`."""
    synced_secret: str = ""
    """The Secret that shall be made of what is mounted."""


@dataclass(frozen=True)
class SecretCensus:
    """All secrets, read page by page from etcd; `unreadable` is what the API server could not decrypt."""

    count: int
    namespaces: int
    unreadable: tuple[SecretRef | str, ...] = ()
    samples: tuple[SecretRef, ...] = ()
    """The first secret of each namespace that has any."""


@dataclass(frozen=True)
class UnfinishedRun:
    """A run in this machine's journal that neither finished nor was abandoned."""

    run: str
    flow: str
    asked: str


def _unasked() -> Observed[Any]:
    return Observed.unknown("not looked at for this command")


@dataclass(frozen=True)
class Snapshot:
    """`taken_at` is the service's own time. A value of None inside an Observed means: looked, and it is not there."""

    taken_at: datetime
    target: ResourceId
    wanted: Wanted
    cluster: Observed[Cluster | None]
    vault: Observed[Vault | None] = field(default_factory=_unasked)
    """The vault named, else that of the key identifier given, else that of the key in use."""
    vault_soft_deleted: Observed[bool] = field(default_factory=_unasked)
    key: Observed[KeyVersion | None] = field(default_factory=_unasked)
    """The version to use: as asked for, else the newest enabled one of the name asked for, else the one in use. For a
    rotation never the one in use; None: one is to be made."""
    key_in_use: Observed[KeyVersion | None] = field(default_factory=_unasked)
    vault_closed: Observed[str] = field(default_factory=_unasked)
    """Why the vault itself does not answer the caller, where a key is to be made or repaired; empty: it does."""
    free_name: Observed[str] = field(default_factory=_unasked)
    """The name of the key to make through ARM where the vault is closed: ARM makes first versions only."""
    newest: Observed[KeyVersion | None] = field(default_factory=_unasked)
    """The newest enabled version of the key in use."""
    key_soft_deleted: Observed[bool] = field(default_factory=_unasked)
    identity: Observed[Identity | None] = field(default_factory=_unasked)
    """The identity that KMS uses or shall use."""
    grants: Observed[tuple[Grant, ...]] = field(default_factory=_unasked)
    """That identity's role assignments at the vault, those from above included."""
    api_server: Observed[bool] = field(default_factory=_unasked)
    """Whether the API server answers and calls itself ready."""
    inside: bool = False
    """It is not reached from here, and was asked from a pod of the cluster, with run-command."""
    lacks_for_run_command: Observed[tuple[str, ...]] | None = None
    """The rights in Azure that this takes and the caller lacks; None: that way is not gone."""
    run_command_trouble: Trouble | None = None
    """Why that way led nowhere."""
    secrets: Observed[SecretCensus] = field(default_factory=_unasked)
    switch: Observed[Switch | None] = field(default_factory=_unasked)
    holder: Observed[Holder | None] = field(default_factory=_unasked)
    """The run that says in the cluster that it is at work."""
    topology: Observed[Topology | None] = field(default_factory=_unasked)
    """What stands between the nodes and the vault's private endpoint, where that is to be repaired."""
    provider_grants: Observed[tuple[Grant, ...]] | None = None
    """The roles of the secrets provider's identity at the vault; None: it has none of its own, or was not asked for."""
    provider: Observed[ProviderView | None] = field(default_factory=_unasked)
    """The Key Vault provider of the Secrets Store CSI driver, and all that it works with."""
    provision: Observed[Provision | None] = field(default_factory=_unasked)
    """What a pod shall read and as whom, where that is to be set up."""
    manifests: Observed[ManifestsSeen | None] = field(default_factory=_unasked)
    """What is in the cluster of that which is to be written to it."""
    evidence: Observed[KeyEvidence | None] = field(default_factory=_unasked)
    """What the API servers' metrics say about their keys, where that was asked for."""
    neighbours: Observed[tuple[Cluster, ...]] = field(default_factory=_unasked)
    """The other clusters of the subscription."""
    maintenance: Observed[Maintenance] = field(default_factory=_unasked)
    upgrades: Observed[Offer] = field(default_factory=_unasked)
    """Which Kubernetes versions are on offer, where the cluster is to be upgraded."""
    audited: Observed[bool] = field(default_factory=_unasked)
    """Whether the vault's audit log is kept somewhere."""
    login: Observed[Login] = field(default_factory=_unasked)
    locks: Observed[tuple[Lock, ...]] = field(default_factory=_unasked)
    held: Observed[tuple[Held, ...]] = field(default_factory=_unasked)
    """The caller's permissions at each scope that the change writes to."""
    refusals: Observed[tuple[PolicyRefusal, ...]] | None = None
    """What Azure Policy would refuse; None: not asked, because something else is in the way already."""
    missing_rights: Observed[tuple[KubeRight, ...]] | None = None
    """What the caller may not do behind the API server; None: as above."""
    rehearsal: Observed[tuple[Refused, ...]] | None = None
    """Secrets, one of each namespace, of which admission refuses a rewrite; None: as above."""
    unfinished: tuple[UnfinishedRun, ...] = ()
    own_runs: tuple[str, ...] = ()
    """All runs in this machine's journal. While a change looks, which holds its lock, none of them is at work."""
    former_keys: tuple[KeyId, ...] = ()
    """Keys that runs from this machine saw in use before the last one."""
    accepted: tuple[str, ...] = ()
    """Codes of findings that the user overrules."""
