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
_TAINT = "node(s) had untolerated taint {{{}: {}}}"


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
        pool = pools.get(node.pool) or {}
        mode = str(pool.get("mode") or "System").lower()
        labels = {
            "agentpool": node.pool,
            "kubernetes.azure.com/agentpool": node.pool,
            "kubernetes.azure.com/mode": mode,
            "kubernetes.azure.com/role": "agent",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": node.name,
            "kubernetes.io/os": node.system,
        }
        uid = server.world.ids.uuid("node", server.cluster_id.lower(), node.name)
        addresses = [{"type": "InternalIP", "address": node.address}, {"type": "Hostname", "address": node.name}]
        condition = {"lastHeartbeatTime": made, "lastTransitionTime": made, "type": "Ready", "status": "True"}
        condition |= {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
        info = {"kubeletVersion": server.git_version, "operatingSystem": node.system, "architecture": "amd64"}
        objects.append(
            {
                "metadata": {"name": node.name, "uid": uid, "creationTimestamp": made, "labels": labels},
                "spec": {"podCIDR": "10.244.0.0/24", **_taints(pool)},
                "status": {"conditions": [condition], "addresses": addresses, "nodeInfo": info},
            }
        )
    return objects


def _taints(pool: Mapping[str, Any]) -> Object:
    """[D] `key=value:Effect`, as the pool has them."""
    taints = []
    for text in pool.get("nodeTaints") or []:
        pair, _, effect = str(text).rpartition(":")
        key, _, value = pair.partition("=")
        taints.append({"key": key, **({"value": value} if value else {}), "effect": effect})
    return {"taints": taints} if taints else {}


def untolerated(node: Object, tolerations: Sequence[Object]) -> Object | None:
    """[SRC] The first taint of a node that keeps pods away which tolerate no more than this."""
    for taint in node["spec"].get("taints") or []:
        if taint["effect"] != "PreferNoSchedule" and not any(_tolerates(one, taint) for one in tolerations):
            found: Object = taint
            return found
    return None


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    return toleration.get("operator") == "Exists" or (toleration.get("value") or "") == taint.get("value", "")


def chosen(nodes: Sequence[Object], pod: Object, room: bool) -> Choice:
    """[SRC] The first node whose labels are those of the selector and whose taints the pod's spec tolerates; affinities
    are not looked at [OWN]."""
    if not nodes:
        return Choice(why="no nodes available to schedule pods")
    selector = pod.get("nodeSelector") or {}
    selected = [node for node in nodes if selector.items() <= node["metadata"]["labels"].items()]
    taints = {node["metadata"]["name"]: untolerated(node, pod.get("tolerations") or []) for node in selected}
    fitting = [node for node in selected if taints[node["metadata"]["name"]] is None]
    if fitting and room:
        return Choice(fitting[0]["metadata"]["name"])
    reasons = Counter({_SELECTOR: len(nodes) - len(selected), _FULL: len(fitting)})
    reasons.update(_TAINT.format(taint["key"], taint.get("value", "")) for taint in taints.values() if taint)
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items() if count))
    head = f"0/{len(nodes)} nodes are available"
    victims = "No preemption victims found for incoming pod" if fitting else "Preemption is not helpful for scheduling"
    return Choice(why=f"{head}: {listed}. preemption: {head}: {len(nodes)} {victims}.")
