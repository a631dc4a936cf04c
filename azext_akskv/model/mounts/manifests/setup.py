"""What manifests are made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.manifests.objects import Entry, entries_of
from azext_akskv.model.mounts.worker import Worker

POD, DEPLOYMENT, NONE = WORKLOADS = ("pod", "deployment", "none")
CLOUDS: Mapping[str, str] = {
    "vault.usgovcloudapi.net": "AzureUSGovernmentCloud",
    "vault.azure.cn": "AzureChinaCloud",
    "vault.microsoftazure.de": "AzureGermanCloud",
}
"""By the suffix of a vault's host: what the provider calls the cloud, where it is not the public one. [SRC]"""


@dataclass(frozen=True)
class Setup:
    """`service_account` is empty where pods work as the node; `synced_secret` where no Secret is to be made; `workload`
    is one of WORKLOADS; `identity` is the name of what the worker's client id stands for."""

    namespace: str
    class_name: str
    vault: str
    tenant: str
    worker: Worker
    objects: tuple[AskedObject, ...]
    identity: str = ""
    cloud: str = ""
    service_account: str = ""
    workload: str = POD
    synced_secret: str = ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return entries_of(self.objects, bool(self.synced_secret))

    @property
    def workload_name(self) -> str:
        """Of a pod, 63 characters at most, so that it can be a label, too."""
        return f"{self.class_name[:56].rstrip('-.')}-reader"


def cloud_of(host: str) -> str:
    """By a vault's host; empty for the public cloud, which the provider takes where none is named."""
    return CLOUDS.get(host.partition(".")[2], "")
