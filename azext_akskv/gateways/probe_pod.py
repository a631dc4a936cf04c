"""The pod of a probe: on a node of a pool, with the node's network and the node's programs, and without any secret."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from azext_akskv.model.members import child, children, text
from azext_akskv.model.probe import ProbeOrder
from azext_akskv.model.times import parse_time

NAMESPACE = "kube-system"
"""Where the secrets provider's pods are, which have the node's network, too; namespaces with restrictions refuse it."""
IMAGE = "mcr.microsoft.com/azurelinux/busybox:1.36"
"""[AKS docs, node access] Clusters without a way out pull from this registry. Of the image only chroot is used."""
DEADLINE_SECONDS = 120
LEFT_SECONDS = 300
"""A pod that is older is of a probe that was killed: none is waited for so long."""
ROOT = "/host"
OURS = {"app.kubernetes.io/managed-by": "akskv"}
POOL = "akskv/probe"
"""The label that names the pool."""
LOOK = "akskv/look"
"""The label whose value no other look has: by it those pods are found whose making was answered by nothing."""
NOT_STARTING = frozenset(
    [
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    ]
)
"""Why a container waits that will hardly start any more. [kubelet, kuberuntime and images]"""


def script(name: str) -> str:
    return (files("azext_akskv.gateways") / "probe" / name).read_text()


def prefix(pool: str) -> str:
    """The API server makes a name of it that no other pod has: two may look at once, and a request whose answer was
    lost is sent again."""
    return f"akskv-probe-{pool}-"


def selector(pool: str) -> str:
    return ",".join(f"{name}={value}" for name, value in {**OURS, POOL: pool}.items())


def pod_for(order: ProbeOrder, look: str) -> dict[str, Any]:
    """It ends by itself after DEADLINE_SECONDS, whoever is there to delete it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": prefix(order.pool),
            "namespace": NAMESPACE,
            "labels": {**OURS, POOL: order.pool, LOOK: look},
        },
        "spec": {
            "hostNetwork": True,
            "dnsPolicy": "Default",  # the node's resolver, as a pod with the node's network gets it
            "restartPolicy": "Never",
            "activeDeadlineSeconds": DEADLINE_SECONDS,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "nodeSelector": {"kubernetes.azure.com/agentpool": order.pool, "kubernetes.io/os": "linux"},
            "tolerations": [{"operator": "Exists"}],
            "containers": [_container(order)],
            "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
        },
    }


def _container(order: ProbeOrder) -> dict[str, Any]:
    node = {"name": "PROBE_NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {
        "name": "probe",
        "image": IMAGE,
        "command": ["chroot", ROOT, "/bin/sh", "-c", script("look.sh")],
        "env": [
            {"name": "PROBE_HOST", "value": order.host},
            {"name": "PROBE_ADDRESS", "value": order.address},
            node,
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"cpu": "100m", "memory": "64Mi"},
        },
        "securityContext": {
            "runAsUser": 0,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": ["SYS_CHROOT"]},
        },
        "volumeMounts": [{"name": "node", "mountPath": ROOT, "readOnly": True}],
    }


def is_left(pod: dict[str, Any], now: datetime) -> bool:
    """Whether a probe that was killed left it. Raises BadInput for what is no pod."""
    made = parse_time(text(child(pod, "metadata"), "creationTimestamp"))
    return made is not None and now - made > timedelta(seconds=LEFT_SECONDS)


def will_not_start(pod: dict[str, Any]) -> bool:
    """As far as the scheduler and the kubelet say now. Raises BadInput for what is no pod."""
    status = child(pod, "status")
    if any(text(each, "reason") == "Unschedulable" for each in children(status, "conditions")):
        return True
    waiting = [child(child(each, "state"), "waiting") for each in children(status, "containerStatuses")]
    return any(text(each, "reason") in NOT_STARTING for each in waiting)


def why_of(pod: dict[str, Any]) -> str:
    """What the scheduler, the kubelet or the deadline says about a pod that does not run. Raises BadInput."""
    status = child(pod, "status")
    told = [text(status, "reason"), text(status, "message")]
    told += [
        text(each, "message") for each in children(status, "conditions") if text(each, "reason") == "Unschedulable"
    ]
    for container in children(status, "containerStatuses"):
        for state in ("waiting", "terminated"):
            found = child(child(container, "state"), state)
            told += [text(found, "reason"), text(found, "message")]
    return "; ".join(dict.fromkeys(each for each in told if each and each != "Completed"))
