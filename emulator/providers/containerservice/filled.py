"""What AKS fills into a cluster's document beside what was asked for: some at once, some at the operation's end."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.containerservice import addons, ages, clusters
from emulator.providers.ids import group_id
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_AUTOMATIC: dict[str, Any] = {
    "addonProfiles": {
        "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}},
        "azurepolicy": {"enabled": True, "config": None},
    },
    "networkProfile": {"networkPolicy": "cilium", "networkDataplane": "cilium", "kubeProxyConfig": {}},
    "aadProfile": {"managed": True, "enableAzureRBAC": True},
    "apiServerAccessProfile": {"enablePrivateCluster": False, "enableVnetIntegration": True, "subnetId": ""},
    "autoUpgradeProfile": {"upgradeChannel": "stable", "nodeOSUpgradeChannel": "NodeImage"},
    "disableLocalAccounts": True,
    "securityProfile": {
        "imageCleaner": {"enabled": True, "intervalHours": 168},
        "workloadIdentity": {"enabled": True},
    },
    "oidcIssuerProfile": {"enabled": True},
    "nodeResourceGroupProfile": {"restrictionLevel": "ReadOnly"},
    "ingressProfile": {"webAppRouting": {"enabled": True}},
    "workloadAutoScalerProfile": {
        "keda": {"enabled": True},
        "verticalPodAutoscaler": {"enabled": True, "addonAutoscaling": "Unspecified"},
    },
    "nodeProvisioningProfile": {"mode": "Auto", "defaultNodePools": "Auto"},
}
"""[REC] What the sku Automatic switches on."""

_ENTRA = {"adminGroupObjectIDs": None, "adminUsers": None, "tenantID": spec.TENANT}
_ROUTING: dict[str, Any] = {
    "dnsZoneResourceIds": None,
    "identity": {},
    "nginx": {"defaultIngressControllerType": "AnnotationControlled"},
    "defaultDomain": {"enabled": False},
}
"""[REC] What these two profiles say of what nobody asked for."""


def fit(draft: dict[str, Any], request: dict[str, Any]) -> None:
    """Fits the document of a plain new cluster to the kind of cluster that is asked for, before the request is merged
    into it."""
    properties, asked = draft["properties"], request.get("properties") or {}
    if (request.get("sku") or {}).get("name") == "Automatic":
        for name, value in copy.deepcopy(_AUTOMATIC).items():
            properties[name] = {**(properties.get(name) or {}), **value} if isinstance(value, dict) else value
    if asked.get("supportPlan") == "AKSLongTermSupport":
        properties.setdefault("autoUpgradeProfile", {})["upgradeChannel"] = "patch"
    _fit_network(properties["networkProfile"], asked.get("networkProfile") or {})
    if subdomain := asked.get("fqdnSubdomain"):
        properties["fqdnSubdomain"] = subdomain
        del properties["dnsPrefix"]
    if "identity" not in request and (asked.get("servicePrincipalProfile") or {}).get("clientId", "msi") != "msi":
        del draft["identity"]


def _fit_network(network: dict[str, Any], asked: dict[str, Any]) -> None:
    plugin, outbound = asked.get("networkPlugin"), asked.get("outboundType", "loadBalancer")
    if plugin not in (None, "azure"):
        network.pop("networkPluginMode", None)
        network.pop("networkDataplane", None)
    if plugin == "azure" and asked.get("networkPluginMode", network.get("networkPluginMode")) is None:
        del network["podCidr"], network["podCidrs"]
    if (asked.get("loadBalancerSku") or "").lower() == "basic":
        del network["loadBalancerProfile"]
    elif outbound != "loadBalancer" or _brings_addresses(asked):
        del network["loadBalancerProfile"]["managedOutboundIPs"]
    if outbound == "managedNATGateway":
        network["natGatewayProfile"] = {"managedOutboundIPProfile": {"count": 1}, "idleTimeoutInMinutes": 4}


def _brings_addresses(network: dict[str, Any]) -> bool:
    profile = network.get("loadBalancerProfile") or {}
    return any(profile.get(name) for name in ("outboundIPs", "outboundIPPrefixes"))


def at_once(world: EmulatedWorld, cluster: Resource, api_version: str) -> None:
    """[REC] What already the answer to the PUT has."""
    properties = cluster.body["properties"]
    _fill_pools(world, cluster, api_version)
    _fill_addons(world, cluster)
    issuer = properties.get("oidcIssuerProfile") or {}
    if issuer.get("enabled"):
        issuer["issuerURL"] = clusters.issuer_of(world, cluster.id)
    if entra := properties.get("aadProfile"):
        entra.update({**_ENTRA, **entra})
    if routing := (properties.get("ingressProfile") or {}).get("webAppRouting"):
        routing.update({**copy.deepcopy(_ROUTING), **routing})
    if proxy := properties.get("httpProxyConfig"):
        proxy.setdefault("effectiveNoProxy", list(proxy.get("noProxy") or []))
    _fill_private(world, cluster)


def _fill_addons(world: EmulatedWorld, cluster: Resource) -> None:
    properties = cluster.body["properties"]
    addons = properties.get("addonProfiles") or {}
    for name, addon in addons.items():
        addon["config"] = (addon.get("config") or None) if addon.get("enabled") else None
        if not addon.get("enabled"):
            addon.pop("identity", None)
        elif name == "httpApplicationRouting":
            zone = f"{_uuid(world, cluster)[:8]}.{spec.LOCATION}.aksapp.io"
            addon["config"] = {"HTTPApplicationRoutingZoneName": zone}
    logs = addons.get("omsagent") or {}
    if "azureMonitorProfile" in properties and logs.get("enabled"):
        workspace = (logs["config"] or {}).get("logAnalyticsWorkspaceResourceID")
        insights = {"enabled": True, "logAnalyticsWorkspaceResourceId": workspace}
        properties["azureMonitorProfile"].setdefault("containerInsights", insights)


def _fill_pools(world: EmulatedWorld, cluster: Resource, api_version: str) -> None:
    properties = cluster.body["properties"]
    pools = properties.get("agentPoolProfiles") or []
    known = [clusters.pool(world, cluster.id, pool["name"], properties["currentKubernetesVersion"]) for pool in pools]
    drafted = ages.drafted({"properties": {"agentPoolProfiles": known}}, api_version, world.clock.now())
    for pool, plain in zip(pools, drafted["properties"]["agentPoolProfiles"], strict=True):
        pool.update({name: value for name, value in plain.items() if name not in pool})
        if pool["type"] == "VirtualMachines":  # those have their sizes and counts in a list
            for name in ("count", "vmSize"):
                pool.pop(name, None)


def _fill_private(world: EmulatedWorld, cluster: Resource) -> None:
    """[REC] A private cluster has a private name, and a public one only when it is asked for or nobody minds."""
    properties = cluster.body["properties"]
    access = properties.get("apiServerAccessProfile") or {}
    if not access.get("enablePrivateCluster"):
        return
    zone = access.setdefault("privateDNSZone", "system")
    if not zone.startswith("/"):
        access.setdefault("enablePrivateClusterPublicFQDN", True)
    host = world.kubernetes.host_of(cluster.id)
    properties["privateFQDN"] = host.replace(".hcp.", ".privatelink.")
    properties["fqdn"] = host
    if not access.get("enablePrivateClusterPublicFQDN"):
        del properties["fqdn"]
    if access.get("enableVnetIntegration"):
        access.setdefault("subnetId", "")
    else:
        properties.setdefault("privateLinkResources", [_private_link(cluster)])


def at_end(world: EmulatedWorld, cluster: clusters.ManagedCluster) -> None:
    """[REC] What is there when the operation is over: addresses, the identities of the kubelet and of add-ons."""
    properties = cluster.body["properties"]
    network = properties["networkProfile"]
    if network.get("outboundType") == "managedNATGateway":
        for name in ("managedOutboundIPs", "effectiveOutboundIPs"):
            (network.get("loadBalancerProfile") or {}).pop(name, None)
    outbound = {"loadBalancer": "loadBalancerProfile", "managedNATGateway": "natGatewayProfile"}
    profile = network.get(outbound.get(network.get("outboundType", ""), ""))
    if profile is not None:
        address = _in_node_group(cluster, "Microsoft.Network/publicIPAddresses", _uuid(world, cluster))
        profile["effectiveOutboundIPs"] = [{"id": address}]
    addons.identify(world, cluster)
    if routing := (properties.get("ingressProfile") or {}).get("webAppRouting"):
        routing["identity"] = addons.identity(world, cluster, "webapprouting") if routing.get("enabled") else {}
    if cluster.body.get("identity"):
        properties.setdefault("identityProfile", {"kubeletidentity": clusters.kubelet_of(world, cluster)})


def _private_link(cluster: Resource) -> dict[str, Any]:
    return {
        "id": f"{cluster.id}/privateLinkResources/management",
        "name": "management",
        "type": f"{clusters.CLUSTERS}/privateLinkResources",
        "groupId": "management",
        "requiredMembers": ["management"],
    }


def _in_node_group(cluster: Resource, kind: str, name: str) -> str:
    return f"{group_id(spec.SUBSCRIPTION, cluster.body['properties']['nodeResourceGroup'])}/providers/{kind}/{name}"


def _uuid(world: EmulatedWorld, cluster: Resource) -> str:
    return world.ids.uuid("of the cluster", cluster.id.lower())
