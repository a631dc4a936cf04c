"""Pods that mount, events that tell of them, classes and Secrets: what of the API's objects is taken."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from azext_akskv.model.mounts.consumer import (
    ClassVolume,
    Consumer,
    Mounted,
    SecretUse,
    VolumeUse,
    parse_consumer,
    parse_mounted,
)
from azext_akskv.model.mounts.installed import Installed, Role, parse_system_pod
from azext_akskv.model.mounts.pod_event import PodEvent, parse_event
from azext_akskv.model.mounts.secret_class import ObjectList, SecretEntry, SecretObject, parse_class, written_objects
from azext_akskv.model.mounts.seen import LogSource, Seen, log_sources
from azext_akskv.model.mounts.synced import AccountRef, ServiceAccount, parse_account
from azext_akskv.model.observed import NotObserved, Observed
from tests.mount_builders import (
    FAILED_MOUNT,
    NODE,
    OBJECTS,
    SYNCED,
    a_class,
    a_driver_pod,
    a_pod,
    a_provider_pod,
    a_status,
    a_volume,
    an_account,
    an_event,
    killed,
    unplaced,
    waiting,
)


def consumer_of(raw: dict[str, Any]) -> Consumer:
    found = parse_consumer(raw)
    assert found is not None
    return found


def test_a_pod_that_mounts_has_its_volumes_and_the_secrets_it_needs() -> None:
    pod = consumer_of(a_pod())
    assert (str(pod), pod.node, pod.phase, pod.service_account) == ("team-a/web-0", NODE, "Pending", "web")
    assert (pod.owner_kind, pod.owner, pod.use_workload_identity) == ("ReplicaSet", "web-5d4f", "true")
    assert pod.volumes == (ClassVolume("store", "kv", read_only=True),)
    assert pod.mounts == (VolumeUse("web", "store", "/mnt/store"),)
    assert pod.secrets == (
        SecretUse("db", "env", "password", "web"),
        SecretUse("more", "envFrom", "", "web", optional=True),
    )
    assert pod.waiting == ("ContainerCreating",) and pod.created == datetime(2026, 11, 22, 11, tzinfo=timezone.utc)
    assert "planted" not in repr(pod)


def test_init_containers_and_secret_volumes_count_too() -> None:
    first = {"name": "first", "volumeMounts": [{"name": "store", "mountPath": "/a", "subPath": "db-pass"}]}
    volumes = [
        a_volume(nodePublishSecretRef={"name": "sp"}, readOnly=None),
        {"name": "s", "secret": {"secretName": "synced"}},
    ]
    pod = consumer_of(a_pod(initContainers=[first], containers=[{"name": "web"}], volumes=volumes))
    assert pod.mounts == (VolumeUse("first", "store", "/a", "db-pass"),)
    assert pod.secrets == (SecretUse("synced", "volume"),)
    assert (pod.volumes[0].publish_secret, pod.volumes[0].read_only) == ("sp", False)


def test_a_pod_without_our_volume_counts_only_where_it_waits_for_a_secret() -> None:
    raw = a_pod(volumes=[{"name": "x", "csi": {"driver": "disk.csi.azure.com"}}, {"name": "y", "emptyDir": {}}])
    assert parse_consumer(raw) is None
    raw["status"]["containerStatuses"] = [waiting("web", "CreateContainerConfigError", 'secret "db" not found')]
    pod = consumer_of(raw)
    assert pod.volumes == () and pod.containers[0].message == 'secret "db" not found'


def test_a_pod_of_nobody_runs_as_default_without_a_label() -> None:
    raw = a_pod(serviceAccountName="")
    raw["metadata"] |= {"labels": None, "ownerReferences": None}
    pod = consumer_of(raw)
    assert (pod.service_account, pod.owner, pod.use_workload_identity) == ("default", "", None)
    assert "untolerated" in consumer_of(unplaced(raw, NODE)).unscheduled


def test_what_is_mounted_is_told_with_its_versions() -> None:
    started = datetime(2026, 11, 22, 11, tzinfo=timezone.utc)
    assert parse_mounted(a_status()) == Mounted(
        "team-a", "web-0-team-a-kv", "web-0", "kv", True, NODE, {"secret/db-pass": "v1", "cert/web-tls": "v7"}, started
    )


def test_an_event_is_taken_with_its_count_and_its_times() -> None:
    event = parse_event(an_event())
    assert event is not None
    assert (event.namespace, event.pod, event.uid, event.reason) == ("team-a", "web-0", "uid-of-web-0", "FailedMount")
    assert (event.message, event.count, event.component, event.host) == (FAILED_MOUNT, 9, "kubelet", NODE)
    assert event.last == datetime(2026, 11, 22, 11, 58, 30, tzinfo=timezone.utc) != event.first


def test_an_event_of_the_newer_kind_has_its_times_elsewhere() -> None:
    newer = an_event(
        firstTimestamp=None,
        lastTimestamp=None,
        eventTime="2026-11-22T11:50:00.123456Z",
        count=None,
        source={},
        reportingComponent="kubelet",
        reportingInstance=NODE,
        series={"count": 4, "lastObservedTime": "2026-11-22T11:59:00.000000Z"},
    )
    event = parse_event(newer)
    assert event is not None and (event.count, event.component, event.host) == (4, "kubelet", NODE)
    assert event.first and event.last and (event.first.minute, event.last.minute) == (50, 59)


def test_what_a_pod_waits_for_and_what_it_has_mounted_are_written_as_kubectl_does() -> None:
    raw = a_pod()
    raw["status"]["containerStatuses"] = [waiting("web", "CreateContainerConfigError", 'secret "db" not found')]
    lines = consumer_of(raw).lines()
    again = json.loads("\n".join(lines))
    assert (lines[0], lines[-1], again["kind"], again["spec"]) == ("{", "}", "Pod", {"nodeName": NODE})
    [state] = again["status"]["containerStatuses"]
    assert state["state"]["waiting"]["message"] == 'secret "db" not found'
    mounted = parse_mounted(a_status())
    again = json.loads(mounted.line())
    assert again["kind"] == "SecretProviderClassPodStatus" and parse_mounted(again).created == mounted.created
    assert again["status"] == {"podName": "web-0", "secretProviderClassName": "kv", "mounted": True}


@pytest.mark.parametrize(
    "other",
    [
        {"reason": "BackOff"},
        {"reason": "Failed", "message": "Failed to pull image"},
        {"type": "Normal"},
        {"involvedObject": {"kind": "Node", "name": NODE}},
    ],
)
def test_an_event_of_something_else_is_passed_over(other: dict[str, Any]) -> None:
    assert parse_event(an_event(**other)) is None


def test_an_event_is_written_as_one_line_that_reads_back_the_same() -> None:
    event = parse_event(an_event("first\nsecond \u2028 line"))
    assert event is not None
    line = event.line()
    assert len(line.splitlines()) == 1 and parse_event(json.loads(line)) == PodEvent(
        **{**vars(event), "uid": ""}  # which the line does without
    )


def test_a_class_is_what_it_says() -> None:
    raw = {"apiVersion": "secrets-store.csi.x-k8s.io/v1alpha1", **a_class(secretObjects=SYNCED)}
    assert written_objects(raw) == OBJECTS
    found = parse_class(raw, ObjectList())
    assert (str(found), found.version, found.provider) == ("team-a/kv", "v1alpha1", "azure")
    assert found.secret_objects == (SecretObject("db", "Opaque", (SecretEntry("db-pass", "password"),)),)
    assert found.parameter("KEYVAULTNAME") == "shop-kv" and found.parameter("tenantId", "x") == "t-1"
    assert found.parameter("clientID") == ""
    assert written_objects({"spec": {"provider": "azure"}}) == ""


def test_of_an_account_two_annotations_are_taken() -> None:
    assert parse_account(an_account()) == ServiceAccount("team-a", "web", "client-1")
    account = AccountRef("kube-system", "driver")
    assert account.user == "system:serviceaccount:kube-system:driver"
    assert account.groups[1] == "system:serviceaccounts:kube-system"


def seen(*, pods: tuple[dict[str, Any], ...] = (), events: tuple[dict[str, Any], ...] = ()) -> Seen:
    unknown: Observed[Any] = Observed.unknown("not asked")
    found = tuple(each for each in map(parse_event, events) if each)
    return Seen(
        namespace=None,
        installed=Installed(unknown, unknown, unknown, unknown),
        kind_known=Observed(True),
        classes=Observed(
            (parse_class(a_class(namespace="team-b"), ObjectList()), parse_class(a_class(), ObjectList()))
        ),
        consumers=Observed(tuple(map(consumer_of, pods))),
        mounted=Observed((parse_mounted(a_status("web-1")), parse_mounted(a_status()))),
        events=Observed(found),
        accounts={"team-a": Observed((parse_account(an_account("default")), parse_account(an_account())))},
    )


def test_what_belongs_to_a_pod_is_found() -> None:
    pod = consumer_of(a_pod())
    earlier, replaced = an_event(lastTimestamp="2026-11-22T11:52:00Z"), an_event()
    replaced["involvedObject"]["uid"] = "of another pod of that name"
    look = seen(pods=(a_pod(),), events=(an_event(), earlier, replaced, an_event(pod="web-1")))
    assert [each.last.minute for each in look.events_of(pod) if each.last] == [52, 58]
    found = look.class_of(pod, "kv")
    assert found is not None and found.namespace == "team-a"
    assert look.class_of(pod, "other") is None
    mounted = look.mounted_by(pod, "kv")
    assert mounted is not None and mounted.pod == "web-0"
    account = look.account(pod)
    assert account is not None and account.name == "web"


def test_a_namespace_that_was_not_looked_at_is_unknown_and_not_empty() -> None:
    look = seen()
    with pytest.raises(NotObserved, match="not looked at"):
        look.secrets_of("team-a").get()
    with pytest.raises(NotObserved, match="not looked at"):
        look.account(consumer_of(a_pod(namespace="team-z")))


def test_the_logs_that_matter_are_those_of_the_programs() -> None:
    crashed = a_provider_pod()
    crashed["status"]["containerStatuses"] = [killed("provider-azure-installer")]
    pods = (a_driver_pod(), crashed, unplaced(a_driver_pod("x"), "x"))
    found = log_sources(pod for raw in pods if (pod := parse_system_pod(raw)))
    assert found == (
        LogSource("kube-system", f"driver-on-{NODE}", "secrets-store", NODE, Role.DRIVER),
        LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE),
        LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE, previous=True),
    )
    assert str(found[2]) == f"kube-system/provider-on-{NODE}/provider-azure-installer (previous)"
