"""What is seen of a cluster that secrets are copied into: whose it is, what is installed, what came of each copy.

Of a Secret there are only its name, its type and how many entries it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.members import child, children, labels, number, text, texts
from azext_akskv.model.mounts.containers import Container, containers_of, unscheduled
from azext_akskv.model.mounts.installed import Driver, SystemPod
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.seen import LogSource
from azext_akskv.model.mounts.synced import ServiceAccount
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.partial import shown_message
from azext_akskv.model.secret_store.remedies import MANAGER, PROVIDER
from azext_akskv.model.secret_store.sync import AkvSync, SecretSync
from azext_akskv.model.times import parse_time

AGENTS, CONFIGURATION = "azure-arc", "azure-clusterconfig"
"""The namespace of Arc's agents, and the ConfigMap there that tells them which cluster they are of. [CLI]"""
SYNC_LABEL = "secrets-store.sync.x-k8s.io/secretsync"
"""Of the Secrets that are copies; its value is the name of the SecretSync. [SRC]"""
NODE_ARGUMENTS = "k3s.io/node-args"
SERVER_ARGUMENT = "--kube-apiserver-arg"
"""K3s writes into an annotation of a node what it was started with. [3P]"""
CERT_MANAGER, TRUST_MANAGER = "cert-manager", "trust-manager"


@dataclass(frozen=True)
class ClusterIdentity:
    """Which Arc-enabled cluster an API server says it is."""

    subscription: str
    group: str
    name: str
    tenant: str = ""
    agent_version: str = ""
    distribution: str = ""

    @property
    def id(self) -> ResourceId:
        return connected_id(self.subscription, self.group, self.name)

    def is_of(self, cluster: ResourceId) -> bool:
        return self.id == cluster


@dataclass(frozen=True)
class Program:
    """A Deployment. `role`: of those of certificates, cert-manager or trust-manager; else empty. `image`: of its first
    container."""

    namespace: str
    name: str
    wanted: int = 1
    ready: int = 0
    image: str = ""
    role: str = ""

    @property
    def running(self) -> bool:
        return 0 < self.wanted <= self.ready


@dataclass(frozen=True)
class ControllerPod:
    """The pod of the controller and its provider. `images` by container."""

    namespace: str
    name: str
    node: str = ""
    phase: str = ""
    containers: tuple[Container, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict)
    unscheduled: str = ""
    created: datetime | None = None
    ending: bool = False
    """It is being deleted."""

    @property
    def ready(self) -> bool:
        return self.phase == "Running" and 0 < len(self.images) <= sum(each.ready for each in self.containers)


@dataclass(frozen=True)
class StoreEvent:
    """`kind` and `name` of what it is about. `message`: in one line, no credential. `last`: events live for an hour
    after it. [D]"""

    namespace: str
    kind: str
    name: str
    reason: str
    message: str = field(repr=False, default="")
    warning: bool = False
    count: int = 1
    last: datetime | None = None


@dataclass(frozen=True)
class EdgeNode:
    """`server_arguments`: those for the API server, where the node runs one and its distribution tells them."""

    name: str
    system: str = ""
    architecture: str = ""
    version: str = ""
    ready: bool = False
    server_arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecretRow:
    """What its row tells, and whether it has the label of a copy: nothing else of it was ever read. `labelled` of None:
    could not be asked. `version`: its resourceVersion, only where it was looked at by itself."""

    namespace: str
    name: str
    type: str = ""
    entries: int | None = None
    labelled: bool | None = None
    version: str = ""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class StoreSeen:
    """Each part by itself: a user with few rights sees some of them. `namespace`: what was asked for, None: all."""

    namespace: str | None
    namespaces: Observed[Mapping[str, str]]
    """Their phases by their names."""
    definitions: Observed[frozenset[str]]
    """Kinds that the API server has, of the groups that matter, such as secretsyncs.secret-sync.x-k8s.io."""
    nodes: Observed[tuple[EdgeNode, ...]]
    controllers: Observed[tuple[Program, ...]]
    pods: Observed[tuple[ControllerPod, ...]]
    certificates: Observed[tuple[Program, ...]]
    """Of cert-manager and trust-manager."""
    classes: Observed[tuple[SecretProviderClass, ...]]
    syncs: Observed[tuple[SecretSync, ...]]
    akv_syncs: Observed[tuple[AkvSync, ...]]
    accounts: Observed[tuple[ServiceAccount, ...]]
    events: Observed[tuple[StoreEvent, ...]]
    """About SecretSyncs and AKVSyncs."""
    troubles: Observed[tuple[StoreEvent, ...]]
    """Warnings in the controller's own namespace."""
    driver: Observed[Driver | None]
    """Of the CSI driver, which is not to run beside; None: there is none."""
    driver_pods: Observed[tuple[SystemPod, ...]]
    secrets: Mapping[str, Observed[tuple[SecretRow, ...]]] = field(default_factory=dict)
    """By namespace: those that have SecretSyncs, and the one that was asked for."""

    def secret(self, namespace: str, name: str) -> Observed[SecretRow | None]:
        rows = self.secrets.get(namespace)
        if rows is None:
            return Observed.unknown(f"the secrets of {namespace} were not looked at")
        if rows.value is None:
            return Observed.unknown(rows.gap or "")
        return Observed(next((each for each in rows.value if each.name == name), None))


