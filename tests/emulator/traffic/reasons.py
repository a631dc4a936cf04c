"""Why rows do not agree. A row is explained when each of its differences is; a reason that explains none is a mistake.

`*` stands for anything. Names of cassettes are those of Microsoft's tests.
"""

from __future__ import annotations

from tests.emulator.traffic.network_reasons import NETWORK_REASONS
from tests.emulator.traffic.reason import CLUSTER, Reason

_POOLS = "properties.agentPoolProfiles[]"
REASONS = (
    Reason(
        "AKS ran into something of its own on the way (preempted, another writer, DNS) and went on; the operation "
        "shows it as an error to its end. What AKS meets inside is not emulated",
        ("lacks error",),
        ("GET sub: microsoft.containerservice/locations/{}/operations/{}",),
    ),
    Reason(
        "polls of operations that still ran, and had an endTime all the same; in all other recordings they have none",
        ("lacks endTime",),
        ("GET sub: microsoft.containerservice/locations/{}/operations/{}",),
        ("test_aks_get_upgrades", "test_aks_operations_cmds"),
    ),
    Reason(
        "a canceled operation goes on saying InProgress for a poll; here it is canceled at once",
        ("has endTime",),
        ("GET sub: microsoft.containerservice/locations/{}/operations/{}",),
        ("test_aks_abort",),
    ),
    Reason(
        "the gateway's own time-out: a fault, which the emulator has when it is told to",
        ("status 200, not 504",),
        ("GET sub: microsoft.containerservice/locations/{}/operations/{}",),
        ("test_aks_approuting_zone_add_delete_list",),
    ),
    Reason(
        "an Azure Policy of the recorded subscription adds its tags to every group after a while",
        ("lacks tags.Creator", "lacks tags.DateCreated"),
        ("GET subscriptions/{}/resourcegroups/{}",),
    ),
    Reason(
        "refused for what the emulator has no state for: a service principal that has not spread yet, a gateway that "
        "needs a service mesh",
        ("status 201, not 400", "status 200, not 400"),
        (f"PUT {CLUSTER[2:]}",),
        (
            "test_connectedk8s",
            "test_aks_create_scale_with_custom_nodepool_name",
            "test_aks_managed_gateway_requires_service_mesh",
        ),
    ),
    Reason(
        "AKS was throttled by the identity service: a fault, which the emulator has when it is told to",
        ("status 201, not 429",),
        (f"PUT {CLUSTER[2:]}",),
        ("test_aks_create_with_app_routing_enabled_and_nginx_specified_abbrv",),
    ),
    Reason(
        "after a refused create AKS itself says that the cluster is not there; in all other recordings Resource "
        "Manager does, in its own words",
        ("code ResourceNotFound, not NotFound",),
        (f"GET {CLUSTER[2:]}",),
        ("test_aks_managed_gateway_requires_service_mesh",),
    ),
    Reason(
        "a member of its time and region: previews of early 2024 in westus2 and centraluseuap fill it in for "
        "everybody, those of the same weeks elsewhere do not",
        ("lacks properties.nodeResourceGroupProfile",),
        (CLUSTER, f"{CLUSTER}/abort"),
        (
            "test_aks_create_none_private_dns_zone",
            "test_aks_get_upgrades",
            "test_aks_abort",
            "test_aks_operations_cmds",
        ),
    ),
    Reason(
        "the same: a component of the control plane that came and went in some regions",
        (
            "has properties.controlPlanePluginProfiles.static-egress-controller",
            "lacks properties.controlPlanePluginProfiles.secure-tls-bootstrap",
        ),
    ),
    Reason(
        "the same: the cluster's eTag was still called etag there, nine days after it had its name elsewhere",
        ("lacks etag", "has eTag"),
        cassettes=("test_aks_azure_service_mesh_enable_disable",),
    ),
    Reason(
        "the same: a default of one preview in one region",
        ("lacks properties.networkProfile.loadBalancerProfile.clusterServiceLoadBalancerHealthProbeMode",),
        cassettes=("test_aks_artifact_source",),
    ),
    Reason(
        "the same: long-term support as a member of its own, before supportPlan",
        ("lacks properties.enableLTS",),
        cassettes=("test_aks_update_with_kube_proxy_config",),
    ),
    Reason(
        "answers of 2020 lack most of what a node pool says today",
        tuple(
            f"has {_POOLS}.{name}"
            for name in ("kubeletDiskType", "mode", "nodeImageVersion", "osDiskType", "powerState")
        ),
        cassettes=("test_connectedk8s",),
    ),
    Reason(
        "a version of 2023 asked in 2025: the emulator goes by the day, because recorded URLs seldom have the version "
        "that answered",
        (
            *(f"has {_POOLS}.{name}" for name in ("securityProfile", "securityProfile.sshAccess")),
            *(f"lacks {_POOLS}.{name}" for name in ("enableCustomCATrust", "upgradeSettings.maxUnavailable")),
            *("has properties.autoUpgradeProfile.nodeOSUpgradeChannel", "has properties.bootstrapProfile"),
            *("has properties.metricsProfile", "has properties.resourceUID", "has properties.supportPlan"),
            *(
                f"has properties.networkProfile.{name}"
                for name in (
                    *("loadBalancerProfile.backendPoolType", "networkDataplane", "networkPluginMode"),
                    *("networkPolicy", "podCidr", "podCidrs"),
                )
            ),
        ),
        cassettes=("test_vme_upgrade_live", "test_aks_create_with_azuremonitormetrics"),
    ),
    Reason(
        "node pools of availability sets behind a basic load balancer, which AKS has given up: not emulated",
        (
            *(f"has {_POOLS}.{name}" for name in ("nodeImageVersion", "upgradeSettings.*")),
            *("has properties.autoUpgradeProfile.nodeOSUpgradeChannel", "has properties.networkProfile.network*"),
            *(
                "has properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
                "lacks properties.addonProfiles",
            ),
            "lacks properties.networkProfile.loadBalancerProfile",
        ),
        cassettes=("test_aks_create_with_basiclb_and_update_to_standardlb", "test_aks_migrate_vmas_to_vms"),
    ),
    Reason(
        "node pools of the type VirtualMachines, and those that AKS manages itself, have other members: not emulated",
        (
            *(f"lacks {_POOLS}.{name}" for name in ("virtualMachineNodesStatus", "virtualMachinesProfile")),
            *(f"has {_POOLS}.{name}" for name in ("count", "enable*", "networkProfile", "nodeImageVersion")),
            *(f"has {_POOLS}.{name}" for name in ("osDiskSizeGB", "vmSize")),
            *("lacks nextLink", "lacks value[].properties.virtualMachine*", "has value[].*"),
        ),
        (CLUSTER, "GET microsoft.containerservice/managedclusters/{}/agentpools"),
        ("test_aks_create_with_managed_system_pool_multiple_fails", "test_aks_migrate_vmas_to_vms"),
    ),
    Reason(
        "three of the six recorded creates with a new identity already have its principal, three do not; the emulator "
        "is like those",
        ("lacks identity.userAssignedIdentities.*.principalId", "lacks properties.identityProfile"),
        (f"PUT {CLUSTER[2:]}",),
        ("test_aks_artifact_source", "test_aks_create_fqdn_subdomain"),
    ),
    Reason(
        "what this update switches on was off before, which no row tells: the cluster is made from the update itself",
        ("has properties.ingressProfile.webAppRouting.identity.*",),
        (f"PUT {CLUSTER[2:]}",),
        ("test_aks_approuting_enable_*",),
    ),
    Reason(
        "the same: what this update leaves out was there before",
        (
            *("lacks properties.storageProfile.blobCSIDriver", "lacks properties.httpProxyConfig.enabled"),
            *("has identity", "has properties.identityProfile", f"has {_POOLS}.nodeTaints"),
        ),
        cassettes=(
            "test_aks_create_and_update_with_blob_csi_driver",
            "test_aks_create_and_update_with_http_proxy_config",
            "test_aks_create_scale_with_custom_nodepool_name",
            "test_aks_update_labels_taints",
        ),
    ),
    Reason(
        "Defender, which the recorded subscription switches on in new clusters by itself",
        ("lacks properties.securityProfile.defender",),
        (f"GET {CLUSTER[2:]}",),
        ("test_aks_create_enable_encryption",),
    ),
    Reason(
        "the service mesh is not emulated: its components and its switching off are kept as they were sent",
        ("lacks properties.serviceMeshProfile.istio.components", "has properties.serviceMeshProfile.istio"),
        cassettes=("test_aks_azure_service_mesh_enable_disable",),
    ),
    Reason(
        "an emptied apiServerAccessProfile is shown empty here and, in another recording, not at all",
        ("lacks properties.apiServerAccessProfile",),
        (f"PUT {CLUSTER[2:]}",),
        ("test_aks_api_server_authorized_ip_ranges",),
    ),
    Reason(
        "an update takes the identities of add-ons away for a moment, and gives them back before it ends; the emulator "
        "leaves them out of the answer to the PUT only",
        ("has properties.addonProfiles.*.identity",),
        (f"GET {CLUSTER[2:]}",),
        ("test_aks_automatic_sku_with_hosted_system_enabled",),
    ),
    Reason(
        "the answer to an abort alone lists add-ons of AKS's own, such as image-cleaner and keda",
        ("lacks properties.addonProfiles",),
        (f"{CLUSTER}/abort",),
        ("test_aks_abort",),
    ),
    Reason(
        "which components a version brings is not emulated",
        ("lacks properties.controlPlaneProfile.componentsByReleases",),
        ("GET microsoft.containerservice/managedclusters/{}/upgradeprofiles/{}",),
    ),
    Reason(
        "other people's vaults: the list goes on for pages that the emulator, having none, does not fill",
        ("lacks nextLink", "lacks value[].*"),
        ("GET sub: microsoft.keyvault/deletedvaults",),
        ("test_keyvault_mgmt",),
    ),
    Reason(
        "a list of the whole recorded subscription: it has a second page, and one resource with systemData",
        ("lacks nextLink", "lacks value[].systemData"),
        ("GET subscriptions/{}/resources",),
        ("test_network_private_endpoints", "test_aks_artifact_source"),
    ),
    Reason(
        "only in one region: settings that nobody sent are told as false, where they are absent everywhere else",
        ("lacks properties.enabledForDiskEncryption", "lacks properties.enabledForTemplateDeployment"),
        ("* microsoft.keyvault/vaults/{}",),
        ("test_nsp_association_crud",),
    ),
    Reason(
        "the vault had access policies when it was deleted, before the recording began, which no row tells",
        ("lacks properties.accessPolicies[].*",),
        ("PUT microsoft.keyvault/vaults/{}",),
        ("test_keyvault_softdelete",),
    ),
    Reason(
        "Key Vault's own failure while it recovers a vault; the emulator says that there is none to recover",
        ("status 404, not 500",),
        ("PUT microsoft.keyvault/vaults/{}",),
        ("test_keyvault_softdelete",),
    ),
    Reason(
        "the subscription is not registered for Key Vault; those of the emulator are for all that it has",
        ("status 200, not 409",),
        ("PUT microsoft.keyvault/vaults/{}",),
        ("test_sql_tdebyok",),
    ),
    Reason(
        "versions come in the order of their ids, which are others here: the one with a tag is on the other page",
        ("has value[].tags", "lacks value[].tags"),
        ("GET keys/{}/versions",),
        ("test_keyvault_key",),
    ),
    Reason(
        "the rotation policy, which gives new versions an expiry, is not emulated; its path looks like a version's",
        ("lacks attributes.exp", "status 404, not 200"),
        ("POST keys/{}/rotate", "GET keys/{}/rotationpolicy"),
        ("test_keyvault_key_rotation",),
    ),
    Reason(
        "providers that have nothing to do with clusters and vaults are not known here",
        ("status 404, not 200",),
        (
            *("GET sub: microsoft.monitor", "GET sub: microsoft.classicinfrastructuremigrate"),
            "POST sub: microsoft.classicinfrastructuremigrate/register",
        ),
    ),
    Reason(
        "in 2020 provider documents named no default version",
        ("has resourceTypes[].defaultApiVersion",),
        ("GET sub: microsoft.kubernetes",),
        ("test_connectedk8s",),
    ),
    Reason(
        "a role that is none of the emulator's: it has those that a cluster and its vault need",
        ("status 404, not 409",),
        ("PUT on microsoft.storage/storageaccounts: microsoft.authorization/roleassignments/{}",),
    ),
    Reason(
        "conditions of a role's permissions, which only this youngest recording has",
        ("lacks value[].properties.permissions[].condition*",),
        ("GET on microsoft.containerregistry/registries: microsoft.authorization/roledefinitions",),
    ),
    Reason(
        "an assignment that was made before the recording began, which no row tells",
        ("lacks value[].*",),
        ("GET on microsoft.managedidentity/userassignedidentities: microsoft.authorization/roleassignments",),
    ),
    *NETWORK_REASONS,
)
