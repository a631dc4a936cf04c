"""Each check of the pods' volumes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azext_akskv.model.addon import AddonIdentity
from azext_akskv.model.mounts.synced import SyncedSecret
from azext_akskv.model.observed import Observed
from tests.mount_builders import SYNCED, a_class, a_pod, a_volume
from tests.unit.checks.mount_views import GAP, ON, looked
from tests.unit.checks.verdicts import findings, problem, state

CODES = ("class-missing", "volume-writable", "publish-secret-missing", "pod-not-scheduled")
SIGNED = a_pod(volumes=[a_volume(nodePublishSecretRef={"name": "sp-creds"})])


def test_all_is_well() -> None:
    there = looked(
        pods=[SIGNED], classes=[a_class()], secrets=[SyncedSecret("team-a", "sp-creds", managed=False, used=True)]
    )
    assert [state(code, there) for code in CODES] == ["ok"] * len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_without_pods_there_is_nothing_to_say(code: str) -> None:
    assert state(code, looked(classes=[a_class()])) == "skipped"
    assert state(code, looked(consumers=GAP)) == "unknown"
    ended = a_pod(nodeName="", volumes=[a_volume("gone", readOnly=False)]) | {"status": {"phase": "Failed"}}
    assert state(code, looked(pods=[ended])) == "skipped"


def test_class_missing() -> None:
    found = problem("class-missing", looked(pods=[a_pod(), a_pod("web-1")]))
    assert found.blocks and "no SecretProviderClass kv in team-a" in found.text
    assert "pods team-a/web-0, team-a/web-1 mount" in found.text
    assert "cause 6 of the document on the add-on" in found.why
    moved = problem("class-missing", looked(pods=[a_pod()], classes=[a_class(namespace="team-b")]))
    assert "pod team-a/web-0 mounts; one of that name is in team-b" in moved.text
    assert moved.command.startswith("kubectl get") and moved.command.endswith("--namespace team-b")


PLAIN = "array:\n  - |\n    objectName: db-pass\n    objectType: secret\n    objectAlias: pw\n    objectVersion: v1\n"
ADDON = replace(ON, identity=AddonIdentity("C-1", "o-1", None))


@pytest.mark.parametrize(
    ("objects", "more", "made"),
    [
        (PLAIN, {}, "--secrets db-pass/v1=pw"),
        (PLAIN.replace("secret\n", "cert\n", 1), {}, "--certificates db-pass/v1=pw"),
        (PLAIN.replace("objectAlias: pw", "objectFormat: pfx"), {}, ""),
        (PLAIN.replace("- |", "-"), {}, ""),
        (PLAIN, {"userAssignedIdentityID": "another"}, ""),
        (PLAIN, {"keyvaultName": ""}, ""),
    ],
)
def test_class_missing_makes_it_anew_where_our_command_can_say_all_of_it(
    objects: str, more: dict[str, str], made: str
) -> None:
    there = a_class(namespace="team-b", objects=objects)
    there["spec"]["parameters"] |= {"userAssignedIdentityID": "c-1", **more}
    found = problem("class-missing", looked(pods=[a_pod()], classes=[there], addon=ADDON))
    assert ("secrets-provider generate" in found.command) == bool(made) and made in found.command
    if made:
        assert "--vault shop-kv" in found.command and found.command.endswith("--workload none --apply")
        assert "--namespace team-a --class-name kv" in found.command


def test_class_missing_does_not_forget_secrets_that_are_to_be_made() -> None:
    there = a_class(namespace="team-b", objects=PLAIN, secretObjects=SYNCED)
    there["spec"]["parameters"]["userAssignedIdentityID"] = "c-1"
    assert "kubectl get" in problem("class-missing", looked(pods=[a_pod()], classes=[there], addon=ADDON)).command


def test_class_missing_where_none_is_named_or_known() -> None:
    nameless = a_volume()
    nameless["csi"]["volumeAttributes"] = {}
    assert "names no SecretProviderClass" in problem("class-missing", looked(pods=[a_pod(volumes=[nameless])])).text
    assert state("class-missing", looked(pods=[a_pod()], classes=GAP)) == "unknown"
    assert state("class-missing", looked(pods=[a_pod()], kind_known=Observed(False))) == "skipped"


def test_volume_writable() -> None:
    volumes = [a_volume(readOnly=False)]
    found = problem("volume-writable", looked(pods=[a_pod(volumes=volumes), a_pod("web-1", volumes=volumes)]))
    assert found.blocks and "the volume store of pods team-a/web-0, team-a/web-1 is not read-only" in found.text
    unsaid = a_volume()
    del unsaid["csi"]["readOnly"]
    assert problem("volume-writable", looked(pods=[a_pod(volumes=[unsaid])])).blocks


def test_publish_secret_missing() -> None:
    assert state("publish-secret-missing", looked(pods=[a_pod()])) == "skipped"
    elsewhere = SyncedSecret("team-b", "sp-creds", used=True)
    found = problem("publish-secret-missing", looked(pods=[SIGNED], secrets=[elsewhere]))
    assert found.blocks and "no Secret sp-creds in team-a" in found.text and "clientsecret" in found.command
    [unseen] = findings("publish-secret-missing", looked(pods=[SIGNED], secrets={"team-a": GAP}))
    assert unseen.state.value == "unknown"


def test_publish_secret_without_the_label_of_the_rotation() -> None:
    found = problem(
        "publish-secret-missing", looked(pods=[SIGNED], secrets=[SyncedSecret("team-a", "sp-creds", used=False)])
    )
    assert found.state.value == "warning" and "used=true" in found.command
    unasked = looked(pods=[SIGNED], secrets=[SyncedSecret("team-a", "sp-creds", used=None)])
    assert state("publish-secret-missing", unasked) == "ok"


def test_pod_not_scheduled() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}
    waiting = a_pod(nodeName="") | {"status": {"phase": "Pending", "conditions": [condition]}}
    found = problem("pod-not-scheduled", looked(pods=[waiting]))
    assert not found.blocks and "team-a/web-0: 'Unschedulable: 0/1 nodes'" in found.text
    assert "describe pod web-0" in found.command
