"""Pods that mount what a SecretProviderClass names, or use the Secrets that are made of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from azext_akskv.model.members import child, children, flag, labels, text
from azext_akskv.model.mounts.containers import Container, containers_of, unscheduled
from azext_akskv.model.mounts.installed import DRIVER_NAME
from azext_akskv.model.times import parse_time, written

USE = "azure.workload.identity/use"
NODE_NAME = "internal.secrets-store.csi.k8s.io/node-name"
"""The label of a SecretProviderClassPodStatus. [SRC]"""
NO_SECRET = "CreateContainerConfigError"
"""Why a container waits whose Secret is not there. [SRC kubelet]"""


@dataclass(frozen=True)
class ClassVolume:
    """An inline volume of our driver. `read_only`: as it is written, which must be true."""

    name: str
    class_name: str
    read_only: bool = False
    publish_secret: str = ""
    """`nodePublishSecretRef`: the Secret with a service principal."""


@dataclass(frozen=True)
class VolumeUse:
    """Where a container has one of our volumes. With `sub_path` it never sees a rotation. [D]"""

    container: str
    volume: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True)
class SecretUse:
    """A Secret that a container needs. `key`: empty where it takes all of them; `how`: env, envFrom or volume."""

    secret: str
    how: str
    key: str = ""
    container: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Consumer:
    """A pod with a volume of our driver; also one whose container waits for its configuration, which may be for a
    Secret that is not made yet, and that has no such volume at all."""

    namespace: str
    name: str
    uid: str = ""
    node: str = ""
    phase: str = ""
    service_account: str = "default"
    owner_kind: str = ""
    owner: str = ""
    """Its controller, such as a ReplicaSet."""
    use_workload_identity: str | None = None
    """The label azure.workload.identity/use, None where there is none."""
    created: datetime | None = None
    volumes: tuple[ClassVolume, ...] = ()
    mounts: tuple[VolumeUse, ...] = ()
    secrets: tuple[SecretUse, ...] = ()
    containers: tuple[Container, ...] = ()
    unscheduled: str = ""
    host_network: bool = False
    ending: bool = False
    """It is being deleted."""

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"

    def lines(self) -> tuple[str, ...]:
        """As text: what `kubectl get pod -o json` has of why its containers wait."""
        states = [{"reason": each.waiting, "message": each.message} for each in self.containers if each.waiting]
        document = {
            "kind": "Pod",
            "metadata": {"namespace": self.namespace, "name": self.name},
            "spec": {"nodeName": self.node},
            "status": {"containerStatuses": [{"state": {"waiting": each}} for each in states]},
        }
        return tuple(json.dumps(document, indent=1).split("\n"))

    @property
    def waiting(self) -> tuple[str, ...]:
        """Why its containers wait, each reason once."""
        return tuple(dict.fromkeys(each.waiting for each in self.containers if each.waiting))


@dataclass(frozen=True)
class Mounted:
    """A SecretProviderClassPodStatus: written after a mount that went well, and never tells of an error. `objects`:
    id, such as secret/db-pass, and the version that is mounted. [SRC]"""

    namespace: str
    name: str
    pod: str
    class_name: str
    mounted: bool = False
    node: str = ""
    objects: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None

    def line(self) -> str:
        """As one line of text: what `kubectl get -o json` has of it."""
        metadata = {"namespace": self.namespace, "name": self.name, "creationTimestamp": written(self.created)}
        status = {"podName": self.pod, "secretProviderClassName": self.class_name, "mounted": self.mounted}
        return json.dumps({"kind": "SecretProviderClassPodStatus", "metadata": metadata, "status": status})


def parse_consumer(raw: Mapping[str, Any]) -> Consumer | None:
    """None for a pod that is none. Raises BadInput."""
    metadata, spec = child(raw, "metadata"), child(raw, "spec")
    volumes, containers = tuple(_volumes(spec)), containers_of(raw)
    if not volumes and not any(each.waiting == NO_SECRET for each in containers):
        return None
    owners = children(metadata, "ownerReferences")
    owner = next((each for each in owners if flag(each, "controller")), owners[0] if owners else {})
    ours = {each.name for each in volumes}
    return Consumer(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        uid=text(metadata, "uid"),
        node=text(spec, "nodeName"),
        phase=text(child(raw, "status"), "phase"),
        service_account=text(spec, "serviceAccountName") or "default",
        owner_kind=text(owner, "kind"),
        owner=text(owner, "name"),
        use_workload_identity=labels(metadata, "labels").get(USE),
        created=parse_time(text(metadata, "creationTimestamp")),
        volumes=volumes,
        mounts=tuple(each for each in _mounts(spec) if each.volume in ours),
        secrets=tuple(_secrets(spec)),
        containers=containers,
        unscheduled=unscheduled(raw),
        host_network=flag(spec, "hostNetwork") is True,
        ending=bool(text(metadata, "deletionTimestamp")),
    )


def parse_mounted(raw: Mapping[str, Any]) -> Mounted:
    """Raises BadInput."""
    metadata, status = child(raw, "metadata"), child(raw, "status")
    return Mounted(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        pod=text(status, "podName"),
        class_name=text(status, "secretProviderClassName"),
        mounted=flag(status, "mounted") is True,
        node=labels(metadata, "labels").get(NODE_NAME, ""),
        objects={text(each, "id"): text(each, "version") for each in children(status, "objects")},
        created=parse_time(text(metadata, "creationTimestamp")),
    )


def _volumes(spec: Mapping[str, Any]) -> Iterator[ClassVolume]:
    for each in children(spec, "volumes"):
        csi = child(each, "csi")
        if text(csi, "driver") == DRIVER_NAME:
            yield ClassVolume(
                name=text(each, "name"),
                class_name=labels(csi, "volumeAttributes").get("secretProviderClass", ""),
                read_only=flag(csi, "readOnly") is True,
                publish_secret=text(child(csi, "nodePublishSecretRef"), "name"),
            )


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in ("initContainers", "containers"):
        yield from children(spec, kind)


def _mounts(spec: Mapping[str, Any]) -> Iterator[VolumeUse]:
    for container in _containers(spec):
        for each in children(container, "volumeMounts"):
            sub_path = text(each, "subPath") or text(each, "subPathExpr")
            yield VolumeUse(text(container, "name"), text(each, "name"), text(each, "mountPath"), sub_path)


def _secrets(spec: Mapping[str, Any]) -> Iterator[SecretUse]:
    for container in _containers(spec):
        name = text(container, "name")
        for each in children(container, "env"):
            wanted = child(child(each, "valueFrom"), "secretKeyRef")
            if wanted:
                yield SecretUse(
                    text(wanted, "name"), "env", text(wanted, "key"), name, flag(wanted, "optional") is True
                )
        for each in children(container, "envFrom"):
            if wanted := child(each, "secretRef"):
                yield SecretUse(text(wanted, "name"), "envFrom", "", name, flag(wanted, "optional") is True)
    for each in children(spec, "volumes"):
        if wanted := child(each, "secret"):
            yield SecretUse(text(wanted, "secretName"), "volume", optional=flag(wanted, "optional") is True)
