"""The same cases on the emulated and on the real Kubernetes API: objects written, patched, refused."""

from __future__ import annotations

from typing import Any

import kubernetes
import pytest

from azext_akskv.model.kube import KubeRight, SecretRef, Switch
from tests.apiserver.shop import HERE, SECRETS, TABLE, Shop

DATA = {"data": {"a": "Yg=="}}
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
def mine(shop: Shop) -> str:
    """The path of a fresh secret."""
    shop("DELETE", f"{HERE}/mine")
    assert shop.create("mine", type="Opaque", **DATA).status == 201
    return f"{HERE}/mine"


def test_one_counter_counts_every_write(shop: Shop, mine: str) -> None:
    before = shop("GET", SECRETS, limit="1").version
    patched = shop("PATCH", mine, {"metadata": {"labels": {"x": "1"}}})
    made = shop("POST", HERE.replace("secrets", "configmaps"), {"metadata": {"generateName": "map-"}})
    assert before < patched.version < made.version
    assert shop("GET", SECRETS, limit="1").version >= made.version


def test_an_empty_patch_of_what_is_current_writes_nothing(shop: Shop, mine: str) -> None:
    before = shop("GET", mine).version
    for body, kind in (({}, "application/merge-patch+json"), ([], "application/json-patch+json")):
        answer = shop("PATCH", mine, body, kind=kind)
        assert (answer.status, answer.version) == (200, before)
    assert shop("PUT", mine, shop("GET", mine).body).version == before


def test_an_immutable_secret_takes_the_empty_patch_and_no_other_data(shop: Shop, mine: str) -> None:
    made = shop("PATCH", mine, {"immutable": True})
    assert shop("PATCH", mine, {}).version == made.version
    refused = shop("PATCH", mine, {"data": {"a": "Yw=="}})
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    assert refused.body["message"] == (
        'Secret "mine" is invalid: data: Forbidden: field is immutable when `immutable` is set'
    )


def test_the_table_of_a_patch_has_the_objects_version_and_no_value(shop: Shop, mine: str) -> None:
    table = shop("PATCH", mine, {"metadata": {"labels": {"x": "2"}}}, TABLE, includeObject="None")
    assert table.version == shop("GET", mine).version
    assert (table.body["kind"], len(table.body["rows"])) == ("Table", 1)
    assert table.body["rows"][0]["object"] is None and "Yg==" not in str(table.body)


def test_a_dry_run_says_what_would_be_and_writes_nothing(shop: Shop, mine: str) -> None:
    before = shop("GET", mine)
    dry = shop("PATCH", mine, {"metadata": {"labels": {"x": "1"}}}, dryRun="All")
    assert (dry.status, dry.body["metadata"]["labels"], dry.version) == (200, {"x": "1"}, before.version)
    assert shop("GET", mine).body == before.body
    for method, options, body in (("DELETE", "DeleteOptions", None), ("PATCH", "PatchOptions", {})):
        refused = shop(method, mine, body, dryRun="Some")
        assert (refused.status, refused.body["details"]["kind"]) == (422, options)
        assert refused.body["message"] == (
            f'{options}.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{{"Some"}}: '
            'supported values: "All"'
        )


def test_what_is_not_there_is_not_found(shop: Shop) -> None:
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        answer = shop(method, f"{HERE}/none", body)
        assert (answer.status, answer.body["reason"]) == (404, "NotFound")
        assert answer.body["message"] == 'secrets "none" not found'
        assert answer.body["details"] == {"name": "none", "kind": "secrets"}
    lost = shop.create("lost", namespace="nowhere", **DATA)
    assert (lost.status, lost.body["message"]) == (404, 'namespaces "nowhere" not found')


def test_a_version_from_before_is_a_conflict(shop: Shop, mine: str) -> None:
    old = shop("GET", mine).body
    shop("PATCH", mine, {"metadata": {"labels": {"x": "1"}}})
    for answer in (
        shop("PUT", mine, {**old, "data": {"a": "Yw=="}}),
        shop("PATCH", mine, {"metadata": {"resourceVersion": old["metadata"]["resourceVersion"], "labels": {}}}),
    ):
        assert (answer.status, answer.body["reason"]) == (409, "Conflict")
        assert answer.body["message"] == (
            'Operation cannot be fulfilled on secrets "mine": the object has been modified; '
            "please apply your changes to the latest version and try again"
        )


def test_a_delete_with_options_in_its_body_takes_none_from_the_query(shop: Shop, mine: str) -> None:
    assert shop("DELETE", mine, {"dryRun": ["All"]}).status == 200 and shop("GET", mine).status == 200
    assert shop("DELETE", mine, {}, dryRun="All").status == 200 and shop("GET", mine).status == 404


