"""The SecretStore port at a scripted API server: what it asks for, and what it makes of odd answers."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, GatewayError, Missing, Rejected, Unavailable
from azext_akskv.gateways.kube import REVIEWS, TABLE, KubeSecrets
from azext_akskv.gateways.kube_secret_store import KubeSecretStore
from azext_akskv.gateways.store_lists import LISTS, TROUBLES
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.extension import NAMESPACE
from azext_akskv.model.secret_store.seen import SecretRow
from azext_akskv.model.secret_store.standing import Standing
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status, a_table

EDGE = connected_id("sub", "rg", "edge")
CONFIGURATION = "/api/v1/namespaces/azure-arc/configmaps/azure-clusterconfig"
SECRET = "/api/v1/namespaces/shop/secrets/db"
SYNC = Ref(Kind.SYNC, "shop", "db")
ROW = SecretRow("shop", "db", version="7")
FORBIDDEN = Reply(403, a_status(403, "Forbidden", "it is forbidden"))
GONE = Reply(404, a_status(404, "NotFound", "not found"))
DONE = Reply(200, {"kind": "Status", "status": "Success", "details": {"name": "db", "uid": "u-1"}})
DRIVER = "/apis/storage.k8s.io/v1/csidrivers"
EMPTY = Reply(200, {"apiVersion": "v1", "items": []})


def identity(**data: str) -> Reply:
    own = {"AZURE_SUBSCRIPTION_ID": "SUB", "AZURE_RESOURCE_GROUP": "rg", "AZURE_RESOURCE_NAME": "edge", **data}
    return Reply(200, {"data": own})


@pytest.fixture
def store(kube: KubeService) -> KubeSecretStore:
    kube.answers("GET", CONFIGURATION, identity())
    secrets = KubeSecrets(kube.server, AT_ONCE)
    return KubeSecretStore(EDGE, secrets.ask, secrets.lines)


def bodies(kube: KubeService, method: str) -> list[Any]:
    return [each.body for each in kube.made(method)]


def test_a_secret_is_deleted_by_uid_and_version_and_never_read(store: KubeSecretStore, kube: KubeService) -> None:
    kube.answers("DELETE", SECRET, DONE)
    store.delete_secret(ROW)
    rehearsed, done = kube.made("DELETE")
    assert rehearsed.body["dryRun"] == ["All"] and rehearsed.query["dryRun"] == "All"
    assert rehearsed.body["preconditions"] == {"resourceVersion": "7"}
    assert "dryRun" not in done.body and "dryRun" not in done.query
    assert done.body["preconditions"] == {"uid": "u-1", "resourceVersion": "7"}
    for each in (rehearsed, done):
        assert each.headers["accept"].startswith(TABLE) and each.query["includeObject"] == "None"
    assert [each.path for each in kube.made("GET")] == [CONFIGURATION]


@pytest.mark.parametrize("answer", [a_table("db"), {"kind": "Status", "status": "Success"}, {"kind": "Secret"}])
def test_without_a_uid_nothing_is_deleted(store: KubeSecretStore, kube: KubeService, answer: dict[str, Any]) -> None:
    kube.answers("DELETE", SECRET, Reply(200, answer))
    with pytest.raises(Rejected) as refused:
        store.delete_secret(ROW)
    assert refused.value.code == "no-uid"
    assert [each.body.get("dryRun") for each in kube.made("DELETE")] == [["All"]]


def test_a_secret_that_was_not_looked_at_by_itself_is_not_deleted(store: KubeSecretStore, kube: KubeService) -> None:
    with pytest.raises(Rejected, match="not looked at by itself"):
        store.delete_secret(SecretRow("shop", "db"))
    assert kube.made("DELETE") == []


def test_what_was_deleted_meanwhile_is_no_failure_and_what_was_changed_is(
    store: KubeSecretStore, kube: KubeService
) -> None:
    kube.answers("DELETE", SECRET, GONE)
    store.delete_secret(ROW)
    kube.answers("DELETE", SECRET, DONE, GONE)
    store.delete_secret(ROW)
    kube.answers("DELETE", SECRET, Reply(409, a_status(409, "Conflict", "the UID in the precondition")))
    with pytest.raises(Conflict):
        store.delete_secret(ROW)


def test_objects_are_deleted_by_uid_with_or_without_what_they_own(store: KubeSecretStore, kube: KubeService) -> None:
    kube.answers("DELETE", f"{SYNC.path}/db", DONE)
    for kept in (False, True):
        store.delete(Standing(SYNC, "u-2", "9", {}, {}), keep_dependents=kept)
    found = [(each["preconditions"], each["propagationPolicy"]) for each in bodies(kube, "DELETE")]
    assert found == [({"uid": "u-2"}, "Background"), ({"uid": "u-2"}, "Orphan")]


def test_a_copy_is_forced_by_a_patch_of_one_member(store: KubeSecretStore, kube: KubeService) -> None:
    kube.answers("PATCH", f"{SYNC.path}/db", Reply(200, {"kind": "SecretSync"}))
    store.force(SYNC, "now-1")
    assert bodies(kube, "PATCH") == [{"spec": {"forceSynchronization": "now-1"}}]


@pytest.mark.parametrize("answer", [identity(AZURE_RESOURCE_NAME="other"), GONE])
def test_each_write_asks_anew_which_cluster_it_is(store: KubeSecretStore, kube: KubeService, answer: Reply) -> None:
    kube.answers("PATCH", f"{SYNC.path}/db", Reply(200, {"kind": "SecretSync"}))
    store.force(SYNC, "now-1")
    kube.answers("GET", CONFIGURATION, answer)
    with pytest.raises(Rejected) as refused:
        store.force(SYNC, "now-2")
    assert refused.value.code == "OtherCluster" and len(kube.made("PATCH")) == 1


@pytest.mark.parametrize(
    "answer", [Reply(200, {"data": {}}), identity(AZURE_RESOURCE_NAME="a b"), FORBIDDEN, Reply(200, {"data": []})]
)
def test_without_knowing_which_cluster_it_is_nothing_is_written(
    store: KubeSecretStore, kube: KubeService, answer: Reply
) -> None:
    kube.answers("GET", CONFIGURATION, answer)
    with pytest.raises(GatewayError):
        store.force(SYNC, "now")
    assert kube.made("PATCH") == []


@pytest.mark.parametrize("status", [{"token": "not.a.s3cr3t"}, {"token": ["s3cr3t"]}, {}])
def test_what_is_no_token_is_not_told(store: KubeSecretStore, kube: KubeService, status: dict[str, Any]) -> None:
    kube.answers("POST", "/api/v1/namespaces/shop/serviceaccounts/sync/token", Reply(201, {"status": status}))
    with pytest.raises(Rejected) as refused:
        store.claims("shop", "sync", "api://audience")
    assert "s3cr3t" not in str(refused.value)
    [asked] = bodies(kube, "POST")
    assert asked["spec"] == {"audiences": ["api://audience"], "expirationSeconds": 600}


def scripted(kube: KubeService, answer: Reply = EMPTY, *, listed: bool = True) -> None:
    """All lists of a look."""
    kube.answers("GET", DRIVER, EMPTY)
    for wanted in LISTS.values():
        for space in ("shop", wanted.everywhere or None, None):
            kube.answers("GET", wanted.path(space), answer)
    kube.answers("GET", TROUBLES.path(NAMESPACE), answer)
    kube.answers("GET", "/api/v1/namespaces/shop/secrets", Reply(200, a_table("db")))
    kube.answers("POST", REVIEWS, Reply(201, {"status": {"allowed": listed}}))


def test_who_may_not_list_definitions_finds_the_kinds_by_discovery(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube, listed=False)
    resources = [{"name": "secretsyncs"}, {"name": "secretsyncs/status"}]
    kube.answers("GET", "/apis/secret-sync.x-k8s.io/v1alpha1", Reply(200, {"resources": resources}))
    assert store.look("shop").definitions.get() == {"secretsyncs.secret-sync.x-k8s.io"}
    kube.answers("GET", "/apis/secret-sync.x-k8s.io/v1alpha1", Reply(200, {"resources": "none"}))
    assert not store.look("shop").definitions.known


def test_definitions_of_others_are_left_out(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube)
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    first = a_table("secretsyncs.secret-sync.x-k8s.io", "addons.k3s.cattle.io", after="more")
    kube.answers("GET", path, Reply(200, first), Reply(200, a_table("bundles.trust.cert-manager.io")))
    found = store.look("shop").definitions.get()
    assert found == {"secretsyncs.secret-sync.x-k8s.io", "bundles.trust.cert-manager.io"}


def test_what_may_not_be_seen_is_unknown_by_itself_with_the_right(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube)
    syncs = LISTS["syncs"]
    for space in ("shop", None):
        kube.answers("GET", syncs.path(space), FORBIDDEN)
    kube.answers("GET", "/api/v1/namespaces/shop/secrets", FORBIDDEN)
    seen = store.look("shop")
    assert "list secretsyncs.secret-sync.x-k8s.io" in (seen.syncs.gap or "") and seen.classes.get() == ()
    assert "not allowed" in (seen.secret("shop", "db").gap or "")


def test_events_of_both_kinds_are_known_or_neither(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube)
    about = {"kind": "SecretSync", "namespace": "shop", "name": "db"}
    event = {"involvedObject": about, "reason": "ProviderError", "type": "Warning", "message": "no"}
    kube.answers("GET", LISTS["events"].path("shop"), Reply(200, {"apiVersion": "v1", "items": [event]}))
    assert {(each.name, each.warning) for each in store.look("shop").events.get()} == {("db", True)}
    kube.answers("GET", LISTS["events"].path("shop"), Reply(200, {"items": [event]}), FORBIDDEN)
    assert not store.look("shop").events.known


@pytest.mark.parametrize(("status", "kind"), [(401, Denied), (503, Unavailable)])
def test_what_ends_every_question_is_raised(
    store: KubeSecretStore, kube: KubeService, status: int, kind: type[Exception]
) -> None:
    kube.answers("GET", DRIVER, Reply(status, a_status(status, "Unauthorized", "no")))
    with pytest.raises(kind):
        store.look()


def test_warnings_are_those_of_where_the_controller_is(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube)
    assert store.look("shop").troubles.get() == ()
    found = {"metadata": {"namespace": "elsewhere", "name": "d"}}
    kube.answers("GET", "/apis/apps/v1/deployments", Reply(200, {"apiVersion": "apps/v1", "items": [found]}))
    event = {"involvedObject": {"kind": "Pod", "namespace": "elsewhere", "name": "p"}, "type": "Warning"}
    kube.answers("GET", TROUBLES.path("elsewhere"), Reply(200, {"apiVersion": "v1", "items": [event]}))
    assert [each.name for each in store.look("shop").troubles.get()] == ["p"]


def test_a_kind_that_is_not_there_has_no_objects(store: KubeSecretStore, kube: KubeService) -> None:
    scripted(kube, GONE)
    seen = store.look("shop")
    assert seen.syncs.get() == seen.akv_syncs.get() == seen.classes.get() == ()
    assert not seen.pods.known


def test_a_row_is_of_this_very_secret(store: KubeSecretStore, kube: KubeService) -> None:
    kube.answers("GET", SECRET, GONE)
    assert store.secret("shop", "db") is None
    kube.answers("GET", "/api/v1/namespaces/shop/secrets", Reply(200, a_table("db")))
    kube.answers("GET", SECRET, Reply(200, a_table("db", version=41)))
    assert store.secret("shop", "db") == SecretRow("shop", "db", "Opaque", 1, True, "41")
    for other in (a_table("other"), a_table("db", "db"), a_table("db", objects=True)):
        kube.answers("GET", SECRET, Reply(200, other))
        with pytest.raises(Rejected):
            store.secret("shop", "db")


def test_an_object_without_a_uid_cannot_be_kept_apart(store: KubeSecretStore, kube: KubeService) -> None:
    ref = Ref(Kind.ACCOUNT, "shop", "sync")
    kube.answers("GET", f"{ref.path}/sync", Reply(200, {"metadata": {"resourceVersion": "3"}}))
    with pytest.raises(Rejected, match="no uid"):
        store.standing([ref])
    kube.answers("GET", f"{ref.path}/sync", FORBIDDEN)
    assert not store.standing([ref])[ref].known
    kube.answers("GET", f"{ref.path}/sync", GONE)
    assert store.standing([ref])[ref].get() is None


def test_a_right_to_a_part_of_an_object_is_asked_for_as_such(store: KubeSecretStore, kube: KubeService) -> None:
    kube.answers("POST", REVIEWS, Reply(201, {"status": {"allowed": False}}))
    right = KubeRight("create", "serviceaccounts/token", "", "shop")
    assert store.may([right])[right].get() is False
    [asked] = bodies(kube, "POST")
    wanted = {"verb": "create", "resource": "serviceaccounts", "subresource": "token", "group": "", "namespace": "shop"}
    assert asked["spec"]["resourceAttributes"] == wanted
    kube.answers("PATCH", f"{SYNC.path}/db", GONE)
    with pytest.raises(Missing):
        store.force(SYNC, "now")
