"""The Kubernetes API: who is let in, and objects in all their forms."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from kubernetes.client.exceptions import ApiException

from emulator.core.http import Dropped
from emulator.core.tls import cluster_authority
from emulator.emulation import Emulation
from emulator.kubernetes.admission import AdmissionRule
from emulator.kubernetes.lists import list_request
from emulator.kubernetes.tables import age
from emulator.worlds.spec import NAMESPACES
from tests.emulator.conftest import Running
from tests.emulator.data_planes import (
    CLUSTER_ID,
    TABLE,
    Api,
    entra_headers,
    grant,
    new_api,
    small_world,
)

SECRETS = "/api/v1/secrets"
HERE = "/api/v1/namespaces/default/secrets"
MODIFIED = (
    'Operation cannot be fulfilled on secrets "mine": the object has been modified; '
    "please apply your changes to the latest version and try again"
)
DATA = {"data": {"a": "Yg=="}}


@pytest.fixture
def api() -> Api:
    """A cluster of 1.30 with a secret of ours, seen by its administrator."""
    made = new_api(small_world())
    assert made.create("mine", type="Opaque", **DATA).status == 201
    return made


def names(body: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


def certificate(user: str, group: str) -> bytes:
    issued = cluster_authority().client_certificate(user, group).certificate
    return x509.load_pem_x509_certificate(issued).public_bytes(Encoding.DER)


def test_without_credentials_there_is_nothing_not_even_a_version(api: Api) -> None:
    for path in ("/version", "/readyz", SECRETS):
        answer = Api(api.world, api.server)("GET", path)
        assert (answer.status, answer.body["reason"], answer.body["message"]) == (401, "Unauthorized", "Unauthorized")
    assert Api(api.world, api.server, {"authorization": "Bearer wrong"})("GET", SECRETS).status == 401


def test_a_certificate_is_its_common_name_in_its_organizations(api: Api) -> None:
    assert (
        Api(api.world, api.server, certificate=certificate("masterclient", "system:masters"))("GET", SECRETS).status
        == 200
    )
    answer = Api(api.world, api.server, certificate=certificate("dev", "builders"))("GET", SECRETS)
    assert (answer.status, answer.body["reason"]) == (403, "Forbidden")
    assert answer.body["message"] == (
        'secrets is forbidden: User "dev" cannot list resource "secrets" in API group "" at the cluster scope'
    )


def test_a_refusal_names_the_object_and_the_namespace(api: Api) -> None:
    dev = Api(api.world, api.server, certificate=certificate("dev", "builders"))
    assert dev("GET", f"{HERE}/mine").body["message"] == (
        'secrets "mine" is forbidden: User "dev" cannot get resource "secrets" in API group "" '
        'in the namespace "default"'
    )
    assert dev("GET", "/metrics").body["message"] == 'forbidden: User "dev" cannot get path "/metrics"'
    assert dev("GET", "/version").status == 200


def test_disabled_local_accounts_leave_only_entra_tokens() -> None:
    world = small_world()
    profile = {"managed": True, "enableAzureRBAC": True}
    api = new_api(world, disableLocalAccounts=True, aadProfile=profile)
    masters = certificate("masterclient", "system:masters")
    assert Api(world, api.server, certificate=masters)("GET", SECRETS).status == 401
    assert api("GET", SECRETS).status == 401
    grant(world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert Api(world, api.server, entra_headers(world))("GET", SECRETS).status == 200


def test_an_entra_token_means_nothing_without_entra_integration(api: Api) -> None:
    assert Api(api.world, api.server, entra_headers(api.world))("GET", SECRETS).status == 401


def test_azure_rbac_is_asked_for_every_action() -> None:
    world = small_world()
    api = new_api(world, aadProfile={"managed": True, "enableAzureRBAC": True})
    caller = Api(world, api.server, entra_headers(world))
    answer = caller("GET", SECRETS)
    assert answer.status == 403
    assert answer.body["message"].endswith(
        "at the cluster scope: User does not have access to the resource in Azure. "
        "Update role assignment to allow access."
    )
    grant(world, "ops", "Azure Kubernetes Service RBAC Cluster Admin", CLUSTER_ID)
    assert caller("GET", SECRETS).status == 200
    assert caller("GET", "/metrics").status == 200


def test_members_of_the_administrators_group_may_everything() -> None:
    world = small_world()
    api = new_api(world, aadProfile={"managed": True, "adminGroupObjectIDs": ["g1"]})
    assert Api(world, api.server, entra_headers(world))("GET", SECRETS).status == 403
    assert Api(world, api.server, entra_headers(world, groups=["g1"]))("GET", SECRETS).status == 200


def test_a_review_says_what_the_caller_may(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    body = {"spec": {"resourceAttributes": {"verb": "list", "resource": "secrets"}}}
    answer = api("POST", path, body)
    assert (answer.status, answer.body["status"]["allowed"]) == (201, True)
    dev = Api(api.world, api.server, certificate=certificate("dev", "builders"))
    assert dev("POST", path, body).body["status"]["allowed"] is False
    path_body = {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/version"}}}
    assert dev("POST", path, path_body).body["status"]["allowed"] is True


def test_an_api_server_that_is_away_breaks_connections_off(api: Api) -> None:
    api.server.away = True
    with pytest.raises(Dropped):
        api("GET", "/version")


def test_the_version_is_the_clusters(api: Api) -> None:
    body = api("GET", "/version").body
    assert (body["major"], body["minor"], body["gitVersion"]) == ("1", "30", "v1.30.7")


@pytest.mark.parametrize("endpoint", ["livez", "readyz", "healthz"])
def test_health_is_ok_or_one_line_for_each_check(api: Api, endpoint: str) -> None:
    assert api("GET", f"/{endpoint}").body == b"ok"
    verbose = api("GET", f"/{endpoint}", verbose="").body.decode()
    assert "[+]etcd ok\n" in verbose and verbose.endswith(f"{endpoint} check passed\n")
    assert api("GET", f"/{endpoint}/etcd").body == b"ok"
    assert api("GET", f"/{endpoint}/nothing").status == 404


def test_discovery_leads_to_every_kind(api: Api) -> None:
    found = {resource["name"] for resource in api("GET", "/api/v1").body["resources"]}
    for group in api("GET", "/apis").body["groups"]:
        path = f"/apis/{group['preferredVersion']['groupVersion']}"
        found |= {resource["name"] for resource in api("GET", path).body["resources"]}
    assert found == {"configmaps", "events", "leases", "namespaces", "secrets", "selfsubjectaccessreviews"}
    assert api("GET", "/api").body["versions"] == ["v1"]
    schemas = api("GET", "/openapi/v3").body["paths"]
    assert [api("GET", schema["serverRelativeURL"]).status for schema in schemas.values()] == [200, 200]


@pytest.mark.parametrize(
    "path", ["/api/v1/pods", "/apis/apps/v1/deployments", f"{HERE}/mine/status", f"{SECRETS}/mine"]
)
def test_what_is_not_served_is_not_found(api: Api, path: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.body["message"]) == (404, "the server could not find the requested resource")
    assert api("GET", "/nothing").body == b"404 page not found\n"


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
    assert api("DELETE", f"{HERE}/mine", dryrun="Some").status == 400


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


def test_a_table_without_objects_carries_no_value(api: Api) -> None:
    marker = base64.b64encode(b"correct-horse-battery")
    plain = json.dumps(api("GET", SECRETS).body).encode()
    assert marker in plain and b"last-applied-configuration" in plain
    table = api("GET", SECRETS, accept=TABLE, includeobject="None").body
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Type", "Data", "Age"]
    assert {row["object"] for row in table["rows"]} == {None}
    assert ["mine", "Opaque", 1, "0s"] in [row["cells"] for row in table["rows"]]
    written = json.dumps(table).encode()
    assert marker not in written and b"correct-horse" not in written


def test_tables_and_metadata_carry_annotations_unless_told_otherwise(api: Api) -> None:
    rows = api("GET", SECRETS, accept=TABLE).body["rows"]
    assert {row["object"]["kind"] for row in rows} == {"PartialObjectMetadata"}
    assert any("correct-horse" in json.dumps(row["object"]["metadata"]) for row in rows)
    whole = api("GET", f"{HERE}/mine", accept=TABLE, includeobject="Object").body["rows"][0]["object"]
    assert whole == api.secret("mine")
    partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    assert set(api("GET", f"{HERE}/mine", accept=partial).body) == {"kind", "apiVersion", "metadata"}
    several = api("GET", SECRETS, accept=partial.replace("Metadata", "MetadataList")).body
    assert several["kind"] == "PartialObjectMetadataList" and "data" not in several["items"][0]


def test_the_table_of_a_patch_has_the_objects_own_version(api: Api) -> None:
    headers = {**api.headers, "content-type": "application/merge-patch+json"}
    patch = {"metadata": {"labels": {"x": "1"}}}
    table = Api(api.world, api.server, headers)("PATCH", f"{HERE}/mine", patch, TABLE, includeobject="None").body
    assert table["metadata"]["resourceVersion"] == api.secret("mine")["metadata"]["resourceVersion"]
    assert len(table["rows"]) == 1


def test_an_answer_in_another_format_is_not_to_be_had(api: Api) -> None:
    assert api("GET", SECRETS, accept="application/vnd.kubernetes.protobuf").status == 406
    offers = f"application/vnd.kubernetes.protobuf,{TABLE},application/json"
    assert api("GET", SECRETS, accept=offers).body["kind"] == "Table"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"labelselector": "a=1"}, ["one", "three"]),
        ({"labelselector": "a==1,b"}, ["three"]),
        ({"labelselector": "a!=1,a"}, ["two"]),
        ({"labelselector": "a in (1, 2),!b"}, ["one", "two"]),
        ({"labelselector": "a notin (1),a"}, ["two"]),
        ({"fieldselector": "metadata.name=two"}, ["two"]),
        ({"fieldselector": "type=special"}, ["three"]),
        ({"fieldselector": "metadata.namespace!=default,type=special"}, []),
    ],
)
def test_selectors_choose(query: dict[str, str], found: list[str]) -> None:
    api = new_api(small_world(), count=0)
    for name, labels, kind in (
        ("one", {"a": "1"}, "Opaque"),
        ("two", {"a": "2"}, "Opaque"),
        ("three", {"a": "1", "b": "1"}, "special"),
    ):
        api("POST", HERE, {"metadata": {"name": name, "labels": labels}, "type": kind})
    assert sorted(names(api("GET", SECRETS, **query).body)) == sorted(found)


@pytest.mark.parametrize("query", [{"labelselector": "a=1=2 x"}, {"fieldselector": "data.a=1"}, {"limit": "x"}])
def test_a_selector_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    assert api("GET", SECRETS, **query).status == 400


def pages(api: Api, limit: str) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        page = api("GET", SECRETS, limit=limit, **{"continue": token}).body
        yield page
        token = page["metadata"].get("continue", "")
        if not token:
            return


def test_pages_show_one_moment_in_the_order_of_etcd(api: Api) -> None:
    whole = api("GET", SECRETS).body
    seen = []
    for number, page in enumerate(pages(api, "5")):
        seen += page["items"]
        assert page["metadata"]["resourceVersion"] == whole["metadata"]["resourceVersion"]
        assert page["metadata"].get("remainingItemCount", 0) == len(whole["items"]) - len(seen)
        if number == 0:  # none of this is in the pages that follow
            api.create("aaa", namespace="team-b")
            api("DELETE", f"{HERE}/mine")
            last = seen[-1]["metadata"]
            api.patch(f"/api/v1/namespaces/{last['namespace']}/secrets/{last['name']}", {"immutable": True})
    assert seen == whole["items"]
    keys = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in seen]
    assert keys == sorted(keys)


def test_an_old_continue_token_is_gone_and_leads_on_without_a_snapshot(api: Api) -> None:
    first = api("GET", SECRETS, limit="5").body
    everything = names(api("GET", SECRETS).body)
    for _ in range(3):
        api.world.clock.advance(301)
        api.patch(f"{HERE}/mine", {"metadata": {"labels": {"at": str(api.world.clock.now().timestamp())}}})
    token = first["metadata"]["continue"]
    gone = api("GET", SECRETS, limit="5", **{"continue": token})
    assert (gone.status, gone.body["reason"]) == (410, "Expired")
    assert gone.body["message"].startswith("The provided continue parameter is too old to display a consistent list")
    rest = api("GET", SECRETS, **{"continue": gone.body["metadata"]["continue"]})
    assert names(first) + names(rest.body) == everything
    assert int(rest.body["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    exact = api("GET", SECRETS, resourceversion=first["metadata"]["resourceVersion"], resourceversionmatch="Exact")
    assert (exact.status, exact.body["reason"]) == (410, "Expired")


@pytest.mark.parametrize("token", ["%%%", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0"])
def test_a_continue_token_that_is_none_is_refused(api: Api, token: str) -> None:
    answer = api("GET", SECRETS, **{"continue": token})
    assert answer.status == 400 and "continue key is not valid" in answer.body["message"]


def test_resource_version_zero_answers_from_the_cache_and_knows_no_limit(api: Api) -> None:
    assert len(api("GET", SECRETS, resourceversion="0", limit="5").body["items"]) == 13
    assert api("GET", SECRETS, resourceversion="999999999").status == 504
    then = api("GET", SECRETS).body["metadata"]["resourceVersion"]
    api("DELETE", f"{HERE}/mine")
    assert "mine" in names(api("GET", SECRETS, resourceversion=then, resourceversionmatch="Exact").body)
    assert "mine" not in names(api("GET", SECRETS, resourceversion=then).body)


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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (119, "119s"), (190, "3m10s"), (660, "11m"), (7200, "120m"), (11000, "3h3m"), (30000, "8h"),
     (172800, "2d"), (180000, "2d2h"), (864000, "10d"), (63072000, "2y"), (70000000, "2y80d"), (320000000, "10y")],
)  # fmt: skip
def test_ages_are_written_as_kubectl_writes_them(seconds: int, text: str) -> None:
    assert age(seconds) == text


@pytest.mark.parametrize(
    ("kind", "user"), [("admin", "clusterAdmin_shop-rg_shop"), ("user", "clusterUser_shop-rg_shop")]
)
def test_kubeconfigs_carry_what_opens_the_api(api: Api, kind: Any, user: str) -> None:
    config = yaml.safe_load(api.server.kubeconfig(kind))
    assert config["clusters"][0]["cluster"]["server"] == f"https://{api.server.host}:443"
    credentials = config["users"][0]
    assert credentials["name"] == user
    pem = base64.b64decode(credentials["user"]["client-certificate-data"])
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert Api(api.world, api.server, certificate=der)("GET", SECRETS).status == 200
    token = credentials["user"]["token"]
    assert Api(api.world, api.server, {"authorization": f"Bearer {token}"})("GET", SECRETS).status == 200


def test_the_kubeconfig_of_an_entra_cluster_calls_kubelogin(api: Api) -> None:
    user = yaml.safe_load(api.server.kubeconfig("entra"))["users"][0]["user"]
    assert (list(user), user["exec"]["command"]) == (["exec"], "kubelogin")
    assert "6dae42f8-4368-4678-94ff-3960e28e3630" in user["exec"]["args"]


def official_client(emulation: Emulation, folder: Path) -> kubernetes.client.ApiClient:
    """As `kubernetes.config` makes it of the administrator's kubeconfig."""
    cluster = next(iter(emulation.world.resources.under("/", "Microsoft.ContainerService/managedClusters")))
    file = folder / "kubeconfig"
    file.write_text(emulation.world.kubernetes.server(cluster.id).kubeconfig("admin"))
    configuration = kubernetes.client.Configuration()
    kubernetes.config.load_kube_config(str(file), client_configuration=configuration)
    configuration.proxy = emulation.proxy_url
    return kubernetes.client.ApiClient(configuration)