def test_another_uid_is_not_deleted(shop: Shop, mine: str) -> None:
    uid = shop("GET", mine).body["metadata"]["uid"]
    answer = shop("DELETE", mine, {"preconditions": {"uid": "another"}})
    assert (answer.status, answer.body["details"]) == (409, {"name": "mine", "kind": "Secret"})
    assert answer.body["message"] == (
        'Operation cannot be fulfilled on Secret "mine": the UID in the precondition (another) does not match the UID '
        f"in record ({uid}). The object might have been deleted and then recreated"
    )
    gone = shop("DELETE", mine).body
    assert (gone["status"], gone["details"]) == ("Success", {"name": "mine", "kind": "secrets", "uid": uid})


def test_what_is_there_already_is_not_made_again(shop: Shop, mine: str) -> None:
    again = shop.create("mine", **DATA)
    assert (again.status, again.body["reason"]) == (409, "AlreadyExists")
    assert again.body["message"] == 'secrets "mine" already exists'
    assert shop("GET", mine).status == 200


def test_formats_that_are_not_spoken_are_refused(shop: Shop, mine: str) -> None:
    assert shop("GET", mine, accept="text/csv").status == 406
    refused = shop("PATCH", mine, {}, kind="application/json")
    assert (refused.status, refused.body["reason"]) == (415, "UnsupportedMediaType")
    assert shop("PATCH", mine, b"{", kind="application/json-patch+json").status == 400
    assert shop("POST", HERE, b"<x/>", kind="application/xml").status == 415


@pytest.mark.parametrize(
    ("content", "field"),
    [({"metadata": {"name": "Upper"}}, "metadata.name"), ({"data": {"a/b": ""}}, "data[a/b]")],
)
def test_what_cannot_be_is_invalid_and_the_field_is_named(shop: Shop, content: dict[str, Any], field: str) -> None:
    answer = shop("POST", HERE, {"metadata": {"name": "x"}, **content})
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")
    assert answer.body["details"]["causes"][0]["field"] == field


def test_who_asks_is_told_what_it_may(shop: Shop) -> None:
    def may(attributes: Any) -> Any:
        return shop("POST", REVIEWS, {"spec": attributes, "kind": "SelfSubjectAccessReview"})

    answer = may({"resourceAttributes": {"verb": "patch", "resource": "secrets"}})
    assert (answer.status, answer.body["status"]["allowed"]) == (201, True)
    assert may({"nonResourceAttributes": {"verb": "get", "path": "/metrics"}}).body["status"]["allowed"] is True
    assert may({}).status == 422


def test_whom_it_does_not_know_is_unauthorized(shop: Shop) -> None:
    server = shop.server
    token, server.__dict__["static_token"] = server.static_token, "0" * 128
    shop("GET", SECRETS)  # with the token that is good now
    server.__dict__["static_token"] = token
    core = kubernetes.client.CoreV1Api(kubernetes.client.ApiClient(configuration(shop)))
    with pytest.raises(kubernetes.client.ApiException) as caught:
        core.list_namespace()
    assert (caught.value.status, caught.value.reason) == (401, "Unauthorized")


def configuration(shop: Shop) -> Any:
    """Of a client that nobody knows."""
    found = kubernetes.client.Configuration(host=shop.core.api_client.configuration.host)
    found.ssl_ca_cert = shop.core.api_client.configuration.ssl_ca_cert
    found.proxy = shop.emulation.proxy_url
    found.no_proxy = None
    found.api_key = {"authorization": "Bearer nobody"}
    return found


def test_the_python_client_reads_and_patches(shop: Shop, mine: str) -> None:
    read = shop.core.read_namespaced_secret("mine", "default")
    patched = shop.core.patch_namespaced_secret("mine", "default", {"metadata": {"annotations": {"a": "ä"}}})
    assert read.data == {"a": "Yg=="} and patched.metadata.annotations == {"a": "ä"}
    assert int(patched.metadata.resource_version) > int(read.metadata.resource_version)
    assert shop.core.api_client.call_api is not None and shop("GET", mine).version == int(
        patched.metadata.resource_version
    )


@pytest.mark.usefixtures("through_proxy")
def test_our_gateway_touches_rehearses_and_asks(shop: Shop, mine: str) -> None:
    ours, secret = shop.ours(), SecretRef("default", "mine")
    assert ours.ready() and ours.may(KubeRight("patch", "secrets"))
    before = ours.latest_version()
    ours.rehearse(secret)
    assert ours.touch(secret).version == shop("GET", mine).version <= before


@pytest.mark.usefixtures("through_proxy")
def test_the_note_stands_in_a_lease(shop: Shop) -> None:
    ours = shop.ours()
    first = Switch(key="https://one", tag="run-1", r0=ours.latest_version(), proved=False)
    second = Switch(key="https://two", tag="run-2", r0=first.r0, proved=True)
    for note in (first, second):
        ours.note_switch(note)
        assert ours.switch() == note
