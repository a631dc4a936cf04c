"""Since when AKS shows what nobody asked for: its answers have grown with the years, in previews first.

A world whose clock stands at a day of the past, or a cloud that is behind, shows fewer members. The days are those of
the first recorded answer that has a member [REC]; the versions in recorded URLs do not tell, for their authors raised
them later. What no recorded answer of a stable version has, had come by 2026 [INF].
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

_NOT_RECORDED = "2026-01-01"
_POOLS = "properties.agentPoolProfiles[]"
_NETWORK = "properties.networkProfile"
_PLUGINS = "properties.controlPlanePluginProfiles"
_NEVER = "9999"
SHOWN_SINCE = {
    "eTag": (_NOT_RECORDED, "2024-04-01"),
    "kind": ("2025-10-24", "2024-04-01"),
    "properties.azureMonitorProfile.containerInsights": (_NOT_RECORDED, "2025-10-23"),
    "properties.azurePortalFQDN": ("2021-03-08", ""),
    "properties.bootstrapProfile": ("2025-06-05", "2024-04-01"),
    "properties.currentKubernetesVersion": ("2022-06-01", ""),
    "properties.disableLocalAccounts": ("2022-06-01", ""),
    "properties.ingressProfile.webAppRouting.defaultDomain": (_NOT_RECORDED, "2025-10-24"),
    "properties.ingressProfile.webAppRouting.dnsZoneResourceIds": ("2024-02-27", "2024-02-27"),
    "properties.ingressProfile.webAppRouting.nginx": ("2025-10-24", "2024-09-03"),
    "properties.hostedSystemProfile": (_NOT_RECORDED, ""),
    "properties.metricsProfile": ("2024-07-22", "2023-08-28"),
    "properties.nodeProvisioningProfile": ("2025-10-24", "2023-11-01"),
    "properties.nodeProvisioningProfile.defaultNodePools": ("2025-10-24", "2025-05-21"),
    "properties.oidcIssuerProfile": ("2023-04-29", ""),
    "properties.powerState": ("2021-03-08", ""),
    "properties.resourceUID": ("2024-01-12", "2023-08-28"),
    "properties.securityProfile": ("2022-06-01", "2022-11-24"),
    "properties.storageProfile": ("2022-06-01", "2022-11-24"),
    "properties.storageProfile.diskCSIDriver.version": (_NEVER, ""),
    "properties.supportPlan": ("2023-06-14", "2023-06-21"),
    "properties.workloadAutoScalerProfile.verticalPodAutoscaler.addonAutoscaling": (_NOT_RECORDED, ""),
    "properties.workloadAutoScalerProfile": ("2023-04-29", "2022-11-24"),
    "sku": ("2021-03-08", ""),
    f"{_NETWORK}.ipFamilies": ("2022-06-01", ""),
    f"{_NETWORK}.kubeProxyConfig": (_NOT_RECORDED, ""),
    f"{_NETWORK}.loadBalancerProfile.backendPoolType": ("2024-02-07", "2022-11-24"),
    f"{_NETWORK}.podCidrs": ("2022-06-01", ""),
    f"{_NETWORK}.podLinkLocalAccess": (_NOT_RECORDED, "2024-06-14"),
    f"{_NETWORK}.serviceCidrs": ("2022-06-01", ""),
    _PLUGINS: (_NOT_RECORDED, "2023-11-23"),
    f"{_PLUGINS}.azure-monitor-metrics-ccp": (_NOT_RECORDED, "2024-02-01"),
    f"{_PLUGINS}.gpu-provisioner": (_NOT_RECORDED, "2025-06-25"),
    f"{_PLUGINS}.kubelet-serving-csr-approver": (_NOT_RECORDED, "2025-05-16"),
    f"{_PLUGINS}.live-patching-controller": (_NOT_RECORDED, "2024-04-17"),
    f"{_PLUGINS}.secure-tls-bootstrap": (_NOT_RECORDED, "2025-10-24"),
    f"{_PLUGINS}.static-egress-controller": (_NOT_RECORDED, "2024-04-17"),
    f"{_POOLS}.currentOrchestratorVersion": ("2022-06-01", "2022-11-24"),
    f"{_POOLS}.eTag": (_NOT_RECORDED, "2024-04-01"),
    f"{_POOLS}.enableEncryptionAtHost": ("2021-05-12", ""),
    f"{_POOLS}.enableFIPS": ("2021-05-12", ""),
    f"{_POOLS}.enableNodePublicIP": ("2021-03-08", "2021-03-08"),
    f"{_POOLS}.enableAutoScaling": ("2022-06-01", ""),
    f"{_POOLS}.enableUltraSSD": ("2022-06-01", ""),
    f"{_POOLS}.networkProfile": (_NOT_RECORDED, "2022-11-24"),
    f"{_POOLS}.osSKU": ("2021-06-22", ""),
    f"{_POOLS}.upgradeSettings": ("2022-06-01", "2022-11-24"),
    f"{_POOLS}.upgradeStrategy": (_NOT_RECORDED, "2025-09-09"),
}
"""Member -> the first day on which stable and on which preview versions show it; empty: always."""
FILLED_SINCE = {
    f"{_POOLS}.scaleDownMode": ("2025-06-05", "2025-05-16"),
    f"{_POOLS}.securityProfile": ("2025-06-05", "2023-08-28"),
    f"{_POOLS}.securityProfile.enableSecureBoot": ("2025-06-05", "2024-03-11"),
    f"{_POOLS}.securityProfile.enableVTPM": ("2025-06-05", "2024-03-11"),
    f"{_POOLS}.upgradeSettings.maxUnavailable": (_NOT_RECORDED, "2025-05-16"),
    "properties.autoUpgradeProfile": ("2023-08-23", "2023-08-28"),
    f"{_NETWORK}.networkDataplane": ("2025-06-05", "2024-09-04"),
    f"{_NETWORK}.networkPluginMode": ("2025-06-05", "2024-09-04"),
    f"{_NETWORK}.networkPolicy": ("2024-07-22", "2023-11-01"),
}
"""The same for members that were there before for whoever asked for them."""
_PRIVATE_LINK_SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/hcp-underlay/providers/Microsoft.Network/"
    "privateLinkServices/apiservers"
)
_LABELS_SINCE, _LABELS_ALWAYS = "2023-11-23", ("2021-01-01", "2022-01-01")
"""The first day on which the answer to a PUT has empty labels, and between which days every answer had."""
_ETAG_UNTIL = "2024-05-13"
"""Until then the cluster's eTag, new in previews, was called etag."""


