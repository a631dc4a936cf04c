"""The DaemonSets of driver and provider, and what their pods tell of themselves: which program they are, of which
version, with which flags. [D] [SRC]"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
DRIVER, PROVIDER = "driver", "provider"
CONTAINERS = {DRIVER: "secrets-store", PROVIDER: "provider-azure-installer"}
"""The container with the program, among its companions."""
EXISTS: Object = {"operator": "Exists"}
_IMAGES = {
    DRIVER: "mcr.microsoft.com/oss/v2/kubernetes-csi/secrets-store/driver",
    PROVIDER: "mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure",
}
_REGISTRAR = "mcr.microsoft.com/oss/v2/kubernetes-csi/csi-node-driver-registrar:v2.13.0"
_PROBE = "mcr.microsoft.com/oss/v2/kubernetes-csi/livenessprobe:v2.15.0"
_MEMORY = {DRIVER: "400Mi", PROVIDER: "500Mi"}
"""[D] The limits of today."""
_NO_VIRTUAL_NODES = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": "type", "operator": "NotIn", "values": ["virtual-kubelet"]}]}
            ]
        }
    }
}


@dataclass(frozen=True)
class Program:
    """`role` is DRIVER or PROVIDER, `label` that of its pods."""

    role: str
    version: str
    label: str
    account: str
    flags: tuple[str, ...]
    tolerations: tuple[Object, ...]


def daemon_set(name: str, namespace: str, program: Program, system: str) -> Object:
    """A DaemonSet of the program for the nodes of one system, `linux` or `windows`."""
    labels = {"app": program.label}
    own: Object = {
        "name": CONTAINERS[program.role],
        "image": f"{_IMAGES[program.role]}:v{program.version}",
        "args": _arguments(program),
        "resources": {"limits": {"memory": _MEMORY[program.role]}},
    }
    containers: list[Object] = [own]
    if program.role == DRIVER:
        companions = {"node-driver-registrar": _REGISTRAR, "liveness-probe": _PROBE}
        first, last = ({"name": container, "image": image} for container, image in companions.items())
        containers = [first, own, last]
    spec: Object = {
        "serviceAccountName": program.account,
        "containers": containers,
        "nodeSelector": {"kubernetes.io/os": system},
        "affinity": _NO_VIRTUAL_NODES,
        "priorityClassName": "system-node-critical",
        **({"tolerations": list(program.tolerations)} if program.tolerations else {}),
        **({"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"} if _on_host(program, system) else {}),
    }
    template = {"metadata": {"labels": labels}, "spec": spec}
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"metadata": metadata, "spec": {"selector": {"matchLabels": labels}, "template": template}}


def _on_host(program: Program, system: str) -> bool:
    return program.role == PROVIDER and system == "linux"


def _arguments(program: Program) -> list[str]:
    if program.role == PROVIDER:
        return ["--healthz-port=8989", *program.flags]
    provider_sockets = "--provider-volume=/var/run/secrets-store-csi-providers"
    return ["--endpoint=$(CSI_ENDPOINT)", "--nodeid=$(KUBE_NODE_NAME)", provider_sockets, *program.flags]


def role_of(pod: Object) -> str:
    """DRIVER or PROVIDER by the image of one of a pod's containers, else empty."""
    for role, image in _IMAGES.items():
        if any(str(one.get("image")).startswith(f"{image}:") for one in pod["spec"].get("containers") or []):
            return role
    return ""


def own_container(pod: Object) -> Object:
    """The container with the program. Raises StopIteration for any other pod."""
    image = _IMAGES[role_of(pod)]
    return next(one for one in pod["spec"]["containers"] if str(one.get("image")).startswith(f"{image}:"))


def version_of(pod: Object) -> tuple[int, ...]:
    """`(1, 7, 2)`, of the image's tag."""
    return tuple(int(part) for part in re.findall(r"\d+", str(own_container(pod)["image"]).rpartition(":")[2]))


def flag_of(pod: Object, name: str) -> str:
    """The value of a flag of the program; empty where it is not given."""
    arguments: Sequence[str] = own_container(pod).get("args") or []
    return next((one.partition("=")[2] for one in arguments if one.startswith(f"--{name}=")), "")


def memory_limit(pod: Object) -> int:
    """Of the program, in MiB; 0 where there is none."""
    limits = (own_container(pod).get("resources") or {}).get("limits") or {}
    match = re.fullmatch(r"(\d+)(Mi|Gi)", str(limits.get("memory", "")))
    return int(match[1]) * (1024 if match[2] == "Gi" else 1) if match else 0
