"""Causes in the driver and around it, in the copies into Secrets and in the rotation; and what tells of no cause."""

from __future__ import annotations

from azext_akskv.model.finding import State
from azext_akskv.model.provider.cause import (
    DRIVER_PAGE,
    OPTIONS_PAGE,
    PROVIDER_PAGE,
    ROTATION,
    SYNC,
    Cause,
)

_DRIVER_PODS = "kubectl get pods -A -o wide -l 'app in (secrets-store-csi-driver,csi-secrets-store)'"
_PROVIDER_PODS = (
    "kubectl get pods -A -o wide -l 'app in (secrets-store-provider-azure,csi-secrets-store-provider-azure)'"
)
_PROVIDER_LOG = (
    "kubectl logs -n kube-system -l "
    "'app in (secrets-store-provider-azure,csi-secrets-store-provider-azure)' --since=1h --prefix"
)
_DRIVER_LOG = (
    "kubectl logs -n kube-system -l 'app in (secrets-store-csi-driver,csi-secrets-store)' -c secrets-store --since=1h "
    "--prefix"
)
_SOURCE = "[source] driver"

DRIVER = (
    Cause(
        "driver_not_registered",
        "no driver is registered on the node",
        "driver name secrets-store.csi.k8s.io not found in the list of registered CSI drivers",
        "No driver pod runs and is ready on that node: not installed, a taint, Windows nodes left out; on a "
        "fresh node it "
        "passes within seconds.",
        "See to it that the driver's pod runs on the node; with Helm give it the toleration or turn Windows on.",
        ("az aks enable-addons -g {group} -n {cluster} --addons azure-keyvault-secrets-provider",),
        (
            "kubectl get csinode {node} -o jsonpath={{.spec.drivers[*].name}}",
            "kubectl get csidriver secrets-store.csi.k8s.io",
            _DRIVER_PODS,
        ),
        page=PROVIDER_PAGE,
        provider_number=5,
        addon_number=5,
    ),
    Cause(
        "provider_unreachable",
        "the driver does not reach the provider",
        'failed to find provider binary azure; provider not found: provider "azure"; dial unix azure.sock',
        "The driver runs on the node, the provider does not, or looks for its socket elsewhere.",
        "See to it that the provider's pod runs on the node; driver and provider must be of one installation.",
        ("kubectl rollout restart ds/aks-secrets-store-provider-azure -n kube-system",),
        (_PROVIDER_PODS,),
        page=PROVIDER_PAGE,
        provider_number=6,
    ),
    Cause(
        "message_too_big",
        "the objects are too big for one answer",
        "grpc: received message larger than max",
        "What the provider gives back for one SecretProviderClass is larger than 4 MiB.",
        "Spread the objects over several SecretProviderClasses, or raise --max-call-recv-msg-size of the driver.",
        ("kubectl get secretproviderclass {spc} -n {namespace} -o yaml",),
        page=DRIVER_PAGE,
        source=_SOURCE,
    ),
    Cause(
        "spcps_write",
        "the driver cannot note what it mounted",
        "failed to create secret provider class pod status for pod NS/NAME",
        "The driver may not write SecretProviderClassPodStatus objects, or an admission webhook refuses them.",
        "Install the chart or the add-on again; look at the webhooks.",
        ("kubectl get validatingwebhookconfigurations",),
        (
            "kubectl auth can-i create secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io --as "
            "{service_account} "
            "-n {namespace}",
        ),
        page=DRIVER_PAGE,
        source=_SOURCE,
    ),
    Cause(
        "node_write_failed",
        "the files cannot be written on the node",
        "failed to create target path; failed to write file: no such file or directory",
        "The kubelet's folder is elsewhere than the driver thinks, or the disk is full.",
        "Set linux.kubeletRootDir on both charts; look at the node's disk.",
        ("kubectl describe node {node}",),
        page=DRIVER_PAGE,
        source=_SOURCE,
    ),
)

