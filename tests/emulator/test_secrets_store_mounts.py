"""Mounting: what succeeds, what the kubelet and the driver refuse, and how it is told and tried again."""

from __future__ import annotations

import time
from typing import Any

import pytest

from emulator.kubernetes.secrets_store.azure_side import Unanswered
from emulator.worlds.secrets_store import SecretsStore
from tests.emulator.data_planes import names
from tests.emulator.secrets_client import (
    CLASSES,
    PODS,
    POOL,
    SECRET,
    a_class,
    a_pod,
    a_store,
    chart,
    entries,
    items,
)

STATUSES = "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasspodstatuses"
FAILED = 'MountVolume.SetUp failed for volume "kv" : '
UNKNOWN = f"{FAILED}rpc error: code = Unknown desc = "


def waiting(pod: dict[str, Any]) -> tuple[str, str]:
    return pod["status"]["phase"], pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"]


def test_a_pod_runs_once_its_volume_is_mounted_and_a_status_tells_the_versions() -> None:
    store = a_store()
    pod = store.run()
    assert pod["status"]["phase"] == "Running" and store.events() == []
    [status] = items(store.api, STATUSES)
    assert status["metadata"]["name"] == "web-default-kv"
    assert status["metadata"]["labels"] == {"internal.secrets-store.csi.k8s.io/node-name": f"{POOL}0"}
    assert status["metadata"]["ownerReferences"][0]["uid"] == pod["metadata"]["uid"]
    assert (status["status"]["mounted"], status["status"]["objects"]) == (
        *(True,),
        [{"id": "secret/db-pass", "version": "1"}],
    )
    target = f"/var/lib/kubelet/pods/{pod['metadata']['uid']}/volumes/kubernetes.io~csi/kv/mount"
    assert status["status"]["targetPath"] == target
    assert f'"node publish volume complete" targetPath="{target}" pod="default/web"' in store.logs("driver")
    store.api("DELETE", f"{PODS.format('default')}/web")
    assert items(store.api, STATUSES) == []


def test_the_container_reads_the_files() -> None:
    store = a_store()
    store.run(a_pod(command=["cat", "/mnt/secrets/pass"]), a_class(objects=entries({**SECRET, "objectAlias": "pass"})))
    deadline = time.monotonic() + 10
    while store.pod()["status"]["phase"] != "Succeeded":
        assert time.monotonic() < deadline
    assert store.api("GET", f"{PODS.format('default')}/web/log").body == b"correct-horse"


def test_a_pod_waits_on_its_node_and_is_tried_again_after_ever_longer_pauses() -> None:
    store = a_store()
    store.add(a_pod(), PODS)
    pod = store.pod()
    assert (waiting(pod), pod["spec"]["nodeName"]) == (("Pending", "ContainerCreating"), f"{POOL}0")
    [event] = store.events()
    assert event["message"] == (
        f"{UNKNOWN}failed to get secretproviderclass default/kv, error: "
        'SecretProviderClass.secrets-store.csi.x-k8s.io "kv" not found'
    )
    assert (event["count"], event["type"], event["source"]) == (
        2,
        "Warning",
        {"component": "kubelet", "host": f"{POOL}0"},
    )
    assert event["involvedObject"] | {"apiVersion": "v1"} == {
        **{"kind": "Pod", "apiVersion": "v1", "namespace": "default", "name": "web"},
        "uid": pod["metadata"]["uid"],
    }
    store.api.world.clock.advance(600)
    again = next(one for one in store.events() if one["message"] == event["message"])
    assert again["count"] == 12 and again["lastTimestamp"] > event["lastTimestamp"]
    assert again["firstTimestamp"] == event["firstTimestamp"] and again["metadata"]["name"].startswith("web.")
    summary = next(one for one in store.events() if one["message"] != event["message"])
    assert summary["message"] == (
        "Unable to attach or mount volumes: unmounted volumes=[kv], unattached volumes=[], failed to process "
        "volumes=[]: context deadline exceeded"
    )
    assert store.events("Scheduled")[0]["message"] == f"Successfully assigned default/web to {POOL}0"
    store.add(a_class(), CLASSES)
    store.api.world.clock.advance(122)
    assert store.pod()["status"]["phase"] == "Running"
    store.api.world.clock.advance(3601)
    assert store.events() == []


