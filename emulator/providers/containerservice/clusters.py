"""Managed clusters: their documents, and what AKS knows about them beside the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.kubernetes.encryption import KeySlot
from emulator.providers.containerservice import addons, nodegroup
from emulator.providers.containerservice.bodies import minor
from emulator.providers.containerservice.kms import connect, slot_for
from emulator.providers.ids import group_of
from emulator.providers.keyvault.vaults import host_of, vault_id
from emulator.providers.managedidentity import identities
from emulator.providers.resources import groups
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

CLUSTERS = "Microsoft.ContainerService/managedClusters"
_SURGE = (1, 28)
"""[REC] From this version on new node pools have a surge of their own."""
_PLUGINS = (
    *("azure-monitor-metrics-ccp", "gpu-provisioner", "karpenter", "kubelet-serving-csr-approver"),
    *("live-patching-controller", "secure-tls-bootstrap", "static-egress-controller"),
)
_STORAGE = ("fileCSIDriver", "snapshotController")


@dataclass
class ManagedCluster(Resource):
    """`current` and `previous` are the key slots that the API servers run with; `former_principal` is whom the control
    plane still acts as until `identity_switched`; `maintenance` has the configurations by name in lower case;
    `troubles` are what the next upgrades of nodes fail with; `retired` are the names of add-ons' identities that were
    there once."""

    current: KeySlot | None = None
    previous: KeySlot | None = None
    former_principal: str = ""
    identity_switched: datetime | None = None
    maintenance: dict[str, dict[str, Any]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    retired: set[str] = field(default_factory=set)


def cluster_id(group: str, name: str) -> str:
    """[REC] This provider writes `resourcegroups` in lower case."""
    return f"/subscriptions/{spec.SUBSCRIPTION}/resourcegroups/{group}/providers/{CLUSTERS}/{name}"


def create(world: EmulatedWorld, group: str, cluster: spec.Cluster, created: datetime) -> ManagedCluster:
    """A running cluster as the world's data describes it, with its node resource group and its API server."""
    made = draft(world, group, cluster, created)
    if cluster.kms:
        _switch_on(world, made, cluster.kms)
    made.current = slot_for(world, made)
    build(world, group, cluster, made)
    return made


def draft(world: EmulatedWorld, group: str, cluster: spec.Cluster, created: datetime) -> ManagedCluster:
    """The document alone."""
    document = _document(world, group, cluster)
    return ManagedCluster(document["id"], document, created, troubles=list(cluster.upgrade_troubles))


def build(world: EmulatedWorld, group: str, cluster: spec.Cluster, made: ManagedCluster) -> None:
    """What stands behind a document: the node resource group with the kubelet's identity and the machines, and the
    API server."""
    node_group = made.body["properties"]["nodeResourceGroup"]
    groups.create(world, node_group, made.created, managedBy=made.id)
    kubelet = f"{cluster.name}-agentpool"
    identities.create(world, node_group, kubelet, world.ids.principal(f"{group}/{kubelet}"), made.created)
    world.resources.put(made)
    addons.begin(world, made, cluster)
    nodegroup.furnish(world, made, addons.on_nodes(world, made))
    nodegroup.begin(world, made, cluster)
    world.kubernetes.create(made.id, cluster, made.current)


def touch(world: EmulatedWorld, cluster: Resource, state: str) -> None:
    """[REC] Every change gives the cluster and its pools another eTag."""
    properties = cluster.body["properties"]
    properties["provisioningState"] = state
    cluster.body["eTag"] = world.ids.next("etag")
    for pool in properties.get("agentPoolProfiles") or []:
        pool.update(provisioningState=state, eTag=world.ids.next("etag"))


def _switch_on(world: EmulatedWorld, cluster: ManagedCluster, kms: spec.Kms) -> None:
    """The profile and the slot of a cluster whose KMS was enabled before the world starts."""
    key = world.keyvault.key(host_of(kms.vault), kms.key)
    version = key.versions[(kms.version or 0) - 1]
    private = kms.network_access == "Private"
    vault = world.resources.get(vault_id(spec.SUBSCRIPTION, group_of(cluster.id), kms.vault))
    assert vault is not None, f"the world has no vault {kms.vault}"
    cluster.body["properties"]["securityProfile"]["azureKeyVaultKms"] = {
        "enabled": True,
        "keyId": version.kid if kms.version else version.kid.rpartition("/")[0],
        "keyVaultNetworkAccess": kms.network_access,
        "keyVaultResourceId": vault.id if private else "",
    }
    if private:
        connect(world, cluster, vault)["status"] = "Approved"


