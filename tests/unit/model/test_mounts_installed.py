"""What is installed of driver and provider, by labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.installed import (
    Driver,
    Installed,
    Layout,
    Role,
    SystemPod,
    Taint,
    parse_csi_node,
    parse_driver,
    parse_node,
    parse_system_pod,
)
from azext_akskv.model.observed import NotObserved, Observed
from tests.mount_builders import (
    DRIVER,
    NODE,
    a_csi_driver,
    a_csi_node,
    a_driver_pod,
    a_node,
    a_provider_pod,
    killed,
    unplaced,
    waiting,
)


def pod_of(raw: dict[str, Any]) -> SystemPod:
    found = parse_system_pod(raw)
    assert found is not None
    return found


def installed(*pods: dict[str, Any], **more: Any) -> Installed:
    unknown: Observed[Any] = Observed.unknown("not asked")
    parts = {"nodes": unknown, "drivers": unknown, "driver": unknown, **more}
    return Installed(pods=Observed(tuple(map(pod_of, pods))), **parts)


def test_a_node_is_what_its_labels_and_its_spec_say() -> None:
    gpu = a_node(system="windows", unschedulable=True, taints=[{"key": "sku", "value": "gpu", "effect": "NoSchedule"}])
    node = parse_node(gpu)
    assert (node.name, node.system, node.pool, node.unschedulable) == (NODE, "windows", "pool1", True)
    assert node.taints == (Taint("sku", "gpu", "NoSchedule"),) and str(node.taints[0]) == "sku=gpu:NoSchedule"
    assert node.ready and not node.virtual and "/virtualMachineScaleSets/vmss/" in node.provider_id
    assert not parse_node(a_node(ready="Unknown")).ready and node.created is not None


def test_a_node_of_container_instances_is_told_from_others() -> None:
    raw = a_node()
    raw["metadata"]["labels"] = {"type": "virtual-kubelet", "agentpool": "older"}
    assert (parse_node(raw).virtual, parse_node(raw).pool, parse_node(raw).system) == (True, "older", "")


def test_a_pod_of_the_driver_has_its_programs_version_and_flags() -> None:
    pod = pod_of(a_driver_pod())
    assert (pod.role, pod.version, pod.count, pod.running, pod.ready) == (Role.DRIVER, "1.5.1", 3, 3, True)
    assert (pod.argument("enable-secret-rotation"), pod.argument("rotation-poll-interval")) == ("true", "2m")
    assert pod.argument("log-format-json") is None and "loose" not in pod.arguments
    assert (pod.account, pod.set_name) == ("aks-secrets-store-csi-driver",) * 2
    assert pod.program is not None and pod.program.name == "secrets-store"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry:5000/provider-azure:v1.8.2", "1.8.2"),
        ("registry/provider-azure:v1.7.2-1@sha256:0123", "1.7.2"),
        ("registry/provider-azure@sha256:0123", ""),
        ("registry:5000/provider-azure", ""),
        ("registry/provider-azure:latest", ""),
    ],
)
def test_the_version_is_that_of_the_images_tag(image: str, version: str) -> None:
    assert replace(pod_of(a_provider_pod()), image=image).version == version


def test_a_pod_that_was_killed_for_its_memory_says_so() -> None:
    raw = a_provider_pod()
    raw["status"]["containerStatuses"] = [killed("provider-azure-installer")]
    pod = pod_of(raw)
    assert pod.program is not None and not pod.ready and pod.running == 0
    assert (pod.program.waiting, pod.program.ended_before, pod.program.exit_code_before) == (
        "CrashLoopBackOff",
        "OOMKilled",
        137,
    )
    assert pod.program.ran_out_of_memory and pod.program.restarts == 7


def test_a_pod_that_no_node_takes_names_the_node_it_is_for() -> None:
    pod = pod_of(unplaced(a_driver_pod(), "aks-gpu-0"))
    assert pod.node == "aks-gpu-0" and "untolerated taint {dedicated: gpu}" in pod.unscheduled
    assert not pod.ready and pod.program is None


def test_a_pod_is_ready_when_all_its_containers_are() -> None:
    raw = a_driver_pod()
    raw["status"]["containerStatuses"][2] = waiting("liveness-probe", "ImagePullBackOff")
    assert (pod_of(raw).running, pod_of(raw).count, pod_of(raw).ready) == (2, 3, False)


def test_a_pod_without_our_labels_is_none_of_ours() -> None:
    raw = a_driver_pod(app="web")
    assert parse_system_pod(raw) is None
    raw["metadata"] = {"name": "aks-secrets-store-csi-driver-x"}  # a name says nothing
    assert parse_system_pod(raw) is None


CHART = "csi-secrets-store-provider-azure"


@pytest.mark.parametrize(
    ("pods", "layouts"),
    [
        ([a_driver_pod(), a_provider_pod()], {Layout.ADD_ON}),
        ([a_driver_pod(namespace="csi"), a_provider_pod(namespace="csi", app=CHART)], {Layout.CHART}),
        ([a_driver_pod(app="csi-secrets-store"), a_provider_pod(app=CHART)], {Layout.MANIFESTS}),
        ([a_driver_pod(), a_provider_pod(), a_provider_pod(app=CHART)], {Layout.ADD_ON, Layout.CHART}),
        ([a_driver_pod(), a_provider_pod(), a_driver_pod(namespace="csi")], {Layout.ADD_ON, Layout.CHART}),
        ([], set()),
    ],
)
def test_the_layouts_follow_from_the_labels(pods: list[dict[str, Any]], layouts: set[Layout]) -> None:
    assert installed(*pods).layouts() == layouts


def test_two_that_do_the_same_on_a_node_are_rivals() -> None:
    other = a_driver_pod(namespace="csi")
    seen = installed(a_driver_pod(), a_provider_pod(), other)
    assert {on: len(pods) for on, pods in seen.rivals().items()} == {(NODE, Role.DRIVER): 2}
    again = a_driver_pod()
    again["metadata"]["name"] = "being-replaced"
    assert not installed(a_driver_pod(), again, a_driver_pod("aks-pool1-1")).rivals()


def test_the_pods_of_a_node_are_found_by_their_role() -> None:
    seen = installed(a_driver_pod(), a_provider_pod(), a_provider_pod("aks-pool1-1"))
    assert [each.name for each in seen.on_node(NODE, Role.PROVIDER)] == [f"provider-on-{NODE}"]
    assert seen.on_node("aks-pool1-1", Role.DRIVER) == ()


def test_which_drivers_a_kubelet_knows() -> None:
    drivers = dict([parse_csi_node(a_csi_node()), parse_csi_node(a_csi_node("b", "disk.csi.azure.com"))])
    seen = installed(drivers=Observed(drivers))
    assert (seen.registered(NODE), seen.registered("b"), seen.registered("c")) == (True, False, None)
    with pytest.raises(NotObserved, match="not asked"):
        installed().registered(NODE)


def test_the_driver_object_says_which_tokens_it_wants() -> None:
    assert parse_driver(a_csi_driver()) == Driver(True, ("api://AzureADTokenExchange",), False)
    assert parse_driver(a_csi_driver(tokenRequests=None, requiresRepublish=True)) == Driver(True, (), True)
    assert parse_csi_node({"metadata": {"name": "n"}, "spec": {"drivers": None}}) == ("n", ())
    assert DRIVER in dict([parse_csi_node(a_csi_node())])[NODE]


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(BadInput, match="'taints': expected a list"):
        parse_node(a_node(taints="none"))
    with pytest.raises(BadInput, match="containerStatuses"):
        parse_system_pod({**a_driver_pod(), "status": {"containerStatuses": {}}})
