"""The resources that the API servers know, and where each lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`encrypted`: written under the KMS providers; AKS encrypts secrets only [D]."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    encrypted: bool = False
    short_names: tuple[str, ...] = ()

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
LEASES = Kind("coordination.k8s.io", "v1", "leases", "Lease")

KINDS = (CONFIG_MAPS, EVENTS, NAMESPACES, NODES, PODS, SECRETS, LEASES)
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