def test_the_official_client_works_with_certificates_pages_and_conflicts(running: Running, tmp_path: Path) -> None:
    emulation = running()
    with official_client(emulation, tmp_path) as connection:
        core = kubernetes.client.CoreV1Api(connection)
        first = core.list_secret_for_all_namespaces(limit=100)
        rest = core.list_secret_for_all_namespaces(_continue=first.metadata._continue)
        assert (len(first.items), len(rest.items), first.metadata.remaining_item_count) == (100, 200, 200)
        body = kubernetes.client.V1Secret(metadata={"name": "mine"}, string_data={"a": "b"})
        mine = core.create_namespaced_secret("default", body)
        core.patch_namespaced_secret("mine", "default", {"metadata": {"labels": {"x": "1"}}})
        with pytest.raises(ApiException) as conflict:
            core.replace_namespaced_secret("mine", "default", mine)
        assert (conflict.value.status, json.loads(conflict.value.body)["message"]) == (409, MODIFIED)
        reviews = kubernetes.client.AuthorizationV1Api(connection)
        spec = {"resourceAttributes": {"verb": "list", "resource": "secrets"}}
        assert reviews.create_self_subject_access_review({"spec": spec}).status.allowed
        assert kubernetes.client.CoordinationV1Api(connection).list_namespaced_lease("kube-system").items
        assert kubernetes.client.VersionApi(connection).get_code().git_version == "v1.30.7"
        core.delete_namespaced_secret("mine", "default")
        assert "correct-horse-battery" in base64.b64decode(next(iter(first.items[0].data.values()))).decode()