def _document(world: EmulatedWorld, group: str, cluster: spec.Cluster) -> dict[str, Any]:
    own_id = cluster_id(group, cluster.name)
    host = world.kubernetes.host_of(own_id)
    node_group = f"MC_{group}_{cluster.name}_{spec.LOCATION}"
    properties = {
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "kubernetesVersion": cluster.kubernetes_version,
        "currentKubernetesVersion": cluster.kubernetes_version,
        "dnsPrefix": host.partition(".")[0].rpartition("-")[0],
        "fqdn": host,
        "azurePortalFQDN": host.replace(".hcp.", ".portal.hcp."),
        "agentPoolProfiles": _pools(world, own_id, cluster),
        "servicePrincipalProfile": {"clientId": "msi"},
        "nodeResourceGroup": node_group,
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": _network(),
        "maxAgentPools": 100,
        "identityProfile": {"kubeletidentity": _kubelet(world, group, node_group, cluster.name)},
        "autoUpgradeProfile": _auto_upgrade(cluster),
        "disableLocalAccounts": not cluster.local_accounts,
        "securityProfile": {},
        "resourceUID": world.ids.uuid("resourceUID", own_id.lower()).replace("-", "")[:24],
        "controlPlanePluginProfiles": {name: {"enableV2": True} for name in _PLUGINS},
    }
    return {
        "id": own_id,
        "location": spec.LOCATION,
        "name": cluster.name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "kind": "Base",
        "properties": properties | _defaults() | _options(world, own_id, cluster),
        "identity": _identity(world, group, cluster),
        "sku": {"name": "Automatic", "tier": "Standard"} if cluster.automatic else {"name": "Base", "tier": "Free"},
        **({"tags": dict(cluster.tags)} if cluster.tags else {}),
        "eTag": world.ids.uuid("etag", own_id.lower()),
    }


def _defaults() -> dict[str, Any]:
    """[REC] Profiles that every cluster of today has."""
    return {
        "storageProfile": {"diskCSIDriver": {"enabled": True, "version": "v1"}}
        | {name: {"enabled": True} for name in _STORAGE},
        "oidcIssuerProfile": {"enabled": False},
        "workloadAutoScalerProfile": {},
        "metricsProfile": {"costAnalysis": {"enabled": False}},
        "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"},
        "bootstrapProfile": {"artifactSource": "Direct"},
    }