def test_an_older_kubelet_sums_up_in_other_words() -> None:
    store = a_store(kubernetes_version="1.25.15")
    store.add(a_pod(), PODS)
    store.pod()
    store.api.world.clock.advance(130)
    assert store.events()[-1]["message"].endswith(
        "unattached volumes=[kv]: timed out waiting for the condition"
    ) or any(
        one["message"].endswith("unattached volumes=[kv]: timed out waiting for the condition")
        for one in store.events()
    )


@pytest.mark.parametrize(
    ("pod", "of", "text"),
    [
        (
            a_pod(csi={"readOnly": False}),
            a_class(),
            f"{FAILED}rpc error: code = InvalidArgument desc = Readonly is not true in request",
        ),
        (a_pod(csi={"volumeAttributes": {}}), a_class(), f"{UNKNOWN}secretProviderClass is not set"),
        (a_pod(), {"metadata": {"name": "kv"}, "spec": {}}, f"{UNKNOWN}provider not set in default/kv"),
        (
            a_pod(),
            {"metadata": {"name": "kv"}, "spec": {"provider": "azure"}},
            f"{UNKNOWN}parameters not set in default/kv",
        ),
        (
            a_pod(),
            {"metadata": {"name": "kv"}, "spec": {"provider": "gcp", "parameters": {"a": "b"}}},
            f"{UNKNOWN}failed to mount secrets store objects for pod default/web, err: error connecting to provider "
            '"gcp": provider not found: provider "gcp"',
        ),
        (
            a_pod(csi={"nodePublishSecretRef": {"name": "creds"}}),
            a_class(),
            f"{FAILED}fetching NodePublishSecretRef default/creds failed: kubernetes.io/csi: failed to find the secret "
            'creds in the namespace default with error: secrets "creds" not found',
        ),
        (
            a_pod(),
            a_class(objects="array: []"),
            f"{UNKNOWN}failed to mount secrets store objects for pod default/web, err: missing object versions",
        ),
    ],
)
def test_what_kubelet_and_driver_refuse_themselves(pod: dict[str, Any], of: dict[str, Any], text: str) -> None:
    store = a_store()
    assert waiting(store.run(pod, of)) == ("Pending", "ContainerCreating")
    assert [one["message"] for one in store.events()] == [text]
    assert store.errors("provider") == []


def test_without_the_definition_there_is_no_class_of_any_name() -> None:
    store = a_store()
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/secretproviderclasses.secrets-store.csi.x-k8s.io"
    store = a_store(chart())
    store.api("DELETE", path)
    store.add(a_pod(), PODS)
    store.pod()
    assert store.events()[0]["message"].endswith(
        'failed to get secretproviderclass default/kv, error: no matches for kind "SecretProviderClass" in version '
        '"secrets-store.csi.x-k8s.io/v1"'
    )


@pytest.mark.parametrize("trouble", ["windows", "taint", "memory"])
def test_a_node_without_a_driver_does_not_know_it(trouble: str) -> None:
    worlds: dict[str, tuple[SecretsStore, dict[str, Any], dict[str, Any]]] = {
        "windows": (chart(), {"windows_pools": ("win",)}, {"nodeSelector": {"kubernetes.io/os": "windows"}}),
        "taint": (
            *(chart(), {"pools": ("nodepool1", "gpu"), "taints": (("gpu", "sku=gpu:NoSchedule"),)}),
            {"nodeSelector": {"agentpool": "gpu"}, "tolerations": [{"operator": "Exists"}]},
        ),
        "memory": (SecretsStore(driver_needs=900), {}, {}),
    }
    provider, cluster, of_pod = worlds[trouble]
    store = a_store(provider, **cluster)
    store.run(a_pod(**of_pod))
    assert [one["message"] for one in store.events()] == [
        f"{FAILED}kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name secrets-store.csi.k8s.io "
        "not found in the list of registered CSI drivers"
    ]


