"""The Kubernetes API: objects written, patched, deleted, and refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from emulator.kubernetes.lists import list_request
from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import NAMESPACES
from tests.emulator.data_planes import DATA, HERE, MODIFIED, SECRETS, TABLE, Api, names, new_api, small_world


def test_a_created_secret_gets_what_the_server_gives(api: Api) -> None:
    answer = api.create("fresh", stringData={"password": "pässword"}, data={"user": "YQ=="})
    secret = answer.body
    assert (answer.status, secret["kind"], secret["apiVersion"], secret["type"]) == (201, "Secret", "v1", "Opaque")
    assert set(secret["metadata"]) == {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}
    assert base64.b64decode(secret["data"]["password"]).decode() == "pässword"
    assert (secret["data"]["user"], "stringData" in secret) == ("YQ==", False)
    assert api.secret("fresh") == secret


def test_names_can_be_generated(api: Api) -> None:
    made = [api("POST", HERE, {"metadata": {"generateName": "job-"}}).body["metadata"]["name"] for _ in range(2)]
    assert len(set(made)) == 2 and all(name.startswith("job-") and len(name) == 9 for name in made)


def test_what_cannot_be_created_is_refused(api: Api) -> None:
    again = api.create("mine", **DATA)
    assert (again.status, again.body["reason"]) == (409, "AlreadyExists")
    assert again.body["message"] == 'secrets "mine" already exists'
    lost = api.create("lost", namespace="nowhere")
    assert (lost.status, lost.body["message"]) == (404, 'namespaces "nowhere" not found')
    upper = api.create("Upper")
    assert (upper.status, upper.body["details"]["causes"][0]["field"]) == (422, "metadata.name")
    assert api.create("bad", data={"a": "not base64!"}).status == 400
    assert api.create("key", data={"a/b": ""}).body["details"]["causes"][0]["field"] == "data[a/b]"
    assert api.create("large", data={"a": "A" * 1_500_000}).status == 422
    assert api("POST", HERE, b"{").status == 400
    assert api("POST", SECRETS, {"metadata": {"name": "x"}}).status == 405
    elsewhere = api("POST", HERE, {"metadata": {"name": "x", "namespace": "payments"}})
    assert (
        elsewhere.body["message"]
        == "the namespace of the provided object does not match the namespace sent on the request"
    )


def test_an_update_of_a_stale_copy_is_a_conflict(api: Api) -> None:
    mine = api.secret("mine")
    first = api("PUT", f"{HERE}/mine", {**mine, "data": {"a": "Yw=="}})
    assert first.status == 200 and first.body["metadata"]["uid"] == mine["metadata"]["uid"]
    second = api("PUT", f"{HERE}/mine", mine)
    assert (second.status, second.body["reason"], second.body["message"]) == (409, "Conflict", MODIFIED)
    assert second.body["details"] == {"name": "mine", "kind": "secrets"}
    del mine["metadata"]["resourceVersion"]
    assert api("PUT", f"{HERE}/mine", mine).status == 200


def test_an_object_made_again_is_not_the_one_that_was_read(api: Api) -> None:
    mine = api.secret("mine")
    api("DELETE", f"{HERE}/mine")
    assert api("PUT", f"{HERE}/mine", mine).status == 404
    api.create("mine", **DATA)
    del mine["metadata"]["resourceVersion"]
    answer = api("PUT", f"{HERE}/mine", mine)
    assert answer.status == 409 and "Precondition failed: UID in precondition" in answer.body["message"]


def test_an_update_must_be_of_the_object_in_the_path(api: Api) -> None:
    answer = api("PUT", f"{HERE}/mine", {**api.secret("mine"), "metadata": {"name": "yours"}})
    assert answer.status == 400
    assert answer.body["message"] == "the name of the object (yours) does not match the name on the URL (mine)"
    assert api("PUT", f"{HERE}/mine", {**api.secret("mine"), "kind": "ConfigMap"}).status == 400


def test_merge_patches_go_deep_and_remove_with_null(api: Api) -> None:
    api.patch(f"{HERE}/mine", {"metadata": {"labels": {"x": "1", "y": "2"}}, "stringData": {"c": "d"}})
    secret = api.patch(f"{HERE}/mine", {"metadata": {"labels": {"x": None}}, "data": {"a": None}}).body
    assert (secret["metadata"]["labels"], secret["data"]) == ({"y": "2"}, {"c": "ZA=="})
    strategic = "application/strategic-merge-patch+json"
    labelled = api.patch(f"{HERE}/mine", {"metadata": {"labels": {"z": "3"}}}, strategic)
    assert labelled.body["metadata"]["labels"] == {"y": "2", "z": "3"}
    assert api.patch(f"{HERE}/mine", {"metadata": {"$patch": "replace"}}, strategic).status == 400


def test_a_patch_that_names_an_old_version_is_a_conflict(api: Api) -> None:
    old = api.secret("mine")["metadata"]["resourceVersion"]
    current = api.patch(f"{HERE}/mine", {"metadata": {"resourceVersion": old, "labels": {"x": "1"}}})
    assert current.status == 200
    stale = api.patch(f"{HERE}/mine", {"metadata": {"resourceVersion": old, "labels": {"x": "2"}}})
    assert (stale.status, stale.body["message"]) == (409, MODIFIED)


def test_json_patches_do_all_six_operations(api: Api) -> None:
    steps = [
        {"op": "test", "path": "/data/a", "value": "Yg=="},
        {"op": "add", "path": "/metadata/labels", "value": {"x~y/z": "1"}},
        {"op": "copy", "from": "/data/a", "path": "/data/b"},
        {"op": "move", "from": "/data/a", "path": "/data/c"},
        {"op": "replace", "path": "/metadata/labels/x~0y~1z", "value": "2"},
        {"op": "add", "path": "/metadata/finalizers", "value": ["f/1", "f/2"]},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "add", "path": "/metadata/finalizers/-", "value": "f/3"},
    ]
    secret = api.patch(f"{HERE}/mine", steps, "application/json-patch+json").body
    assert secret["data"] == {"b": "Yg==", "c": "Yg=="}
    assert (secret["metadata"]["labels"], secret["metadata"]["finalizers"]) == ({"x~y/z": "2"}, ["f/2", "f/3"])


@pytest.mark.parametrize(
    ("patch", "kind", "status"),
    [
        ([{"op": "test", "path": "/data/a", "value": "no"}], "application/json-patch+json", 422),
        ([{"op": "remove", "path": "/data/none"}], "application/json-patch+json", 422),
        ({}, "application/json-patch+json", 400),
        ([], "application/merge-patch+json", 400),
        (b"{", "application/merge-patch+json", 400),
        ({}, "application/apply-patch+yaml", 415),
        ({}, "application/json", 415),
    ],
)
def test_patches_that_do_not_fit_change_nothing(api: Api, patch: Any, kind: str, status: int) -> None:
    before = api.secret("mine")
    assert api.patch(f"{HERE}/mine", patch, kind).status == status
    assert api.secret("mine") == before


def test_immutable_data_and_types_stay(api: Api) -> None:
    assert api.patch(f"{HERE}/mine", {"type": "other"}).body["details"]["causes"][0]["field"] == "type"
    api.patch(f"{HERE}/mine", {"immutable": True})
    refused = api.patch(f"{HERE}/mine", {"data": {"a": "Yw=="}})
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    assert refused.body["message"] == (
        'Secret "mine" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    )
    assert api.patch(f"{HERE}/mine", {"metadata": {"labels": {"x": "1"}}}).status == 200
    assert api.patch(f"{HERE}/mine", {}).status == 200


def test_a_dry_run_writes_nothing(api: Api) -> None:
    before = api("GET", SECRETS).body["metadata"]["resourceVersion"]
    dry = {"dryrun": "All"}
    assert api.patch(f"{HERE}/mine", {"metadata": {"labels": {"x": "1"}}}, **dry).body["metadata"]["labels"] == {
        "x": "1"
    }
    assert api("POST", HERE, {"metadata": {"name": "dry"}}, **dry).status == 201
    assert api("DELETE", f"{HERE}/mine", **dry).status == 200
    assert api("GET", SECRETS).body["metadata"]["resourceVersion"] == before
    assert api("DELETE", f"{HERE}/mine", dryrun="Some").status == 422


def test_deleting_says_what_is_gone_and_honours_preconditions(api: Api) -> None:
    uid = api.secret("mine")["metadata"]["uid"]
    assert api("DELETE", f"{HERE}/mine", {"preconditions": {"uid": "another"}}).status == 409
    gone = api("DELETE", f"{HERE}/mine").body
    assert (gone["status"], gone["details"]) == ("Success", {"name": "mine", "kind": "secrets", "uid": uid})
    missing = api("GET", f"{HERE}/mine")
    assert (missing.status, missing.body["message"]) == (404, 'secrets "mine" not found')


def test_a_namespace_takes_what_is_in_it_along(api: Api) -> None:
    assert api("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}}).body["status"] == {"phase": "Active"}
    api.create("inside", namespace="team")
    api.create("inside", namespace="team", plural="configmaps", data={"a": "b"})
    before = names(api("GET", SECRETS).body)
    api("DELETE", "/api/v1/namespaces/team")
    assert names(api("GET", SECRETS).body) == [name for name in before if name != "inside"]
    assert "inside" not in names(api("GET", "/api/v1/configmaps").body)
    assert set(NAMESPACES) <= set(names(api("GET", "/api/v1/namespaces").body))


def test_leases_and_events_are_stored_like_everything(api: Api) -> None:
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    lease = api("POST", path, {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "me"}})
    assert (lease.status, lease.body["apiVersion"]) == (201, "coordination.k8s.io/v1")
    assert api("GET", f"{path}/none").body["message"] == 'leases.coordination.k8s.io "none" not found'
    event = {"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Failed"}
    assert api("POST", "/api/v1/namespaces/default/events", event).status == 201
    row = api("GET", "/api/v1/namespaces/default/events", accept=TABLE).body["rows"][0]["cells"]
    assert row[2:4] == ["Failed", "pod/p"]


def test_one_counter_counts_every_write(api: Api) -> None:
    before = int(api("GET", SECRETS).body["metadata"]["resourceVersion"])
    made = api.create("map", plural="configmaps", data={"a": "b"})
    assert int(made.body["metadata"]["resourceVersion"]) == before + 1
    assert int(api("GET", SECRETS).body["metadata"]["resourceVersion"]) == before + 1
    storage = api.server.registry.storage
    assert list_request({}, "/registry/secrets/", storage).revision == before + 1


def test_admission_refuses_also_what_would_change_nothing() -> None:
    text = 'admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy] {name} is protected'
    rules = (
        AdmissionRule(text, namespaces=("payments",)),
        AdmissionRule("no", names=("fixed",), operations=("DELETE",)),
    )
    api = new_api(small_world(), admission=rules)
    assert api.create("inside", namespace="payments").status == 201
    path = "/api/v1/namespaces/payments/secrets/inside"
    refused = api.patch(path, {})
    assert (refused.status, refused.body["reason"]) == (403, "Forbidden")
    assert refused.body["message"] == text.format(name="inside")
    assert api("PUT", path, api("GET", path).body).status == 403
    assert api("DELETE", path).status == 200
    api.create("fixed")
    assert api.patch(f"{HERE}/fixed", {}).status == 200
    assert api("DELETE", f"{HERE}/fixed").body["message"] == "no"
