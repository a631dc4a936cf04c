"""What is installed of driver and provider, and on which nodes.

Found by labels, never by names, which each way to install chooses anew. [D][SRC]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from azext_akskv.model.members import child, children, flag, labels, text, texts
from azext_akskv.model.mounts.containers import Container, containers_of, unscheduled
from azext_akskv.model.observed import Observed
from azext_akskv.model.times import parse_time

DRIVER_NAME = "secrets-store.csi.k8s.io"
"""Of the CSI driver, in every layout. [SRC]"""
POOL = "kubernetes.azure.com/agentpool"
OLDER_POOL = "agentpool"
SYSTEM = "kubernetes.io/os"
VIRTUAL = ("type", "virtual-kubelet")
"""The label of nodes that are none, such as those of container instances: no DaemonSet of ours runs there. [SRC]"""
NODE_LABELS = (POOL, OLDER_POOL, SYSTEM, VIRTUAL[0])
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")


class Role(str, Enum):
    DRIVER = "driver"
    PROVIDER = "provider"


class Layout(str, Enum):
    """A way to install. No label tells Arc's extension from the chart that it installs. [INF]"""

    ADD_ON = "add-on"
    CHART = "Helm chart"
    MANIFESTS = "manifests"


ROLES = {
    "secrets-store-csi-driver": Role.DRIVER,
    "csi-secrets-store": Role.DRIVER,
    "secrets-store-provider-azure": Role.PROVIDER,
    "csi-secrets-store-provider-azure": Role.PROVIDER,
}
"""By the label `app` of a pod. [D][SRC]"""
SELECTOR = f"app in ({','.join(ROLES)})"
PROGRAMS = {Role.DRIVER: "secrets-store", Role.PROVIDER: "provider-azure-installer"}
"""The container whose log matters, in every layout. [SRC]"""


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: str

    def __str__(self) -> str:
        return f"{self.key}{f'={self.value}' if self.value else ''}:{self.effect}"


@dataclass(frozen=True)
class Node:
    """`system`: linux or windows, empty where nobody says. `provider_id`: the kubelet's own name for the machine, with
    the scale set in it."""

    name: str
    system: str = ""
    pool: str = ""
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False
    ready: bool = False
    virtual: bool = False
    provider_id: str = ""
    created: datetime | None = None


@dataclass(frozen=True)
class SystemPod:
    """A pod of driver or provider. `node`: also where it only waits to run. `set_name`: its DaemonSet."""

    role: Role
    app: str
    namespace: str
    name: str
    node: str = ""
    phase: str = ""
    containers: tuple[Container, ...] = ()
    count: int = 0
    """Of its containers."""
    unscheduled: str = ""
    image: str = ""
    """Of the program."""
    arguments: tuple[str, ...] = ()
    """Of the program, those that are flags."""
    account: str = ""
    set_name: str = ""
    created: datetime | None = None
    ending: bool = False
    """It is being deleted."""

    @property
    def version(self) -> str:
        """By the image's tag, such as `1.7.2`; empty where that tells none."""
        tag = self.image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        found = _VERSION.match(tag)
        return found[1] if found else ""

    @property
    def running(self) -> int:
        """So many of its containers are ready."""
        return sum(each.ready for each in self.containers)

    @property
    def ready(self) -> bool:
        return self.phase == "Running" and 0 < self.count <= self.running

    @property
    def program(self) -> Container | None:
        """The container whose log matters, as far as it has a status."""
        return next((each for each in self.containers if each.name == PROGRAMS[self.role]), None)

    def argument(self, name: str) -> str | None:
        """The value of a flag of the program; None where it is not given."""
        flags = [each.lstrip("-").partition("=") for each in self.arguments]
        return next((value if sign else "true" for flag_name, sign, value in flags if flag_name == name), None)


@dataclass(frozen=True)
class Driver:
    """The cluster's CSIDriver object of that name. `audiences`: for which it asks the kubelet for tokens."""

    pod_info_on_mount: bool = False
    audiences: tuple[str, ...] = ()
    requires_republish: bool = False


@dataclass(frozen=True)
class Installed:
    """Each part by itself: a user with few rights sees some of them. `drivers`: node -> the CSI drivers that its
    kubelet knows; `driver` is None where there is no such object."""

    nodes: Observed[tuple[Node, ...]]
    pods: Observed[tuple[SystemPod, ...]]
    drivers: Observed[Mapping[str, tuple[str, ...]]]
    driver: Observed[Driver | None]
    only_of: str = ""
    """The one namespace whose pods these are, where those of all may not be read: there may be more elsewhere."""

    def on_node(self, node: str, role: Role) -> tuple[SystemPod, ...]:
        """Raises NotObserved."""
        return tuple(each for each in self.pods.get() if (each.node, each.role) == (node, role))

    def node(self, name: str) -> Node | None:
        """Raises NotObserved."""
        return next((each for each in self.nodes.get() if each.name == name), None)

    def layouts(self) -> frozenset[Layout]:
        """More than one: they are in each other's way. Raises NotObserved."""
        pods = self.pods.get()
        return frozenset(layout_of(each, pods) for each in pods)

    def rivals(self) -> Mapping[tuple[str, Role], tuple[SystemPod, ...]]:
        """Pods of several DaemonSets that do the same on one node. Raises NotObserved."""
        found: dict[tuple[str, Role], list[SystemPod]] = {}
        for each in self.pods.get():
            if each.node:
                found.setdefault((each.node, each.role), []).append(each)
        sets = {on: {(each.namespace, each.set_name) for each in pods} for on, pods in found.items()}
        return {on: tuple(pods) for on, pods in found.items() if len(sets[on]) > 1}

    def registered(self, node: str) -> bool | None:
        """Whether the node's kubelet knows the driver; None: there is no CSINode of that name. Raises NotObserved."""
        known = self.drivers.get().get(node)
        return None if known is None else DRIVER_NAME in known


