"""The agents by which an API server reaches the nodes of a cluster without API Server VNet Integration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

Object = dict[str, Any]
_TEMPLATE = "7c5d8f9b6d"
_REPLICAS = ("4xk2p", "m9t7q")
_IMAGE = "mcr.microsoft.com/oss/v2/kubernetes/apiserver-network-proxy/agent:v0.30.3-4"


def agents(born: datetime) -> Iterator[Object]:
    """[D] A running pod of konnectivity-agent tells that the cluster uses Konnectivity. Nothing runs behind it."""
    for replica in _REPLICAS:
        yield {
            "metadata": {
                "name": f"konnectivity-agent-{_TEMPLATE}-{replica}",
                "namespace": "kube-system",
                "creationTimestamp": f"{born:%Y-%m-%dT%H:%M:%SZ}",
                "labels": {"app": "konnectivity-agent", "pod-template-hash": _TEMPLATE},
            },
            "spec": {"containers": [{"name": "konnectivity-agent", "image": _IMAGE}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [{"name": "konnectivity-agent", "ready": True, "restartCount": 0}],
            },
        }