def shown(body: dict[str, Any], api_version: str, now: datetime) -> dict[str, Any]:
    """The cluster as it was shown at a time."""
    body = _without_what_came_later(body, SHOWN_SINCE, api_version, now)
    if _LABELS_ALWAYS[0] <= f"{now:%Y-%m-%d}" < _LABELS_ALWAYS[1]:
        body = _with_labels(body)
    if "eTag" in body and f"{now:%Y-%m-%d}" < _ETAG_UNTIL:
        return {"etag" if name == "eTag" else name: value for name, value in body.items()}
    return body


def _with_labels(body: dict[str, Any]) -> dict[str, Any]:
    pools = [{"nodeLabels": {}, **pool} for pool in body["properties"].get("agentPoolProfiles") or []]
    return {**body, "properties": {**body["properties"], "agentPoolProfiles": pools}} if pools else body


def drafted(body: dict[str, Any], api_version: str, now: datetime) -> dict[str, Any]:
    """A new cluster's document as it was at a time, before the request is merged into it."""
    return _without_what_came_later(body, FILLED_SINCE, api_version, now)


def answered_by_put(body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The answer to a PUT: it alone has empty labels, and it has neither identities of add-ons nor the ids of private
    link resources."""
    answered = copy.deepcopy(body)
    for link in answered["properties"].get("privateLinkResources") or []:
        del link["id"]
        if answered["properties"]["provisioningState"] != "Creating":
            link["privateLinkServiceID"] = _PRIVATE_LINK_SERVICE
    for addon in (answered["properties"].get("addonProfiles") or {}).values():
        addon.pop("identity", None)
    return _with_labels(answered) if f"{now:%Y-%m-%d}" >= _LABELS_SINCE else answered


def _without_what_came_later(
    body: dict[str, Any], table: dict[str, tuple[str, str]], api_version: str, now: datetime
) -> dict[str, Any]:
    preview, today = api_version.endswith("-preview"), f"{now:%Y-%m-%d}"
    for path, since in table.items():
        if since[preview] > today:
            body = _without(body, path.split("."))
    return body


def _without(body: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """A copy as far as it differs."""
    name, *rest = path
    own = name.removesuffix("[]")
    if own not in body:
        return body
    if not rest:
        return {key: value for key, value in body.items() if key != own}
    inner = body[own]
    if name.endswith("[]"):
        return {**body, own: [_without(item, rest) for item in inner or []]}
    return {**body, own: _without(inner, rest)} if isinstance(inner, dict) else body
