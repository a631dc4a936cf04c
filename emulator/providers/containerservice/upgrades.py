"""Upgrades of a cluster: what AKS refuses about versions before it begins, and how the nodes of a pool may fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.operations import OperationFailed
from emulator.providers.containerservice.bodies import minor
from emulator.providers.containerservice.versions import Offered, newest_of, order, upgrades_from
from emulator.providers.errors import aks_error

if TYPE_CHECKING:
    from emulator.providers.containerservice.clusters import ManagedCluster

Document = dict[str, Any]
_WIDER_SKEW = (1, 28)
_RULES = "For more information, please check https://aka.ms/aks/UpgradeVersionRules"
TROUBLES = {
    "disruption-budget": (
        "UpgradeFailed",
        "Drain node aks-{pool}-31337000-vmss000000 failed when evicting pod checkout-0 failed with Too Many Requests "
        "error. This is often caused by a restrictive Pod Disruption Budget (PDB) policy. See "
        "http://aka.ms/aks/debugdrainfailures. Original error: Cannot evict pod as it would violate the pod's "
        "disruption budget.. PDB debug info: checkout/checkout-0 blocked by pdb checkout (MinAvailable: 1) "
        "(CurrentHealthy: 1) (DesiredHealthy: 1) (ExpectedPods: 1) with 0 unready pods: [].",
    ),
    "quota": (
        "ErrCode_InsufficientVCPUQuota",
        "Insufficient vcpu quota requested 4, remaining 2 for family standardDDSv5Family for region westeurope. Surge "
        "nodes would also consume vcpu quota.",
    ),
    "surge": (
        "UpgradeFailed",
        "Cordoned nodes have used all surge nodes but there are more nodes to be upgraded. Please fix your PDBs "
        "blocking node drain and kindly retry upgrade operation.",
    ),
}
"""How the nodes' upgrade ends, by what a world calls it. [ISS cloudnative-pg#7346, motordesk#14, bundle-kubeflow#1339]
"""


def _pools(body: Document) -> list[Document]:
    found: list[Document] = body["properties"].get("agentPoolProfiles") or []
    return found


def asked(before: Document, after: Document) -> bool:
    """Whether a PUT asks for another version, of the control plane or of a pool that is there."""
    return _moves_control_plane(before, after) or any(_moves(before, pool) for pool in _pools(after))


def _moves_control_plane(before: Document, after: Document) -> bool:
    return bool(before["properties"]["kubernetesVersion"] != after["properties"]["kubernetesVersion"])


def _moves(before: Document, pool: Document) -> bool:
    """[REC] A version sent back as it was is no upgrade, nor is one for a pool that was left to AKS before."""
    known = next((each for each in _pools(before) if each["name"] == pool["name"]), {})
    told, wanted = known.get("orchestratorVersion"), pool.get("orchestratorVersion")
    return bool(told and wanted and wanted not in (told, known.get("currentOrchestratorVersion")))


def refuse(offered: Offered, before: Document | None, after: Document) -> None:
    """Raises Refusal: 400."""
    _refuse_control_plane(offered, before, after)
    for pool in _pools(after) if before else []:
        if before and (_moves(before, pool) or _moves_control_plane(before, after)):
            _refuse_pool(offered, before, after, pool)


def _refuse_control_plane(offered: Offered, before: Document | None, after: Document) -> None:
    """[D] No unknown version, no downgrade, no minor version skipped [3P: texts]."""
    if before and after["properties"]["kubernetesVersion"] == before["properties"]["kubernetesVersion"]:
        return
    wanted = newest_of(after["properties"]["kubernetesVersion"], offered)
    current = before["properties"]["currentKubernetesVersion"] if before else None
    if wanted == current:
        return
    if wanted not in offered:
        message = (
            f"Version {wanted} is not supported in this region. Please use [az aks get-versions] command to get the "
            "supported version list in this region. For more information, please check "
            "https://aka.ms/supported-version-list"
        )
        raise aks_error(400, "K8sVersionNotSupported", message)
    if current is not None and wanted not in upgrades_from(current, offered):
        available = " ".join(upgrades_from(current, offered))
        raise aks_error(
            400,
            "BadRequest",
            f"Upgrading Kubernetes version {current} to {wanted} is not allowed. Available upgrades: [{available}]. "
            "Please see https://aka.ms/aks-supported-k8s-ver for version details.",
        )


def _refuse_pool(offered: Offered, before: Document, after: Document, pool: Document) -> None:
    """[D] Nodes are never newer than the control plane, nor more than two minor versions older (three from 1.28 on),
    and do not go back. [ISS rancher#33426: code and text]"""
    control_plane = newest_of(after["properties"]["kubernetesVersion"], offered)
    nodes = newest_of(pool.get("orchestratorVersion") or control_plane, offered)
    if order(nodes) == order(control_plane):
        return
    head = f"Node pool version {nodes} and control plane version {control_plane} are incompatible. "
    behind, ahead = minor(control_plane)[1] - minor(nodes)[1], order(nodes) > order(control_plane)
    most = 3 if minor(control_plane) >= _WIDER_SKEW else 2
    if ahead:
        bigger = f"Minor version of node pool version {minor(nodes)[1]} is bigger than control plane version "
        raise aks_error(400, "NodePoolMcVersionIncompatible", f"{head}{bigger}{minor(control_plane)[1]}. {_RULES}")
    if behind > most:
        older = f"Minor version of node pool cannot be more than {most} versions less than control plane's version. "
        raise aks_error(400, "NodePoolMcVersionIncompatible", f"{head}{older}{_RULES}")
    known = {each["name"]: each.get("currentOrchestratorVersion") for each in _pools(before)}.get(pool["name"])
    if known and order(nodes) < order(known):
        message = f"Downgrading node pool {pool['name']} from {known} to {nodes} is not allowed."
        raise aks_error(400, "BadRequest", message)


def finish_pools(cluster: ManagedCluster, offered: Offered) -> None:
    """The nodes of each pool in turn. [D] What keeps a node from going leaves its pool, and those after it, where they
    are.

    Raises OperationFailed.
    """
    for pool in _pools(cluster.body):
        wanted = newest_of(pool.get("orchestratorVersion") or "", offered)
        if wanted in ("", pool.get("currentOrchestratorVersion")):
            continue
        if cluster.troubles:
            code, message = TROUBLES[cluster.troubles.pop(0)]
            raise OperationFailed(code, message.format(pool=pool["name"]))
        pool["currentOrchestratorVersion"] = wanted
