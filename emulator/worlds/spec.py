"""A world as data: what exists when the emulator starts, and how long things take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.worlds.arc import K3s
from emulator.worlds.cluster_access import AdmissionRule, Binding
from emulator.worlds.governance import Lock, PolicyAssignment, Role
from emulator.worlds.network import Network, NetworkSecurityGroup, Peering, PrivateEndpoint, RouteTable
from emulator.worlds.private_dns import Zone
from emulator.worlds.secrets_provider import Application, Federation, SecretsProvider
from emulator.worlds.secrets_store import NOT_INSTALLED, SecretsStore
from emulator.worlds.vault_contents import Certificate, VaultSecret
from emulator.worlds.visits import Visit

SUBSCRIPTION_NAME = "Shop"
SUBSCRIPTION = "1f0e5a34-8c1b-4d27-9a56-3b7c2d9e8f10"
TENANT = "72f988bf-0000-4000-8000-2d7cd011db47"
OTHER_SUBSCRIPTION = "6a2c9be0-51d7-4f0e-8a35-90b4c3e1d7f2"
"""Another one of the same tenant: az knows it in worlds that have a vault in it."""
OTHER_TENANT = "c0ffee00-0000-4000-8000-5f1d2e3a4b6c"
LOCATION = "westeurope"
SERVER_APP = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application that tokens for AKS API servers with Entra integration are made out to, the same everywhere. [D]"""
CALLER = "ops"
"""The principal that az is logged in as, by its name in a world."""

KUBERNETES_VERSIONS = (
    *("1.25.15", "1.26.12", "1.27.9", "1.27.16", "1.28.12", "1.28.15", "1.29.9", "1.29.13", "1.30.7", "1.30.9"),
    *("1.31.5", "1.31.8", "1.32.5", "1.32.7", "1.33.1", "1.33.3"),
)
"""What AKS offers, oldest first."""

NAMESPACES = (
    "default",
    "kube-system",
    "cert-manager",
    "checkout",
    "catalog",
    "payments",
    "search",
    "shipping",
    "accounts",
    "ingress",
    "monitoring",
    "team-a",
    "team-b",
)


@dataclass(frozen=True)
class Key:
    """A Key Vault key; all its versions at the start have the same attributes. Those with which it cannot be used
    (disabled, expired, not valid yet, deleted) came to be after the clusters were started with it."""

    name: str = "etcd"
    versions: int = 1
    size: int = 2048
    enabled: bool = True
    operations: tuple[str, ...] = ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey")
    expires_in_days: float | None = None
    kind: str = "RSA"
    """Also `EC`, which `size` and `operations` mean nothing for."""
    valid_in_days: float | None = None
    deleted: bool = False


@dataclass(frozen=True)
class Policy:
    """An access policy of a vault: the permissions of one principal (by its name in the world)."""

    principal: str
    keys: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()


OPERATOR_POLICY = Policy(CALLER, ("get", "list", "update", "create", "delete", "recover", "backup", "restore"))


