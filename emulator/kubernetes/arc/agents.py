"""What the agents of Arc put into a cluster that is connected, itself included: whose it is. [D] [CLI]"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emulator.kubernetes.arc.programs import definition, deployment, namespace
from emulator.kubernetes.kinds import ARC_CLUSTERS, CONFIG_MAPS, DEFINITIONS, DEPLOYMENTS, NAMESPACES, Kind
from emulator.worlds.spec import LOCATION, TENANT

Object = dict[str, Any]
NAMESPACE = "azure-arc"
CONFIGURATION = "azure-clusterconfig"
WEBHOOK_NAMESPACE = "arc-workload-identity"
VERSION = "1.27.3"
_PROGRAMS = (
    *("cluster-metadata-operator", "clusterconnect-agent", "clusteridentityoperator", "config-agent"),
    *("controller-manager", "extension-manager", "kube-aad-proxy", "metrics-agent", "resource-sync-agent"),
)


def objects(cluster_id: str, distribution: str) -> Iterator[tuple[Kind, Object]]:
    """Namespace and definition first."""
    parts = cluster_id.split("/")
    yield NAMESPACES, namespace(NAMESPACE)
    yield DEFINITIONS, definition(ARC_CLUSTERS.group, ARC_CLUSTERS.plural, ARC_CLUSTERS.kind, ("v1beta1",))
    data = {
        "AZURE_ARC_AGENT_VERSION": VERSION,
        "AZURE_ENVIRONMENT": "AZUREPUBLICCLOUD",
        "AZURE_REGION": LOCATION,
        "AZURE_RESOURCE_GROUP": parts[4],
        "AZURE_RESOURCE_NAME": parts[-1],
        "AZURE_SUBSCRIPTION_ID": parts[2],
        "AZURE_TENANT_ID": TENANT,
        "CLUSTER_TYPE": "ConnectedClusters",
        "KUBERNETES_DISTRO": distribution,
    }
    yield CONFIG_MAPS, {"metadata": {"name": CONFIGURATION, "namespace": NAMESPACE}, "data": data}
    for name in _PROGRAMS:
        labels = {"app.kubernetes.io/component": name, "app.kubernetes.io/name": "azure-arc-k8s"}
        container = {"name": name, "image": f"mcr.microsoft.com/azurearck8s/{name}:{VERSION}"}
        yield DEPLOYMENTS, deployment(name, NAMESPACE, labels, (container,))
    metadata = {"name": "clustermetadata", "namespace": NAMESPACE}
    yield ARC_CLUSTERS, {"metadata": metadata, "spec": {"azureResourceId": cluster_id}}  # [INF]


def webhook() -> Iterator[tuple[Kind, Object]]:
    """[D] What workload identity brings along. The Secret Store does not need it."""
    yield NAMESPACES, namespace(WEBHOOK_NAMESPACE)
    name = "arc-workload-identity-webhook-controller-manager"
    labels = {"azure-workload-identity.io/system": "true", "app.kubernetes.io/name": "workload-identity-webhook"}
    container = {"name": "manager", "image": "mcr.microsoft.com/oss/azure/workload-identity/webhook:v1.5.0"}
    yield DEPLOYMENTS, deployment(name, WEBHOOK_NAMESPACE, labels, (container,))
