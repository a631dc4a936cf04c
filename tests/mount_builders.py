"""Objects of a cluster with the Key Vault provider, as an API server answers them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
DRIVER = "secrets-store.csi.k8s.io"
STARTED = "2026-11-22T11:00:00Z"
NODE = "aks-pool1-0"
OBJECTS = """array:
  - |
    objectName: db-pass
    objectType: secret
  - |
    objectName: web-tls
    objectType: cert
    objectAlias: tls.pem
"""


def named(name: str, namespace: str = "", **more: Any) -> Json:
    """Metadata, with what nobody should look at."""
    own = {"name": name, "uid": f"uid-of-{name}", "creationTimestamp": STARTED}
    hidden = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"password":"planted"}'}}
    return {**own, **({"namespace": namespace} if namespace else {}), **hidden, **more}


def a_node(name: str = NODE, *, system: str = "linux", ready: str = "True", **spec: Any) -> Json:
    tags = {"kubernetes.io/os": system, "kubernetes.azure.com/agentpool": "pool1", "beta": "x"}
    conditions = [{"type": "MemoryPressure", "status": "False"}, {"type": "Ready", "status": ready}]
    provider_id = f"azure:///subscriptions/s/resourceGroups/mc/virtualMachineScaleSets/vmss/virtualMachines/{name[-1]}"
    return {
        "metadata": named(name, labels=tags),
        "spec": {"providerID": provider_id, **spec},
        "status": {"conditions": conditions},
    }


def running(name: str, **more: Any) -> Json:
    return {"name": name, "ready": True, "restartCount": 0, "state": {"running": {"startedAt": STARTED}}, **more}


def waiting(name: str, reason: str, message: str = "", **more: Any) -> Json:
    told = {"reason": reason, **({"message": message} if message else {})}
    return {"name": name, "ready": False, "restartCount": 0, "state": {"waiting": told}, **more}


def killed(name: str, restarts: int = 7) -> Json:
    """For its memory, again and again."""
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": STARTED, "finishedAt": STARTED}}
    return waiting(name, "CrashLoopBackOff", "back-off 5m0s", restartCount=restarts, lastState=last)


def a_driver_pod(node: str = NODE, namespace: str = "kube-system", *, app: str = "secrets-store-csi-driver") -> Json:
    names = ("node-driver-registrar", "secrets-store", "liveness-probe")
    arguments = ["--endpoint=$(CSI_ENDPOINT)", "--enable-secret-rotation=true", "--rotation-poll-interval=2m", "-v=2"]
    image = {"secrets-store": "mcr.microsoft.com/oss/v2/kubernetes-csi/secrets-store/driver:v1.5.1"}
    containers = [{"name": each, "image": image.get(each, "registry/companion:v9")} for each in names]
    containers[1] |= {"args": [*arguments, "loose"]}  # type: ignore[dict-item]  # a list beside texts
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "aks-secrets-store-csi-driver", "controller": True}
    metadata = named(f"driver-on-{node}", namespace, labels={"app": app}, ownerReferences=[owner])
    spec = {"nodeName": node, "serviceAccountName": "aks-secrets-store-csi-driver", "containers": containers}
    return {
        "metadata": metadata,
        "spec": spec,
        "status": {"phase": "Running", "containerStatuses": [running(each) for each in names]},
    }


def a_provider_pod(
    node: str = NODE, namespace: str = "kube-system", *, app: str = "secrets-store-provider-azure"
) -> Json:
    name = "provider-azure-installer"
    image = "mcr.microsoft.com/oss/v2/azure/secrets-store/provider-azure:v1.7.2"
    owner = {"kind": "DaemonSet", "name": "aks-secrets-store-provider-azure", "controller": True}
    return {
        "metadata": named(f"provider-on-{node}", namespace, labels={"app": app}, ownerReferences=[owner]),
        "spec": {
            "nodeName": node,
            "serviceAccountName": "aks-secrets-store-provider-azure",
            "containers": [{"name": name, "image": image, "args": ["--healthz-port=8989"]}],
        },
        "status": {"phase": "Running", "containerStatuses": [running(name)]},
    }


def unplaced(pod: Json, node: str) -> Json:
    """The same pod of a DaemonSet, which waits for a node that does not take it."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    needed = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    told = "0/2 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}."
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": told}
    spec = {name: value for name, value in pod["spec"].items() if name != "nodeName"}
    return {
        **pod,
        "spec": {**spec, "affinity": {"nodeAffinity": needed}},
        "status": {"phase": "Pending", "conditions": [condition]},
    }


