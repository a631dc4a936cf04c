"""What is seen of a cluster that secrets are copied into."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azext_akskv.model.ids import BadInput
from azext_akskv.model.mounts.containers import Container
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.seen import (
    NODE_ARGUMENTS,
    ControllerPod,
    Program,
    log_sources,
    parse_certifier,
    parse_controller_pod,
    parse_edge_node,
    parse_identity,
    parse_program,
    parse_store_event,
)

OWN = {"AZURE_SUBSCRIPTION_ID": "sub", "AZURE_RESOURCE_GROUP": "rg", "AZURE_RESOURCE_NAME": "edge"}


def deployment(image: str = "", **spec: Any) -> dict[str, Any]:
    pod = {"spec": {"containers": [{"name": "c", "image": image}] if image else []}}
    return {"metadata": {"namespace": "n", "name": "d"}, "spec": {"template": pod, **spec}}


def test_a_cluster_says_which_one_it_is_in_whatever_letters() -> None:
    found = parse_identity({"data": {**OWN, "AZURE_TENANT_ID": "t", "HTTP_PROXY": "http://me:s3cr3t@proxy"}})
    assert found.is_of(connected_id("SUB", "Rg", "EDGE")) and not found.is_of(connected_id("sub", "rg", "edge-2"))
    assert found.tenant == "t" and "s3cr3t" not in repr(found)


@pytest.mark.parametrize("lacking", OWN)
def test_a_cluster_that_does_not_say_it_wholly_says_nothing(lacking: str) -> None:
    with pytest.raises(BadInput):
        parse_identity({"data": {**OWN, lacking: ""}})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["server", "--token", "s3cr3t", "--kube-apiserver-arg", "a=1", "--kube-apiserver-arg", "b=2"], ("a=1", "b=2")),
        (["server", "--kube-apiserver-arg=a=1"], ("a=1",)),
        (["agent"], ()),
        ("text", ()),
        ([1], ()),
    ],
)
def test_of_a_nodes_arguments_only_those_for_the_api_server_are_kept(arguments: Any, told: tuple[str, ...]) -> None:
    raw = {"metadata": {"name": "n", "annotations": {NODE_ARGUMENTS: json.dumps(arguments)}}}
    node = parse_edge_node(raw)
    assert node.server_arguments == told and "s3cr3t" not in repr(node)


def test_arguments_that_are_no_json_are_none() -> None:
    assert parse_edge_node({"metadata": {"annotations": {NODE_ARGUMENTS: "[--x"}}}).server_arguments == ()


@pytest.mark.parametrize(
    ("image", "role"),
    [
        ("quay.io/jetstack/cert-manager-webhook:v1.16.2", "cert-manager"),
        ("quay.io/jetstack/trust-manager@sha256:aa", "trust-manager"),
        ("example.test/team/webhook:1", None),
        ("", None),
    ],
)
def test_programs_for_certificates_are_known_by_their_images(image: str, role: str | None) -> None:
    found = parse_certifier(deployment(image))
    assert (found.role if found else None) == role


def test_a_program_runs_when_all_of_it_is_ready() -> None:
    assert not parse_program(deployment()).running
    ready = {**deployment("i", replicas=2), "status": {"readyReplicas": 2}}
    assert parse_program(ready).running and not parse_program({**ready, "status": {"readyReplicas": 1}}).running
    assert not Program("n", "d", wanted=0, ready=0).running


def test_a_pod_is_ready_when_both_containers_are() -> None:
    raw = {
        "metadata": {"namespace": "n", "name": "p", "deletionTimestamp": "2026-11-22T12:00:00Z"},
        "spec": {"containers": [{"name": "manager", "image": "m:1"}, {"name": "provider-azure-installer"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "manager", "ready": True}]},
    }
    pod = parse_controller_pod(raw)
    assert not pod.ready and pod.ending and pod.images["manager"] == "m:1"


def test_logs_of_both_containers_and_of_the_run_before() -> None:
    images = {"manager": "m", "provider-azure-installer": "p"}
    pod = ControllerPod("n", "p", containers=(Container("manager", restarts=2),), images=images)
    waits = ControllerPod("n", "q", images=images, unscheduled="no node")
    assert [str(each) for each in log_sources([pod, waits])] == [
        "n/p/manager",
        "n/p/manager (previous)",
        "n/p/provider-azure-installer",
    ]


def test_an_event_is_one_line_without_credentials() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
    raw = {"involvedObject": {"kind": "SecretSync", "name": "db"}, "message": f"it failed\nwith {token}", "count": 3}
    event = parse_store_event({**raw, "metadata": {"namespace": "shop"}, "eventTime": "2026-11-22T12:00:00Z"})
    assert token not in event.message and "\n" not in event.message and event.message.startswith("it failed")
    assert (event.namespace, event.count, event.warning) == ("shop", 3, False) and event.last
