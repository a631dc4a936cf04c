"""Nodes as the API server shows them, and which of them a pod runs on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.kubernetes.face import ClusterFace

Object = dict[str, Any]
_SELECTOR = "node(s) didn't match Pod's node affinity/selector"
_FULL = "Too many pods"


@dataclass(frozen=True)
class Choice:
    """The name of a node, or in the scheduler's words why there is none."""

    node: str = ""
    why: str = ""


def node_objects(server: ClusterFace, born: datetime) -> list[Object]:
    """[D] The labels by which AKS tells pools, what kubelets say of themselves, and the address in the network."""
    pools = {pool["name"]: pool for pool in server.properties.get("agentPoolProfiles") or []}
    made = f"{born:%Y-%m-%dT%H:%M:%SZ}"
    objects = []
    for node in server.world.nodes_of(server.cluster_id):
        mode = str((pools.get(node.pool) or {}).get("mode") or "System").lower()
        labels = {
            "agentpool": node.pool,
            "kubernetes.azure.com/agentpool": node.pool,
            "kubernetes.azure.com/mode": mode,
            "kubernetes.azure.com/role": "agent",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": node.name,
            "kubernetes.io/os": "linux",
        }
        uid = server.world.ids.uuid("node", server.cluster_id.lower(), node.name)
        addresses = [{"type": "InternalIP", "address": node.address}, {"type": "Hostname", "address": node.name}]
        condition = {"lastHeartbeatTime": made, "lastTransitionTime": made, "type": "Ready", "status": "True"}
        condition |= {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
        info = {"kubeletVersion": server.git_version, "operatingSystem": "linux", "architecture": "amd64"}
        objects.append(
            {
                "metadata": {"name": node.name, "uid": uid, "creationTimestamp": made, "labels": labels},
                "spec": {"podCIDR": "10.244.0.0/24"},
                "status": {"conditions": [condition], "addresses": addresses, "nodeInfo": info},
            }
        )
    return objects


def chosen(nodes: Sequence[Object], selector: Mapping[str, str], room: bool) -> Choice:
    """[SRC] The first node whose labels are those of the selector; affinities and taints are not looked at [OWN]."""
    if not nodes:
        return Choice(why="no nodes available to schedule pods")
    fitting = [node for node in nodes if selector.items() <= node["metadata"]["labels"].items()]
    if fitting and room:
        return Choice(fitting[0]["metadata"]["name"])
    reasons = Counter({_SELECTOR: len(nodes) - len(fitting), _FULL: len(fitting)})
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items() if count))
    head = f"0/{len(nodes)} nodes are available"
    victims = "No preemption victims found for incoming pod" if fitting else "Preemption is not helpful for scheduling"
    return Choice(why=f"{head}: {listed}. preemption: {head}: {len(nodes)} {victims}.")
