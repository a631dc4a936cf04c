"""The pod of a probe: on a node of a pool, with the node's network and the node's programs, and without any secret."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from azext_akskv.model.probe import ProbeOrder

NAMESPACE = "kube-system"
"""Where the secrets provider's pods are, which have the node's network, too; namespaces with restrictions refuse it."""
IMAGE = "mcr.microsoft.com/azurelinux/busybox:1.36"
"""[AKS docs, node access] Clusters without a way out pull from this registry. Of the image only chroot is used."""
DEADLINE_SECONDS = 120
ROOT = "/host"


def script(name: str) -> str:
    return (files("azext_akskv.gateways") / "probe" / name).read_text()


def pod_name(pool: str) -> str:
    """One for a pool: what an earlier probe left is found by it."""
    return f"akskv-probe-{pool}"


def pod_for(order: ProbeOrder) -> dict[str, Any]:
    """It ends by itself after DEADLINE_SECONDS, whoever is there to delete it."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(order.pool),
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/managed-by": "akskv"},
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