def parse_identity(raw: Mapping[str, Any]) -> ClusterIdentity:
    """Of the agents' ConfigMap. Raises BadInput where it does not say which cluster it is."""
    data = child(raw, "data")
    subscription, group, name = (
        text(data, f"AZURE_{each}") for each in ("SUBSCRIPTION_ID", "RESOURCE_GROUP", "RESOURCE_NAME")
    )
    if not (subscription and group and name):
        raise BadInput(f"the ConfigMap {AGENTS}/{CONFIGURATION} does not say which cluster it is")
    found = ClusterIdentity(
        subscription,
        group,
        name,
        tenant=text(data, "AZURE_TENANT_ID"),
        agent_version=text(data, "AZURE_ARC_AGENT_VERSION"),
        distribution=text(data, "KUBERNETES_DISTRO"),
    )
    ResourceId.parse(str(found.id))
    return found


def parse_program(raw: Mapping[str, Any]) -> Program:
    """A Deployment. Raises BadInput."""
    metadata, spec = child(raw, "metadata"), child(raw, "spec")
    containers = children(child(child(spec, "template"), "spec"), "containers")
    image = text(containers[0], "image") if containers else ""
    replicas = number(spec, "replicas")
    return Program(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        wanted=1 if replicas is None else replicas,
        ready=number(child(raw, "status"), "readyReplicas") or 0,
        image=image,
        role=_role(image),
    )


def _role(image: str) -> str:
    """By the image: other programs are called `webhook`, too."""
    program = image.partition("@")[0].rpartition("/")[2]
    return next((each for each in (CERT_MANAGER, TRUST_MANAGER) if program.startswith(each)), "")


def parse_certifier(raw: Mapping[str, Any]) -> Program | None:
    """None for one that is neither cert-manager's nor trust-manager's. Raises BadInput."""
    found = parse_program(raw)
    return found if found.role else None


def parse_controller_pod(raw: Mapping[str, Any]) -> ControllerPod:
    """Raises BadInput."""
    metadata, spec = child(raw, "metadata"), child(raw, "spec")
    return ControllerPod(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        node=text(spec, "nodeName"),
        phase=text(child(raw, "status"), "phase"),
        containers=containers_of(raw),
        images={text(each, "name"): text(each, "image") for each in children(spec, "containers")},
        unscheduled=unscheduled(raw),
        created=parse_time(text(metadata, "creationTimestamp")),
        ending=bool(text(metadata, "deletionTimestamp")),
    )


def parse_store_event(raw: Mapping[str, Any]) -> StoreEvent:
    """Raises BadInput."""
    about, series = child(raw, "involvedObject"), child(raw, "series")
    last = text(series, "lastObservedTime") or text(raw, "lastTimestamp")
    return StoreEvent(
        namespace=text(about, "namespace") or text(child(raw, "metadata"), "namespace"),
        kind=text(about, "kind"),
        name=text(about, "name"),
        reason=text(raw, "reason"),
        message=shown_message(text(raw, "message")),
        warning=text(raw, "type") == "Warning",
        count=number(series, "count") or number(raw, "count") or 1,
        last=parse_time(last or text(raw, "eventTime") or text(raw, "firstTimestamp")),
    )


def parse_edge_node(raw: Mapping[str, Any]) -> EdgeNode:
    """Raises BadInput."""
    metadata, status = child(raw, "metadata"), child(raw, "status")
    info = child(status, "nodeInfo")
    ready = [text(each, "status") for each in children(status, "conditions") if text(each, "type") == "Ready"]
    return EdgeNode(
        name=text(metadata, "name"),
        system=text(info, "operatingSystem"),
        architecture=text(info, "architecture"),
        version=text(info, "kubeletVersion"),
        ready="True" in ready,
        server_arguments=_server_arguments(labels(metadata, "annotations").get(NODE_ARGUMENTS, "")),
    )


def _server_arguments(told: str) -> tuple[str, ...]:
    """Only those for the API server: others, such as tokens, are of no use here. Empty where they cannot be read."""
    try:
        words = texts({NODE_ARGUMENTS: json.loads(told)}, NODE_ARGUMENTS) if told else []
    except (ValueError, RecursionError):  # BadInput is one
        return ()
    behind = [word for flag, word in pairwise(words) if flag == SERVER_ARGUMENT]
    joined = [word.partition("=")[2] for word in words if word.startswith(f"{SERVER_ARGUMENT}=")]
    return tuple(behind or joined)


def log_sources(pods: Iterable[ControllerPod]) -> tuple[LogSource, ...]:
    """The logs of both containers of each pod; also of the run before, where one was started anew."""
    found: list[LogSource] = []
    for pod in pods:
        restarted = {each.name for each in pod.containers if each.restarts}
        for name in () if pod.unscheduled else (MANAGER, PROVIDER):
            if name in pod.images:
                found.append(LogSource(pod.namespace, pod.name, name, pod.node))
                found += [LogSource(pod.namespace, pod.name, name, pod.node, previous=True)] * (name in restarted)
    return tuple(found)
