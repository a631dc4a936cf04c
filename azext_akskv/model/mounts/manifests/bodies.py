"""The manifests of a setup. Parameters: Key Vault provider's documents; pods: the documents of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.model.mounts.consumer import USE
from azext_akskv.model.mounts.installed import DRIVER_NAME
from azext_akskv.model.mounts.manifests.essence import of_account, of_class, of_pod
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Manifest, Ref, head
from azext_akskv.model.mounts.manifests.objects import object_list, written_objects
from azext_akskv.model.mounts.manifests.secrets import synced_of, variables_of
from azext_akskv.model.mounts.manifests.setup import DEPLOYMENT, POD, Setup
from azext_akskv.model.mounts.secret_class import parse_class
from azext_akskv.model.mounts.synced import CLIENT_ID
from azext_akskv.model.mounts.worker import Mode

IMAGE = "mcr.microsoft.com/azurelinux/busybox:1.36"
"""[AKS docs, node access] Clusters without a way out pull from this registry."""
VOLUME, FOLDER = "secrets-store", "/mnt/secrets-store"
SLEEP = ["/bin/sleep", "infinity"]
NOBODY = 65532
"""A user that images do not use; files of the driver may be read by all. [SRC]"""


def manifests_of(setup: Setup) -> tuple[Manifest, ...]:
    """In the order in which they are made."""
    return tuple(_manifests(setup))


def _manifests(setup: Setup) -> Iterator[Manifest]:
    if setup.worker.mode is Mode.WORKLOAD:
        account = _account(setup)
        yield Manifest(Ref(Kind.ACCOUNT, setup.namespace, setup.service_account), account, of_account(account))
    one = _class(setup)
    parsed = parse_class(one, object_list(setup.entries))
    yield Manifest(Ref(Kind.CLASS, setup.namespace, setup.class_name), one, of_class(parsed))
    if setup.workload == POD:
        pod = _pod(setup)
        yield Manifest(Ref(Kind.POD, setup.namespace, setup.workload_name), pod, of_pod(pod))
    if setup.workload == DEPLOYMENT:
        made = _deployment(setup)
        yield Manifest(
            Ref(Kind.DEPLOYMENT, setup.namespace, setup.workload_name), made, of_pod(made["spec"]["template"])
        )


def _account(setup: Setup) -> Json:
    body = head(Ref(Kind.ACCOUNT, setup.namespace, setup.service_account))
    body["metadata"]["annotations"] = {CLIENT_ID: setup.worker.client_id}
    return body


def _class(setup: Setup) -> Json:
    spec: Json = {"provider": "azure"}
    if synced := synced_of(setup):
        spec["secretObjects"] = [
            {
                "secretName": each.name,
                "type": each.type,
                "data": [{"key": key, "objectName": file} for key, file in each.data],
            }
            for each in synced
        ]
    spec["parameters"] = {
        "usePodIdentity": "false",
        **_worker(setup),
        "keyvaultName": setup.vault,
        **({"cloudName": setup.cloud} if setup.cloud else {}),
        "tenantID": setup.tenant,
        "objects": written_objects(setup.entries),
    }
    return {**head(Ref(Kind.CLASS, setup.namespace, setup.class_name)), "spec": spec}


def _worker(setup: Setup) -> dict[str, str]:
    """Of one mode alone: a class of several means another one than it looks like. [SRC]"""
    if setup.worker.mode is Mode.WORKLOAD:
        return {"clientID": setup.worker.client_id}
    return {"useVMManagedIdentity": "true", "userAssignedIdentityID": setup.worker.client_id}


def _pod(setup: Setup) -> Json:
    ref = Ref(Kind.POD, setup.namespace, setup.workload_name)
    return {**head(ref, _labels(setup)), "spec": _pod_spec(setup)}


def _deployment(setup: Setup) -> Json:
    ref = Ref(Kind.DEPLOYMENT, setup.namespace, setup.workload_name)
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": _app(setup)},
        "template": {"metadata": {"labels": _labels(setup)}, "spec": _pod_spec(setup)},
    }
    return {**head(ref, _app(setup)), "spec": spec}


def _app(setup: Setup) -> dict[str, str]:
    return {"app": setup.workload_name}


def _labels(setup: Setup) -> dict[str, str]:
    return {**_app(setup), **({USE: "true"} if setup.worker.mode is Mode.WORKLOAD else {})}


def _pod_spec(setup: Setup) -> Json:
    """Fit for namespaces with the strictest standard of Kubernetes; kept from Windows nodes, which lack the image."""
    named = {"serviceAccountName": setup.service_account} if setup.worker.mode is Mode.WORKLOAD else {}
    volume = {
        "driver": DRIVER_NAME,
        "readOnly": True,
        "volumeAttributes": {"secretProviderClass": setup.class_name},
    }
    return {
        **named,
        "automountServiceAccountToken": False,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": NOBODY,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(setup)],
        "volumes": [{"name": VOLUME, "csi": volume}],
    }


def _container(setup: Setup) -> Json:
    variables = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret.name, "key": key}}}
        for secret in synced_of(setup)
        for name, key in variables_of(secret)
    ]
    return {
        "name": "reader",
        "image": IMAGE,
        "command": SLEEP,
        **({"env": variables} if variables else {}),
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"cpu": "100m", "memory": "64Mi"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": VOLUME, "mountPath": FOLDER, "readOnly": True}],
    }