def layout_of(pod: SystemPod, pods: tuple[SystemPod, ...]) -> Layout:
    """By its label, and where two layouts share it, by those of its namespace: the chart has the manifests' provider
    and the add-on's driver. [D]"""
    if pod.app == "secrets-store-provider-azure":
        return Layout.ADD_ON
    if pod.app == "csi-secrets-store":
        return Layout.MANIFESTS
    around = {each.app for each in pods if each.namespace == pod.namespace}
    if pod.role is Role.PROVIDER and "csi-secrets-store" in around and "secrets-store-csi-driver" not in around:
        return Layout.MANIFESTS
    only_add_on = "secrets-store-provider-azure" in around and "csi-secrets-store-provider-azure" not in around
    return Layout.ADD_ON if pod.role is Role.DRIVER and only_add_on else Layout.CHART


def parse_node(raw: Mapping[str, Any]) -> Node:
    """Raises BadInput."""
    metadata, spec, status = (child(raw, each) for each in ("metadata", "spec", "status"))
    tags = labels(metadata, "labels")
    ready = [text(each, "status") for each in children(status, "conditions") if text(each, "type") == "Ready"]
    return Node(
        name=text(metadata, "name"),
        system=tags.get(SYSTEM, ""),
        pool=tags.get(POOL) or tags.get(OLDER_POOL, ""),
        taints=tuple(
            Taint(*(text(each, part) for part in ("key", "value", "effect"))) for each in children(spec, "taints")
        ),
        unschedulable=flag(spec, "unschedulable") is True,
        ready="True" in ready,
        virtual=tags.get(VIRTUAL[0]) == VIRTUAL[1],
        provider_id=text(spec, "providerID"),
        created=parse_time(text(metadata, "creationTimestamp")),
    )


def parse_system_pod(raw: Mapping[str, Any]) -> SystemPod | None:
    """None for a pod without a label of ours. Raises BadInput."""
    metadata, spec = child(raw, "metadata"), child(raw, "spec")
    app = labels(metadata, "labels").get("app", "")
    role = ROLES.get(app)
    if role is None:
        return None
    containers = children(spec, "containers")
    program = next((each for each in containers if text(each, "name") == PROGRAMS[role]), {})
    owners = children(metadata, "ownerReferences")
    return SystemPod(
        role=role,
        app=app,
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        node=text(spec, "nodeName") or _wanted_node(spec),
        phase=text(child(raw, "status"), "phase"),
        containers=containers_of(raw),
        count=len(containers),
        unscheduled=unscheduled(raw),
        image=text(program, "image"),
        arguments=tuple(each for each in texts(program, "args") if each.startswith("-")),
        account=text(spec, "serviceAccountName"),
        set_name=next((text(each, "name") for each in owners if text(each, "kind") == "DaemonSet"), ""),
        created=parse_time(text(metadata, "creationTimestamp")),
        ending=bool(text(metadata, "deletionTimestamp")),
    )


def _wanted_node(spec: Mapping[str, Any]) -> str:
    """A DaemonSet names the node of each pod in its affinity, and the scheduler puts it there, or not. [SRC]"""
    needed = child(child(child(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution")
    for term in children(needed, "nodeSelectorTerms"):
        for wanted in children(term, "matchFields"):
            if text(wanted, "key") == "metadata.name" and (names := texts(wanted, "values")):
                return names[0]
    return ""


def parse_driver(raw: Mapping[str, Any]) -> Driver:
    """A CSIDriver. Raises BadInput."""
    spec = child(raw, "spec")
    return Driver(
        pod_info_on_mount=flag(spec, "podInfoOnMount") is True,
        audiences=tuple(text(each, "audience") for each in children(spec, "tokenRequests")),
        requires_republish=flag(spec, "requiresRepublish") is True,
    )


def parse_csi_node(raw: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """A CSINode: the node, and the drivers that its kubelet knows. Raises BadInput."""
    drivers = children(child(raw, "spec"), "drivers")
    return text(child(raw, "metadata"), "name"), tuple(text(each, "name") for each in drivers)
