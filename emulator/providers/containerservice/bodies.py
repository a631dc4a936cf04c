"""The managed cluster's JSON: how it begins, how a PUT merges into it, how each api-version shows it."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from emulator.providers.containerservice import ages

READ_ONLY = frozenset({"id", "name", "type", "eTag", "systemData"})
READ_ONLY_PROPERTIES = frozenset(
    {
        "provisioningState",
        "powerState",
        "maxAgentPools",
        "fqdn",
        "fqdnSubdomain",
        "privateFQDN",
        "azurePortalFQDN",
        "currentKubernetesVersion",
        "privateLinkResources",
        "resourceUID",
        "controlPlanePluginProfiles",
        "status",
    }
)
_WHOLE = frozenset({"tags", "identity", "sku", "userAssignedIdentities", "nodeLabels", "autoScalerProfile"})
"""Members that a PUT replaces as a whole; everything else it merges."""
_ABSENT_WHEN_EMPTY = ("addonProfiles", "apiServerAccessProfile", "autoScalerProfile")
"""[REC] az sends them empty; a cluster that never had them does not show them."""
_OF_SPOT_POOLS = ("scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice")
_NOTHING_WHEN_EMPTY = {
    "agentPoolProfiles": ("nodeLabels", "nodeTaints", "nodeInitializationTaints"),
    "apiServerAccessProfile": ("authorizedIPRanges", "disableRunCommand"),
    "networkProfile.loadBalancerProfile.managedOutboundIPs": ("countIPv6",),
    "podIdentityProfile": ("enabled", "userAssignedIdentities", "userAssignedIdentityExceptions"),
}
_OBJECT_ENCRYPTION = "kubernetesResourceObjectEncryptionProfile"
_PREVIEWS_WITH_OBJECT_ENCRYPTION = "2025-07-02-preview"


def merged(stored: dict[str, Any], request: dict[str, Any], api_version: str) -> dict[str, Any]:
    """[REC] The cluster after a PUT: what the request leaves out stays, read-only members are ignored, members that the
    service does not know are kept."""
    wanted = {key: value for key, value in request.items() if key not in READ_ONLY}
    properties = request.get("properties") or {}
    wanted["properties"] = {key: value for key, value in properties.items() if key not in READ_ONLY_PROPERTIES}
    if not properties.get("kubernetesVersion"):  # [REC] empty stands for "as it is"
        wanted["properties"].pop("kubernetesVersion", None)
    if not knows_object_encryption(api_version):
        security = dict(wanted["properties"].get("securityProfile") or {})
        security.pop(_OBJECT_ENCRYPTION, None)
        wanted["properties"] = {**wanted["properties"], "securityProfile": security}
    result = _merge(copy.deepcopy(stored), wanted)
    assert isinstance(result, dict)
    _keep_identity_ids(stored, result)
    _forget_what_says_nothing(result["properties"])
    for name in _ABSENT_WHEN_EMPTY:
        if not result["properties"].get(name, True):
            del result["properties"][name]
    if not result.get("tags", True):
        del result["tags"]
    return result


def _keep_identity_ids(stored: dict[str, Any], result: dict[str, Any]) -> None:
    """[REC] Requests name identities without their ids; those of one that the cluster has already stay."""
    old, new = stored.get("identity") or {}, result.get("identity") or {}
    if "SystemAssigned" in str(new.get("type")):
        new.update({name: old[name] for name in ("principalId", "tenantId") if name in old})
    ids = {identity.lower(): known for identity, known in (old.get("userAssignedIdentities") or {}).items()}
    for identity in new.get("userAssignedIdentities") or {}:
        new["userAssignedIdentities"][identity] = ids.get(identity.lower(), {})


def _forget_what_says_nothing(properties: dict[str, Any]) -> None:
    """[REC] az writes out what is so anyway; the service does not show it, nor a service principal's secret."""
    for pool in properties.get("agentPoolProfiles") or []:
        if pool.get("scaleSetPriority", "Regular") == "Regular":
            for name in _OF_SPOT_POOLS:
                pool.pop(name, None)
    (properties.get("servicePrincipalProfile") or {}).pop("secret", None)
    for path, names in _NOTHING_WHEN_EMPTY.items():
        for holder in _at(properties, path.split(".")):
            for name in [name for name in names if not holder.get(name, True)]:
                del holder[name]


def _at(holder: dict[str, Any], path: list[str]) -> list[dict[str, Any]]:
    """The objects at a path: several behind a list, none where one of its members is missing."""
    if not path:
        return [holder]
    inner = holder.get(path[0]) or []
    return [found for each in (inner if isinstance(inner, list) else [inner]) for found in _at(each, path[1:])]


def _merge(old: Any, new: Any, name: str = "") -> Any:
    if isinstance(old, dict) and isinstance(new, dict) and name not in _WHOLE:
        return {**old, **{key: _merge(old.get(key), value, key) for key, value in new.items()}}
    if (
        isinstance(old, list)
        and isinstance(new, list)
        and all(isinstance(item, dict) and "name" in item for item in new)
    ):
        known = {item["name"]: item for item in old if isinstance(item, dict) and "name" in item}
        return [_merge(known.get(item["name"], {}), item) for item in new]
    return copy.deepcopy(new)


def knows_object_encryption(api_version: str) -> bool:
    """[SPEC] Stable since 2026-07-01; [REC] previews had it before."""
    if api_version.endswith("-preview"):
        return api_version >= _PREVIEWS_WITH_OBJECT_ENCRYPTION
    return api_version >= "2026-07-01"


def shown(body: dict[str, Any], api_version: str, now: datetime) -> dict[str, Any]:
    """The cluster as this api-version shows it at this time: no member that came later."""
    body = ages.shown(body, api_version, now)
    security = body["properties"].get("securityProfile") or {}
    if _OBJECT_ENCRYPTION not in security or knows_object_encryption(api_version):
        return body
    known = {key: value for key, value in security.items() if key != _OBJECT_ENCRYPTION}
    return {**body, "properties": {**body["properties"], "securityProfile": known}}


def minor(version: str) -> tuple[int, int]:
    """`1.30.7` -> (1, 30)."""
    parts = version.split(".")
    return int(parts[0]), int(parts[1])
