"""Commands about the secrets provider, to paste."""

from __future__ import annotations

from collections.abc import Iterable

from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.installed import Layout, Role, SystemPod, layout_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

ADDON_NAME = "azure-keyvault-secrets-provider"
"""As `az aks enable-addons` calls it. [CLI]"""
CHART = "csi-secrets-store-provider-azure/csi-secrets-store-provider-azure"
DRIVER_IN_CHART = "secrets-store-csi-driver"
"""The prefix of the driver's values in the provider's chart. [SRC]"""
PLURAL = "secretproviderclasses.secrets-store.csi.x-k8s.io"


def enable_addon(snapshot: Snapshot) -> str:
    return in_cluster(snapshot, "aks", "enable-addons", "--addons", ADDON_NAME)


def kubectl(*words: object, namespace: str = "") -> str:
    return shell("kubectl", *words, *(("--namespace", namespace) if namespace else ()))


def describe(pod: Consumer | SystemPod) -> str:
    return kubectl("describe", "pod", pod.name, namespace=pod.namespace)


def with_chart(found: Iterable[SystemPod], *values: str) -> str:
    """Sets values, each in JSON, of the chart's release and leaves the others; its name is the user's to fill in."""
    namespace = next((each.namespace for each in found), "kube-system")
    settings = (word for value in values for word in ("--set-json", value))
    return shell("helm", "upgrade", "<RELEASE>", CHART, "--namespace", namespace, "--reuse-values", *settings)


def charted(view: ProviderView, role: Role = Role.DRIVER) -> tuple[SystemPod, ...]:
    """The pods of a role that a Helm chart has brought; none where the pods are not known, or the add-on is on."""
    found = view.seen.installed.pods.value or ()
    if view.behind.addon.enabled:
        return ()
    return tuple(each for each in found if each.role is role and layout_of(each, found) is Layout.CHART)


def restore(snapshot: Snapshot, view: ProviderView, *values: str) -> str:
    """What puts the installation's own objects back: the add-on's, or the chart's with these values."""
    if view.behind.addon.enabled:
        return in_cluster(snapshot, "aks", "update")
    return with_chart(charted(view), *values)
