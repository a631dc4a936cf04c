"""Diagnostic settings: which logs of a resource go where, and what Azure Monitor refuses about them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_SETTINGS = "microsoft.insights/diagnosticSettings"
SINKS = ("storageAccountId", "serviceBusRuleId", "workspaceId", "eventHubAuthorizationRuleId", "eventHubName")
_AUDIT, _ALL = ("audit", "allLogs"), ("allLogs",)
CATEGORIES: dict[str, dict[str, tuple[str, ...]]] = {
    "microsoft.keyvault/vaults": {"AuditEvent": _AUDIT, "AzurePolicyEvaluationDetails": _ALL},
    "microsoft.containerservice/managedclusters": {
        **dict.fromkeys(("kube-audit", "kube-audit-admin", "guard"), _AUDIT),
        **dict.fromkeys(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "cluster-autoscaler"), _ALL),
        **dict.fromkeys(("cloud-controller-manager", "csi-azuredisk-controller", "csi-azurefile-controller"), _ALL),
    },
}
"""Log category -> the groups that it belongs to, by the type of the resource [D]."""
METRICS = "AllMetrics"


def setting_id(resource_id: str, name: str) -> str:
    """[REC] This provider writes the resource's id in lower case."""
    return f"{resource_id.lower()}/providers/{_SETTINGS}/{name}"


def listed(world: EmulatedWorld, resource_id: str) -> Iterator[Resource]:
    """The settings of one resource."""
    return world.resources.under(resource_id, _SETTINGS)


def put(world: EmulatedWorld, resource: Resource, name: str, asked: dict[str, Any]) -> Resource:
    """Creates or replaces. Raises Refusal: 400."""
    _refuse(CATEGORIES[resource.body["type"].lower()], asked)
    new_id = setting_id(resource.id, name)
    properties = {
        **{sink: asked.get(sink) for sink in SINKS},
        "metrics": [_entry(one) for one in asked.get("metrics") or []],
        "logs": [{"categoryGroup": None, **_entry(one)} for one in asked.get("logs") or []],
        "logAnalyticsDestinationType": asked.get("logAnalyticsDestinationType"),
    }
    about = {"id": new_id, "type": "Microsoft.Insights/diagnosticSettings", "name": name}
    body = {**about, "location": None, "kind": None, "tags": None, "properties": properties, "identity": None}
    return world.resources.put(Resource(new_id, body, world.clock.now()))


def _entry(asked: dict[str, Any]) -> dict[str, Any]:
    """[REC] What is not asked for is null; retention belongs to another service today and is off."""
    return {"category": None, "retentionPolicy": {"enabled": False, "days": 0}, **asked}


def _refuse(known: dict[str, tuple[str, ...]], asked: dict[str, Any]) -> None:
    """[3P: texts]"""
    if not any(asked.get(sink) for sink in SINKS):
        raise arm_error(400, "BadRequest", "At least one data sink needs to be specified.")
    groups = {group for those in known.values() for group in those}
    for entry in asked.get("logs") or []:
        category, group = entry.get("category"), entry.get("categoryGroup")
        if category is not None and category not in known:
            raise arm_error(400, "BadRequest", f"Category '{category}' is not supported.")
        if group is not None and group not in groups:
            raise arm_error(400, "BadRequest", f"Category group '{group}' is not supported.")
    for entry in asked.get("metrics") or []:
        if entry.get("category") != METRICS:
            raise arm_error(400, "BadRequest", f"Metric category '{entry.get('category')}' is not supported.")