@dataclass(frozen=True)
class Vault:
    """`audit_log`: a diagnostic setting sends the log of who did what to a workspace."""

    name: str = "shop-kv"
    rbac: bool = True
    public_network_access: str = "Enabled"
    default_action: str = "Allow"
    bypass: str = "AzureServices"
    ip_rules: tuple[str, ...] = ()
    purge_protection: bool = True
    policies: tuple[Policy, ...] = ()
    keys: tuple[Key, ...] = (Key(),)
    secrets: tuple[VaultSecret, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    requests_in_ten_seconds: int | None = None
    """More are throttled."""
    audit_log: bool = True
    subscription: str = SUBSCRIPTION
    tenant: str = TENANT
    deleted: bool = False
    """Soft-deleted, after the clusters were started with its keys."""


@dataclass(frozen=True)
class Kms:
    """KMS that is on when the world starts: with which key version (counted from 1; None: without one, as the new
    experience has it), by which path."""

    vault: str = "shop-kv"
    key: str = "etcd"
    version: int | None = 1
    network_access: str = "Public"


@dataclass(frozen=True)
class Secrets:
    """The Kubernetes Secrets of a cluster. Every value holds `marker`, so that a test can look for it on the wire."""

    count: int = 300
    namespaces: tuple[str, ...] = NAMESPACES
    marker: str = "correct-horse-battery"
    lost: int = 0
    """So many of them, the last ones, are stored under a key that is gone: no provider decrypts them."""


@dataclass(frozen=True)
class Maintenance:
    """A maintenance configuration: `properties` as the REST API has them."""

    properties: Mapping[str, Any]
    name: str = "aksManagedAutoUpgradeSchedule"


NODE_TOOLS = ("curl", "dig", "getent", "host", "nc", "nslookup")
"""[D] What the node image has of them, with Ubuntu."""


@dataclass(frozen=True)
class Cluster:
    """`identity` names a user-assigned identity; None is a system-assigned one, whose principal is `cluster/<name>`.
    `auto_upgrade` and `node_os_upgrade` are the channels by which AKS upgrades it by itself."""

    name: str = "shop"
    kubernetes_version: str = "1.30.7"
    identity: str | None = "shop-id"
    vnet_integration: bool = False
    entra: bool = False
    azure_rbac: bool = False
    local_accounts: bool = True
    kms: Kms | None = None
    secrets: Secrets = Secrets()
    admission: tuple[AdmissionRule, ...] = ()
    bindings: tuple[Binding, ...] = ()
    run_command: bool = True
    private: bool = False
    """Reached from inside its network alone: the caller's proxy does not know the way."""
    room_for_pods: bool = True
    """Whether a node has room for one pod more."""
    images_pull: bool = True
    """Whether the nodes get at the images of pods."""
    node_tools: tuple[str, ...] = NODE_TOOLS
    """Which programs that look at the network the nodes have."""
    command_memory: int = 1 << 30
    """The memory, in bytes, above which the container of a run-command is killed. [D]"""
    auto_upgrade: str | None = None
    node_os_upgrade: str = "NodeImage"
    maintenance: tuple[Maintenance, ...] = ()
    platform_encryption: bool = False
    """The new KMS data encryption; with `kms` the key is the customer's."""
    automatic: bool = False
    """AKS Automatic."""
    power: str = "Running"
    """Or `Stopped`."""
    state: str = "Succeeded"
    """The provisioningState; with `Updating` somebody's operation runs for ten minutes."""
    restarted: bool = False
    """The API servers were restarted after the keys became what they are."""
    tags: tuple[tuple[str, str], ...] = ()
    noted: bool = False
    """akskv turned KMS on, proved the rewrite, and noted both in the cluster's tags."""
    pools: tuple[str, ...] = ("nodepool1",)
    subnets: tuple[str, ...] = ()
    """For each pool the subnet that somebody brought for its nodes, `network/subnet`; without, AKS makes a network
    where the world has any."""
    windows_pools: tuple[str, ...] = ()
    taints: tuple[tuple[str, str], ...] = ()
    """Of pools by name, `key=value:Effect` each."""
    secrets_store: SecretsStore = NOT_INSTALLED
    secrets_provider: SecretsProvider | None = None
    workload_identity: bool = False
    """With its issuer of tokens."""
    node_identities: tuple[tuple[str, str], ...] = ()
    """Pools, and identities of the world that somebody gave to their scale sets."""
    locked_down: bool = False
    """The node resource group can be read and not changed."""
    upgrade_troubles: tuple[str, ...] = ()
    """What the next upgrades of nodes fail with, one each: `disruption-budget`, `quota` or `surge`."""


@dataclass(frozen=True)
class Grant:
    """A role assignment made long ago. `scope`: `subscription`, `group`, or `vault/`, `cluster/`, `identity/`,
    `network/`, `endpoint/` and a name, or an id."""

    principal: str
    role: str
    scope: str


@dataclass(frozen=True)
class Delays:
    """How long Azure takes, in seconds of the emulated clock: an update of a cluster, a grant until it works, a new
    identity until the directory knows it, a new vault's DNS, a cluster's components until they use its new identity,
    an update that hangs until it fails, a pod until a node must have taken it, a container until it runs, the platform
    until it has rewritten the secrets under the new encryption, and between two looks for a newer version of its key,
    a change of anything in Microsoft.Network, a federated credential until Entra knows it; and how long pollers are
    told to wait. `unanswered` is in seconds of real time: what programs on the nodes take for each wait for an answer
    that does not come."""

    update: float = 1.0
    grant: float = 0.5
    directory: float = 0.0
    vault: float = 0.0
    identity: float = 6 * 3600.0
    stuck: float = 4 * 3600.0
    pod: float = 60.0
    container: float = 0.1
    unanswered: float = 0.05
    platform_rewrite: float = 2.0
    key_versions: float = 6 * 3600.0
    network: float = 1.0
    federation: float = 0.0
    retry_after: float = 0.2


OPERATOR_GRANTS = (Grant(CALLER, "Owner", "subscription"), Grant(CALLER, "Key Vault Crypto Officer", "vault/shop-kv"))


@dataclass(frozen=True)
class World:
    """Everything at the start of an emulation. `title` is the line that `worlds` prints."""

    name: str
    title: str
    group: str = "shop-rg"
    clusters: tuple[Cluster, ...] = (Cluster(),)
    vaults: tuple[Vault, ...] = (Vault(),)
    identities: tuple[str, ...] = ("shop-id",)
    federations: tuple[Federation, ...] = ()
    applications: tuple[Application, ...] = ()
    grants: tuple[Grant, ...] = OPERATOR_GRANTS
    roles: tuple[Role, ...] = ()
    """Roles beside the built-in ones, for grants to name."""
    locks: tuple[Lock, ...] = ()
    policy_assignments: tuple[PolicyAssignment, ...] = ()
    networks: tuple[Network, ...] = ()
    peerings: tuple[Peering, ...] = ()
    security_groups: tuple[NetworkSecurityGroup, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    delays: Delays = Delays()
    token_seconds: float = 86400.0
    """The life of an access token; managed identities' live for 24 hours. [D]"""
    unknown_versions: tuple[str, ...] = ()
    """api-versions that this cloud's ARM does not know yet."""
    kubernetes_versions: tuple[str, ...] = KUBERNETES_VERSIONS
    visits: tuple[Visit, ...] = ()
    zones: tuple[Zone, ...] = ()
    """Private DNS."""
    outside: tuple[K3s, ...] = ()
    """Clusters that are not Azure's."""
    unregistered: tuple[str, ...] = ()
    """Namespaces of resource providers that nobody has registered in the subscription."""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Those that the caller can see."""
        theirs = [vault.subscription for vault in self.vaults] + [one.subscription for one in self.networks]
        theirs += [zone.subscription for zone in self.zones]
        return tuple(dict.fromkeys((SUBSCRIPTION, *filter(None, theirs))))

    @property
    def shows_networks(self) -> bool:
        """Whether its clusters' networks can be seen. [OWN] Worlds that are about something else have none."""
        closed = any(vault.default_action == "Deny" and vault.secrets for vault in self.vaults)
        return bool(self.networks or self.private_endpoints or closed)

    @property
    def seed(self) -> str:
        """What the ids of this world grow from."""
        return self.name