def _options(world: EmulatedWorld, own_id: str, cluster: spec.Cluster) -> dict[str, Any]:
    """[REC] Profiles that a plain cluster does not have at all."""
    options: dict[str, Any] = {}
    access = {"enableVnetIntegration": True, "subnetId": ""} if cluster.vnet_integration else {}
    access |= {} if cluster.run_command else {"disableRunCommand": True}
    access |= {"enablePrivateCluster": True, "privateDNSZone": "system"} if cluster.private else {}
    access |= {"enablePrivateClusterPublicFQDN": True} if cluster.private else {}
    if access:
        options["apiServerAccessProfile"] = access
    if cluster.platform_encryption:
        encryption = {"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}
        options["securityProfile"] = encryption
    if cluster.workload_identity:
        options["securityProfile"] = {**options.get("securityProfile", {}), "workloadIdentity": {"enabled": True}}
        options["oidcIssuerProfile"] = {"enabled": True, "issuerURL": issuer_of(world, own_id)}
    if cluster.locked_down:
        options["nodeResourceGroupProfile"] = {"restrictionLevel": "ReadOnly"}
    if cluster.entra:
        options["aadProfile"] = {
            "managed": True,
            "adminGroupObjectIDs": None,
            "adminUsers": None,
            "enableAzureRBAC": cluster.azure_rbac,
            "tenantID": spec.TENANT,
        }
    return options


def issuer_of(world: EmulatedWorld, own_id: str) -> str:
    """[REC] The issuer of the tokens of the cluster's service accounts; it ends in a slash."""
    cluster = world.ids.uuid("of the cluster", own_id.lower())
    return f"https://{spec.LOCATION}.oic.emulator.test/{spec.TENANT}/{cluster}/"


def _auto_upgrade(cluster: spec.Cluster) -> dict[str, str]:
    channel = {"upgradeChannel": cluster.auto_upgrade} if cluster.auto_upgrade else {}
    return {**channel, "nodeOSUpgradeChannel": cluster.node_os_upgrade}


def _identity(world: EmulatedWorld, group: str, cluster: spec.Cluster) -> dict[str, Any]:
    """[REC] The keys of userAssignedIdentities are written as the request wrote them: with `resourceGroups`."""
    if cluster.identity is None:
        principal = world.ids.principal(f"cluster/{cluster.name}")
        return {"type": "SystemAssigned", "principalId": principal, "tenantId": spec.TENANT}
    written = identities.identity_id(spec.SUBSCRIPTION, group, cluster.identity)
    principal = world.ids.principal(cluster.identity)
    ids = {"clientId": world.ids.uuid("client", principal), "principalId": principal}
    return {
        "type": "UserAssigned",
        "userAssignedIdentities": {written.replace("/resourcegroups/", "/resourceGroups/"): ids},
    }


def _kubelet(world: EmulatedWorld, group: str, node_group: str, name: str) -> dict[str, Any]:
    principal = world.ids.principal(f"{group}/{name}-agentpool")
    return {
        "resourceId": identities.identity_id(spec.SUBSCRIPTION, node_group, f"{name}-agentpool"),
        "clientId": world.ids.uuid("client", principal),
        "objectId": principal,
    }


def kubelet_of(world: EmulatedWorld, cluster: Resource) -> dict[str, Any]:
    """The kubelet's identity as identityProfile names it."""
    node_group = cluster.body["properties"]["nodeResourceGroup"]
    return _kubelet(world, group_of(cluster.id), node_group, cluster.body["name"])


def _network() -> dict[str, Any]:
    return {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkPolicy": "none",
        "networkDataplane": "azure",
        "loadBalancerSku": "standard",
        "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}, "backendPoolType": "nodeIPConfiguration"},
        "podCidr": "10.244.0.0/16",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
        "podCidrs": ["10.244.0.0/16"],
        "serviceCidrs": ["10.0.0.0/16"],
        "ipFamilies": ["IPv4"],
        "podLinkLocalAccess": "IMDS",
    }


def _pools(world: EmulatedWorld, own_id: str, cluster: spec.Cluster) -> list[dict[str, Any]]:
    """[REC] vnetSubnetID is there only where somebody brought a network."""
    pools = [pool(world, own_id, name, cluster.kubernetes_version) for name in cluster.pools]
    for one, brought in zip(pools, cluster.subnets, strict=False):
        one["vnetSubnetID"] = nodegroup.subnet_named(world, brought)
    for name in cluster.windows_pools:
        windows = {"osType": "Windows", "osSKU": "Windows2022", "mode": "User"}
        pools.append({**pool(world, own_id, name, cluster.kubernetes_version), **windows})
    for name, taint in cluster.taints:
        next(one for one in pools if one["name"] == name).setdefault("nodeTaints", []).append(taint)
    return pools


def pool(world: EmulatedWorld, own_id: str, name: str, version: str) -> dict[str, Any]:
    """A node pool of which nothing is said but its name."""
    return {
        "name": name,
        "count": 3,
        "vmSize": "Standard_D4ds_v5",
        "osDiskSizeGB": 150,
        "osDiskType": "Ephemeral",
        "kubeletDiskType": "OS",
        "maxPods": 250,
        "type": "VirtualMachineScaleSets",
        "enableAutoScaling": False,
        "scaleDownMode": "Delete",
        "provisioningState": "Succeeded",
        "powerState": {"code": "Running"},
        "orchestratorVersion": version,
        "currentOrchestratorVersion": version,
        "enableNodePublicIP": False,
        "mode": "System",
        "enableEncryptionAtHost": False,
        "enableUltraSSD": False,
        "osType": "Linux",
        "osSKU": "Ubuntu",
        "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202610.03.0",
        "upgradeStrategy": "Rolling",
        "upgradeSettings": {**({"maxSurge": "10%"} if minor(version) >= _SURGE else {}), "maxUnavailable": "0"},
        "enableFIPS": False,
        "networkProfile": {},
        "securityProfile": {"sshAccess": "LocalUser", "enableVTPM": False, "enableSecureBoot": False},
        "eTag": world.ids.uuid("etag", own_id.lower(), name),
    }
