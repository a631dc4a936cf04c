"""The resources that the API servers know, and where each lives."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Kind:
    """`encrypted`: written under the KMS providers; AKS encrypts secrets only [D]. `custom`: served where its
    CustomResourceDefinition is."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    encrypted: bool = False
    short_names: tuple[str, ...] = ()
    custom: bool = False
    status: bool = False
    """Its status is a subresource: writes of the object leave it as it is."""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """`secrets`, `leases.coordination.k8s.io`: how the texts of errors name the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def prefix(self, namespace: str | None) -> str:
        """Where etcd keeps all objects of the kind, or those of one namespace."""
        return f"/registry/{self.plural}/{namespace}/" if namespace else f"/registry/{self.plural}/"

    def key(self, namespace: str | None, name: str) -> str:
        return self.prefix(namespace) + name


SECRETS = Kind("", "v1", "secrets", "Secret", encrypted=True)
CONFIG_MAPS = Kind("", "v1", "configmaps", "ConfigMap", short_names=("cm",))
NAMESPACES = Kind("", "v1", "namespaces", "Namespace", namespaced=False, short_names=("ns",))
EVENTS = Kind("", "v1", "events", "Event", short_names=("ev",))
PODS = Kind("", "v1", "pods", "Pod", short_names=("po",))
NODES = Kind("", "v1", "nodes", "Node", namespaced=False, short_names=("no",))
SERVICES = Kind("", "v1", "services", "Service", short_names=("svc",))
REPLICATION_CONTROLLERS = Kind("", "v1", "replicationcontrollers", "ReplicationController", short_names=("rc",))
"""`kubectl cluster-info dump` asks for these two; there is nothing behind them."""
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")
SERVICE_ACCOUNTS = Kind("", "v1", "serviceaccounts", "ServiceAccount", short_names=("sa",))
DAEMON_SETS = Kind("apps", "v1", "daemonsets", "DaemonSet", short_names=("ds",))
DEPLOYMENTS = Kind("apps", "v1", "deployments", "Deployment", short_names=("deploy",))
REPLICA_SETS = Kind("apps", "v1", "replicasets", "ReplicaSet", short_names=("rs",))
CLUSTER_ROLES = Kind("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = replace(CLUSTER_ROLES, plural="clusterrolebindings", kind="ClusterRoleBinding")
CSI_DRIVERS = Kind("storage.k8s.io", "v1", "csidrivers", "CSIDriver", namespaced=False)
CSI_NODES = replace(CSI_DRIVERS, plural="csinodes", kind="CSINode")
DEFINITIONS = Kind(
    *("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition"),
    namespaced=False,
    short_names=("crd", "crds"),
)
SECRETS_STORE = "secrets-store.csi.x-k8s.io"
SECRET_PROVIDER_CLASSES = Kind(SECRETS_STORE, "v1", "secretproviderclasses", "SecretProviderClass", custom=True)
POD_STATUSES = Kind(SECRETS_STORE, "v1", "secretproviderclasspodstatuses", "SecretProviderClassPodStatus", custom=True)
SYNCS = "secret-sync.x-k8s.io"
SECRET_SYNCS = Kind(SYNCS, "v1alpha1", "secretsyncs", "SecretSync", custom=True, status=True)
AKV_SYNCS = Kind(SYNCS, "v1alpha1", "akvsyncs", "AKVSync", custom=True, status=True)
ARC_CLUSTERS = Kind("arc.azure.com", "v1beta1", "connectedclusters", "ConnectedCluster", custom=True)
_OLDER = tuple(replace(kind, version="v1alpha1") for kind in (SECRET_PROVIDER_CLASSES, POD_STATUSES))
"""[SRC] The same objects under an older name."""

STORED = (
    *(CONFIG_MAPS, EVENTS, NAMESPACES, NODES, PODS, SECRETS, SERVICE_ACCOUNTS, DAEMON_SETS, DEPLOYMENTS, REPLICA_SETS),
    *(
        SERVICES,
        REPLICATION_CONTROLLERS,
        CLUSTER_ROLES,
        CLUSTER_ROLE_BINDINGS,
        CSI_DRIVERS,
        CSI_NODES,
        DEFINITIONS,
        LEASES,
    ),
    *(SECRET_PROVIDER_CLASSES, POD_STATUSES, SECRET_SYNCS, AKV_SYNCS, ARC_CLUSTERS),
)
"""Each kind once, whatever versions it is served in."""
KINDS = (*STORED, *_OLDER)
BY_KIND = {(kind.api_version, kind.kind): kind for kind in KINDS}
BY_PLURAL = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}


@dataclass(frozen=True)
class Target:
    """What a request is about: all objects of a kind, those of a namespace, or one."""

    kind: Kind
    namespace: str | None
    name: str | None
    subresource: str | None = None


def target_of(path: str) -> Target | None:
    """The target of `/api/v1/...` and `/apis/<group>/<version>/...`; None when there is no such resource."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = None
    if rest[0] == "namespaces" and len(rest) >= 3:
        namespace, rest = rest[1], rest[2:]
    kind = BY_PLURAL.get((group, version, rest[0]))
    if kind is None or len(rest) > 3 or (namespace is not None and not kind.namespaced):
        return None
    name, subresource = (*rest[1:], None, None)[:2]
    return Target(kind, namespace, name, subresource)