SYNCING = (
    Cause(
        "sync_forbidden",
        "the driver may not write Secrets",
        'secrets is forbidden: User "system:serviceaccount:NS:NAME" cannot create resource "secrets"',
        "The ClusterRole for the copies into Secrets is not installed: the chart leaves it out by default, the add-on "
        "has it.",
        "Turn syncSecret.enabled on.",
        (
            "helm upgrade <RELEASE> csi-secrets-store-provider-azure/csi-secrets-store-provider-azure -n "
            "{driver_namespace} --reuse-values --set secrets-store-csi-driver.syncSecret.enabled=true",
        ),
        ("kubectl auth can-i create secrets --as {service_account} -n {namespace}",),
        page=PROVIDER_PAGE,
        phase=SYNC,
        provider_number=7,
    ),
    Cause(
        "sync_object_mismatch",
        "secretObjects names what is not mounted",
        "failed to get data in spc NS/NAME for secret NAME, err: file matching objectName NAME not found in the pod",
        "objectName under secretObjects must be the file's name: the objectAlias where there is one, else objectName.",
        "Correct secretObjects[].data[].objectName.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        page=OPTIONS_PAGE,
        phase=SYNC,
        source=_SOURCE,
    ),
    Cause(
        "sync_object_invalid",
        "secretObjects is not as it should be",
        "failed to validate secret object in spc; key in secretObjects.data is empty; Only 'tls.key' and 'tls.crt'",
        "A Secret's name, type or data is missing, a key is empty, or a TLS Secret is made of something that is no "
        "certificate.",
        "Correct secretObjects.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        page=OPTIONS_PAGE,
        phase=SYNC,
        source=_SOURCE,
    ),
    Cause(
        "sync_failed",
        "the copy into a Secret fails",
        "failed to create Kubernetes secret; FailedToCreateSecret: timed out waiting for the condition",
        "The driver gave up; why stands in its log.",
        "Read the driver's log on that node.",
        (_DRIVER_LOG,),
        page=OPTIONS_PAGE,
        phase=SYNC,
        candidates=("sync_forbidden", "sync_object_mismatch"),
        source=_SOURCE,
    ),
    Cause(
        "synced_secret_missing",
        "a container waits for a Secret that was not made",
        'Error: secret "NAME" not found; CreateContainerConfigError',
        "An environment variable takes its value from a Secret that the driver makes only while a pod mounts "
        "the volume: "
        "the mount, the copy, or the volume in this pod is missing.",
        "Mount the volume in the pod, too; then look at the mount and the copy.",
        ("kubectl describe pod {pod} -n {namespace}",),
        ("kubectl get secretproviderclass -n {namespace} -o yaml",),
        page=OPTIONS_PAGE,
        phase=SYNC,
        candidates=("sync_forbidden", "sync_object_mismatch"),
        source=_SOURCE,
    ),
    Cause(
        "rotation_failing",
        "what is mounted is not renewed any more",
        "MountRotationFailed: provider mount err; failed to reconcile spc for pod; isRemountRequest=true",
        "Running pods keep their old values. Why a renewal fails is a cause of its own, which is named beside this one "
        "where the text tells.",
        "Remove that cause; the next round renews.",
        (_DRIVER_LOG,),
        ("kubectl get secretproviderclasspodstatus -A",),
        page=OPTIONS_PAGE,
        phase=ROTATION,
        source=_SOURCE,
    ),
)

NO_CAUSE = (
    Cause(
        "mount_wait_summary",
        "an event that never tells the cause",
        "Unable to attach or mount volumes: unmounted volumes=[NAME]: timed out waiting for the condition",
        "The kubelet sums up every two minutes that a volume is missing; the cause stands in the other "
        "events of the pod.",
        "Read the other FailedMount events, before they are gone after an hour.",
        ("kubectl get events -A --field-selector reason=FailedMount -o json",),
        page=PROVIDER_PAGE,
        state=State.UNKNOWN,
        candidates=("driver_not_registered", "mount_timeout"),
        source="[K8s]",
    ),
    Cause(
        "log_body_missing",
        "the line that tells the cause was filtered out",
        '"failed to process mount request" err=<',
        "The provider writes the error in the lines after this one, which begin with a tab: grep ^E drops them.",
        "Read the log without grep.",
        (_PROVIDER_LOG,),
        page=PROVIDER_PAGE,
        state=State.UNKNOWN,
        source="[source] klog",
    ),
    Cause(
        "provider_error",
        "the provider refused or died; its own log says why",
        'node_publish_error_total{error_type="GRPCProviderError"}',
        "The driver only counts that the provider gave an error.",
        "Read the provider's log on the node.",
        (_PROVIDER_LOG,),
        page=PROVIDER_PAGE,
        state=State.UNKNOWN,
        source=_SOURCE,
    ),
    Cause(
        "not_understood",
        "an error that is in no document",
        "any line of severity E, or FailedMount event, that no rule fits",
        "The text tells of an error that this classifier does not know. It is shown as it stands.",
        "Read it, with what stands around it; newer versions of the extension may know it.",
        (_PROVIDER_LOG,),
        (_DRIVER_LOG,),
        page=PROVIDER_PAGE,
        state=State.UNKNOWN,
        source="[akskv]",
    ),
)

# About a text as a whole; no line of it is judged so.
VERDICTS = (
    Cause(
        "no_error_found",
        "no failure of the provider in the text",
        "entries of logs or events, and none that tells of a failure",
        "Everything that could be an error was looked at.",
        "If a pod still does not start, bring its events and the provider's log of its node.",
        (_PROVIDER_LOG,),
        ("kubectl get events -A --field-selector reason=FailedMount -o json",),
        page=PROVIDER_PAGE,
        state=State.OK,
        source="[akskv]",
    ),
    Cause(
        "nothing_recognised",
        "neither a log nor events",
        "a text without an entry of a log, without an event and without an error line",
        "No line of the text has the form of what the provider, the driver or the kubelet write.",
        "Bring a log of the provider or the driver, `kubectl describe pod`, or events in JSON.",
        (_PROVIDER_LOG,),
        ("kubectl get events -A --field-selector reason=FailedMount -o json",),
        page=PROVIDER_PAGE,
        state=State.UNKNOWN,
        source="[akskv]",
    ),
)
CAUSES = (*DRIVER, *SYNCING, *NO_CAUSE, *VERDICTS)