def test_a_provider_that_is_not_there_or_dies_cannot_be_reached() -> None:
    store = a_store(chart())
    store.api("DELETE", "/apis/apps/v1/namespaces/kube-system/daemonsets/csi-csi-secrets-store-provider-azure")
    store.run()
    what = 'error connecting to provider "azure": provider not found: provider "azure"'
    [event] = store.events()
    assert event["message"] == f"{UNKNOWN}failed to mount secrets store objects for pod default/web, err: {what}"
    assert (
        r'"failed to mount secrets store object content" err="error connecting to provider \"azure\"'
        in (store.errors("driver")[0])
    )
    dying = a_store(SecretsStore(provider_needs=900))
    dying.run()
    socket = "dial unix /var/run/secrets-store-csi-providers/azure.sock: connect: connection refused"
    assert socket in dying.events()[0]["message"]


def test_an_answer_that_does_not_come_is_a_deadline_for_the_kubelet_and_a_reason_for_the_provider() -> None:
    store = a_store()
    url = "https://shop-kv.vault.emulator.test/secrets/db-pass/"
    store.azure.vault_says = Unanswered("timeout", "dial tcp 20.53.17.41:443: i/o timeout", url)
    store.run()
    assert store.events() == []
    store.api.world.clock.advance(125)
    messages = [one["message"] for one in store.events()]
    assert f"{FAILED}rpc error: code = DeadlineExceeded desc = context deadline exceeded" in messages
    assert r'secrets/db-pass/?api-version=7.4\": dial tcp 20.53.17.41:443: i/o timeout"' in store.errors("provider")[0]
    assert 'err="rpc error: code = DeadlineExceeded desc = context deadline exceeded"' in store.errors("driver")[0]


def test_a_driver_that_may_not_write_statuses_does_not_mount() -> None:
    store = a_store(chart())
    store.api("DELETE", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/secretproviderclasses-rolebinding")
    store.run()
    assert (
        "failed to create secret provider class pod status for pod default/web, err: " in store.events()[0]["message"]
    )


def test_a_deployments_pods_are_tried_anew_when_they_are_deleted() -> None:
    store = a_store()
    pod = a_pod()
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {**pod["spec"], "restartPolicy": "Always"}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    store.add({"metadata": {"name": "web"}, "spec": spec}, DEPLOYMENTS)
    store.api.world.clock.advance(5)
    [first] = items(store.api, PODS.format("default"))
    assert waiting(first) == ("Pending", "ContainerCreating")
    store.add(a_class(), CLASSES)
    store.api("DELETE", f"{PODS.format('default')}/{first['metadata']['name']}")
    for _ in range(3):
        store.api.world.clock.advance(1)
        [second] = items(store.api, PODS.format("default"))
    assert second["metadata"]["uid"] != first["metadata"]["uid"] and second["status"]["phase"] == "Running"
    assert names(store.api("GET", STATUSES).body) == [f"{second['metadata']['name']}-default-kv"]
    store.api.world.inside.stop()


DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


def test_texts_with_ever_other_ids_are_counted_together() -> None:
    store = a_store()
    store.run()
    store.api("DELETE", f"{PODS.format('default')}/web")
    store.add(a_pod("other"), PODS)
    for number, pause in enumerate((1, 0.5, 1, 2, 4, 8, 16, 32, 64, 122, 122, 122)):
        store.azure.vault_says = Unanswered("reset", f"read tcp: reset {number}", "https://a/")
        store.api.world.clock.advance(pause)
        found = [one for one in store.events() if one["message"].startswith("MountVolume")]
        assert store.events("Scheduled")
    combined = [one for one in store.events() if one["message"].startswith("(combined from similar events): ")]
    assert (len(combined), len(found)) == (1, 9)
