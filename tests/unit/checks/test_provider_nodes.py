"""Whether driver and provider work on the nodes of pods that mount, and why they do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mount_builders import (
    NODE,
    Json,
    a_csi_node,
    a_driver_pod,
    a_node,
    a_pod,
    a_provider_pod,
    killed,
    unplaced,
    waiting,
)
from tests.unit.checks.mount_views import GAP, OFF, chart, looked
from tests.unit.checks.verdicts import findings, problem, state

DRIVER, PROVIDER = "csi-driver-missing", "provider-pod-missing"
TAINTS = [
    {"key": "node.kubernetes.io/disk-pressure", "effect": "NoSchedule"},
    {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
]


def on_node(node: Json | None = None, **given: Any) -> Any:
    """A pod that mounts on a node, with the provider there and no driver, where nothing else is said."""
    usual: dict[str, Any] = {"nodes": [node or a_node()], "system": [a_provider_pod()], "pods": [a_pod()]}
    return looked(**{**usual, **given})


def with_status(pod: Json, *statuses: Json) -> Json:
    return {**pod, "status": {"phase": "Running", "containerStatuses": list(statuses)}}


@pytest.mark.parametrize("code", [DRIVER, PROVIDER])
def test_they_work(code: str) -> None:
    assert state(code, looked(pods=[a_pod()])) == "ok"
    assert state(code, looked()) == "skipped"
    assert state(code, looked(pods=[a_pod(nodeName="")])) == "skipped"
    assert state(code, looked(addon=OFF, system=[], pods=[a_pod()])) == "skipped"
    ended = a_pod() | {"status": {"phase": "Succeeded"}}
    assert state(code, on_node(system=[], pods=[ended])) == "skipped"


def test_csi_driver_missing() -> None:
    found = problem(DRIVER, on_node())
    assert found.blocks and f"the driver does not work on {NODE}: there is no pod of it" in found.text
    assert "needed by pod team-a/web-0" in found.text and "cause 5 of both documents" in found.why
    assert state(PROVIDER, on_node()) == "ok"


def test_provider_pod_missing() -> None:
    found = problem(PROVIDER, on_node(system=[a_driver_pod()]))
    assert found.blocks and "the provider does not work" in found.text
    assert "cause 6 of the document on the provider" in found.why


def test_a_reason_is_said_once_for_all_its_nodes() -> None:
    names = [f"aks-pool1-{number}" for number in range(5)]
    pods = [a_pod(f"web-{number}", nodeName=name) for number, name in enumerate(names)]
    found = problem(DRIVER, looked(nodes=[a_node(name) for name in names], system=[a_provider_pod()], pods=pods))
    assert "aks-pool1-0, aks-pool1-1, aks-pool1-2 and 2 more" in found.text
    assert "pods team-a/web-0, team-a/web-1, team-a/web-2 and 2 more" in found.text


def test_a_taint() -> None:
    tainted = a_node(taints=TAINTS)
    found = problem(DRIVER, on_node(tainted))
    assert "dedicated=gpu:NoSchedule" in found.text and "pressure" not in found.text
    assert found.command == f"kubectl describe node {NODE}"
    nodes = [tainted, a_node("aks-pool1-1")]
    charted = looked(addon=OFF, nodes=nodes, system=chart("aks-pool1-1"), pods=[a_pod()])
    assert "secrets-store-csi-driver.linux.tolerations" in problem(DRIVER, charted).command
    assert "--set-json 'linux.tolerations" in problem(PROVIDER, charted).command
    told = problem(DRIVER, on_node(tainted, system=[unplaced(a_driver_pod(), NODE), a_provider_pod()]))
    assert "not scheduled" in told.text and "untolerated taint" in told.text


def test_a_windows_node_without_windows_pods() -> None:
    found = problem(DRIVER, on_node(a_node(system="windows")))
    assert "Windows" in found.text
    both = [a_node(system="windows"), a_node("aks-pool1-1", system="windows")]
    elsewhere = looked(nodes=both, system=[a_driver_pod("aks-pool1-1"), a_provider_pod()], pods=[a_pod()])
    assert "DaemonSet for Windows" not in problem(DRIVER, elsewhere).text


def test_a_virtual_node_and_one_that_is_not_ready_or_gone() -> None:
    virtual = a_node()
    virtual["metadata"]["labels"]["type"] = "virtual-kubelet"
    assert "virtual node" in problem(DRIVER, on_node(virtual)).text
    assert "not ready" in problem(DRIVER, on_node(a_node(ready="False"))).text
    assert "no such node" in problem(DRIVER, on_node(a_node("aks-pool1-1"))).text


def test_a_crash_for_memory() -> None:
    driver = with_status(a_driver_pod(), killed("secrets-store"))
    found = problem(DRIVER, on_node(system=[driver, a_provider_pod()]))
    assert "secrets-store ended with exit code 137" in found.text and "memory" in found.text
    assert "--container secrets-store --previous" in found.command
    silent = killed("secrets-store")
    silent["lastState"]["terminated"]["reason"] = "Error"
    again = on_node(system=[with_status(a_driver_pod(), silent), a_provider_pod()])
    assert "for memory as a rule" in problem(DRIVER, again).text


def test_a_pod_that_waits_or_is_not_ready() -> None:
    pulling = with_status(a_driver_pod(), waiting("secrets-store", "ImagePullBackOff", "no such image"))
    found = problem(DRIVER, on_node(system=[pulling, a_provider_pod()]))
    assert "ImagePullBackOff: 'no such image'" in found.text and "kubectl describe pod" in found.command
    half = with_status(a_driver_pod())
    assert "0 of 3 containers ready" in problem(DRIVER, on_node(system=[half, a_provider_pod()])).text


def test_a_kubelet_that_does_not_know_the_driver() -> None:
    strange = looked(pods=[a_pod()], csi_nodes=[a_csi_node(NODE, "disk.csi.azure.com")])
    assert "kubelet does not know it" in problem(DRIVER, strange).text
    assert "kubelet does not know it" in problem(DRIVER, looked(pods=[a_pod()], csi_nodes=[])).text
    assert state(PROVIDER, strange) == "ok"
    assert state(DRIVER, looked(pods=[a_pod()], drivers=GAP)) == "unknown"


def test_what_cannot_be_seen_hides_nothing() -> None:
    pods = [a_pod(), a_pod("web-1", nodeName="aks-pool1-1")]
    system = [a_driver_pod("aks-pool1-1"), a_provider_pod()]
    found = findings(DRIVER, looked(pods=pods, system=system, drivers=GAP, nodes=GAP))
    assert [each.state.value for each in found] == ["error", "unknown"]
    assert "no pod of it (not allowed to read it)" in found[0].text
    assert state(DRIVER, looked(consumers=GAP)) == "unknown"


def test_a_driver_that_may_be_where_nobody_could_look() -> None:
    only: dict[str, Any] = {"only_of": "kube-system", "system": [a_provider_pod()]}
    assert state(DRIVER, on_node(addon=OFF, **only)) == "unknown"
    assert state(DRIVER, on_node(**only)) == "error"  # the add-on's are in that namespace
