"""Deny assignments, which beat every role: those with which AKS keeps everybody out of a node resource group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import covers, group_id

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

DENY_ASSIGNMENTS = "Microsoft.Authorization/denyAssignments"
_CLUSTERS = "Microsoft.ContainerService/managedClusters"
_EVERYONE = "00000000-0000-0000-0000-000000000000"
"""[D] The principal that stands for all."""


def denials(world: EmulatedWorld) -> Iterator[Resource]:
    """[D] One for the node resource group of each cluster whose restrictionLevel is ReadOnly: only reading is left.
    AKS itself, which comes by another door here, is not meant. [INF] They are there as soon as the cluster says so."""
    for cluster in world.resources.under("/", _CLUSTERS):
        properties = cluster.body["properties"]
        if (properties.get("nodeResourceGroupProfile") or {}).get("restrictionLevel") == "ReadOnly":
            yield _denial(world, cluster, group_id(cluster.id.split("/")[2], properties["nodeResourceGroup"]))


def _denial(world: EmulatedWorld, cluster: Resource, scope: str) -> Resource:
    """[SPEC] The shape; [ISS] the end of the name, whose beginning is inferred."""
    name = world.ids.uuid("denial", cluster.id.lower())
    own = f"{scope}/providers/{DENY_ASSIGNMENTS}/{name}"
    denied = {"actions": ["*"], "notActions": ["*/read"], "dataActions": [], "notDataActions": []}
    properties: dict[str, Any] = {
        "denyAssignmentName": f"{scope.rpartition('/')[2]} node resource group deny assignment created by Azure "
        "Kubernetes Services for nrg-lockdown, see: https://aka.ms/aks/nrg_lockdown",
        "description": "",
        "permissions": [denied],
        "scope": scope,
        "doNotApplyToChildScopes": False,
        "principals": [{"id": _EVERYONE, "type": "SystemDefined"}],
        "excludePrincipals": [],
        "isSystemProtected": True,
    }
    return Resource(own, {"properties": properties, "id": own, "type": DENY_ASSIGNMENTS, "name": name}, cluster.created)


def denial_of(world: EmulatedWorld, action: str, scope: str) -> Resource | None:
    """The one that forbids an action of the control plane at a scope."""
    if action.lower().endswith("/read"):
        return None
    return next((one for one in denials(world) if covers(one.body["properties"]["scope"], scope)), None)