def a_csi_node(name: str = NODE, *drivers: str) -> Json:
    return {
        "metadata": named(name),
        "spec": {"drivers": [{"name": each, "nodeID": name, "topologyKeys": None} for each in drivers or (DRIVER,)]},
    }


def a_csi_driver(**spec: Any) -> Json:
    tokens = [{"audience": "api://AzureADTokenExchange"}]
    usual = {"attachRequired": False, "podInfoOnMount": True, "requiresRepublish": False, "tokenRequests": tokens}
    return {"metadata": named(DRIVER), "spec": {**usual, **spec}}


def a_class(name: str = "kv", namespace: str = "team-a", *, objects: str = OBJECTS, **spec: Any) -> Json:
    parameters = {"keyvaultName": "shop-kv", "tenantID": "t-1", "useVMManagedIdentity": "true", "objects": objects}
    return {
        "metadata": named(name, namespace),
        "spec": {"provider": "azure", "parameters": parameters, **spec},
    }


SYNCED = [{"secretName": "db", "type": "Opaque", "data": [{"objectName": "db-pass", "key": "password"}]}]


def a_volume(class_name: str = "kv", **csi: Any) -> Json:
    attributes = {"secretProviderClass": class_name}
    return {"name": "store", "csi": {"driver": DRIVER, "readOnly": True, "volumeAttributes": attributes, **csi}}


def a_pod(name: str = "web-0", namespace: str = "team-a", **spec: Any) -> Json:
    """One that mounts a class; it is created and waits for its volume."""
    mounts = [{"name": "store", "mountPath": "/mnt/store"}, {"name": "other", "mountPath": "/tmp"}]
    environment = [
        {"name": "PLAIN", "value": "planted"},
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ]
    container = {
        "name": "web",
        "image": "shop/web:1",
        "volumeMounts": mounts,
        "env": environment,
        "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "more", "optional": True}}],
    }
    owner = {"kind": "ReplicaSet", "name": "web-5d4f", "controller": True}
    labels = {"azure.workload.identity/use": "true", "app": "web"}
    usual: Json = {
        "nodeName": NODE,
        "serviceAccountName": "web",
        "containers": [container],
        "volumes": [a_volume(), {"name": "other", "emptyDir": {}}],
    }
    return {
        "metadata": named(name, namespace, labels=labels, ownerReferences=[owner]),
        "spec": {**usual, **spec},
        "status": {"phase": "Pending", "containerStatuses": [waiting("web", "ContainerCreating")]},
    }


FAILED_MOUNT = (
    'MountVolume.SetUp failed for volume "store" : rpc error: code = Unknown desc = failed to mount secrets store '
    "objects for pod team-a/web-0, err: rpc error: code = Unknown desc = failed to mount objects, error: "
    "keyvaultName is not set"
)


def an_event(message: str = FAILED_MOUNT, pod: str = "web-0", namespace: str = "team-a", **more: Any) -> Json:
    about = {"kind": "Pod", "namespace": namespace, "name": pod, "uid": f"uid-of-{pod}"}
    return {
        "metadata": named(f"{pod}.17a2b3c4d5e6f708", namespace),
        "involvedObject": about,
        "reason": "FailedMount",
        "message": message,
        "type": "Warning",
        "count": 9,
        "firstTimestamp": "2026-11-22T11:50:00Z",
        "lastTimestamp": "2026-11-22T11:58:30Z",
        "eventTime": None,
        "source": {"component": "kubelet", "host": NODE},
        **more,
    }


def a_status(pod: str = "web-0", class_name: str = "kv", namespace: str = "team-a") -> Json:
    node = {"internal.secrets-store.csi.k8s.io/node-name": NODE}
    objects = [{"id": "secret/db-pass", "version": "v1"}, {"id": "cert/web-tls", "version": "v7"}]
    return {
        "metadata": named(f"{pod}-{namespace}-{class_name}", namespace, labels=node),
        "status": {"podName": pod, "secretProviderClassName": class_name, "mounted": True, "objects": objects},
    }


def an_account(name: str = "web", namespace: str = "team-a", client_id: str = "client-1") -> Json:
    metadata = named(name, namespace)
    metadata["annotations"] |= {"azure.workload.identity/client-id": client_id} if client_id else {}
    return {"metadata": metadata}
