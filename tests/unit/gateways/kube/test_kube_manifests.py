"""The Manifests port: at a scripted API server, and by commands in the cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Unavailable
from azext_akskv.gateways.kube import MERGE_PATCH, REVIEWS, KubeSecrets
from azext_akskv.gateways.kube_manifests import EitherManifests, KubeManifests
from azext_akskv.gateways.kube_manifests_inside import InvokedManifests, script
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.run_command import Ended
from azext_akskv.model.mounts.manifests.bodies import manifests_of
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.mounts.manifests.standing import MARKS, change_of
from azext_akskv.model.mounts.synced import CLIENT_ID
from azext_akskv.model.run_command import CUT, FAILED
from tests.builders import a_cluster
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status
from tests.unit.model.test_manifests import ACCOUNT
from tests.unit.model.test_mounts_report import packed

MADE = manifests_of(replace(ACCOUNT, workload="deployment"))
REFS = [each.ref for each in MADE]
CLASS = next(each for each in MADE if each.ref.kind is Kind.CLASS)
STORE = "/apis/secrets-store.csi.x-k8s.io/v1"


def there(manifest: Any) -> dict[str, Any]:
    return {**manifest.body, "metadata": {**manifest.body["metadata"], "resourceVersion": "7"}}


@pytest.fixture
def direct(kube: KubeService) -> KubeManifests:
    """An API server that has the class alone, and lets everything be done."""
    kube.answers("GET", "/api/v1/namespaces/shop", Reply(200, {"status": {"phase": "Active"}}))
    kube.answers("GET", STORE, Reply(200, {"kind": "APIResourceList"}))
    for each in MADE:
        gone = Reply(404, a_status(404, "NotFound", "not found"))
        kube.answers("GET", f"{each.ref.path}/{each.ref.name}", Reply(200, there(each)) if each is CLASS else gone)
    kube.answers("POST", REVIEWS, Reply(201, {"status": {"allowed": True}}))
    return KubeManifests(KubeSecrets(kube.server, AT_ONCE).ask)


def test_a_look_sees_each_object_and_asks_for_the_rights_that_it_takes(
    direct: KubeManifests, kube: KubeService
) -> None:
    seen = direct.look(REFS)
    assert seen.namespace.get() == "Active" and seen.kind_known.get()
    found = {ref.kind: standing.get() for ref, standing in seen.standing.items()}
    assert found[Kind.ACCOUNT] is found[Kind.DEPLOYMENT] is None
    standing = found[Kind.CLASS]
    assert standing and standing.version == "7" and standing.essence == CLASS.essence
    assert {str(right) for right in seen.rights} == {
        "create serviceaccounts in shop",
        "patch secretproviderclasses.secrets-store.csi.x-k8s.io in shop",
        "create deployments.apps in shop",
    }
    assert {each.method for each in kube.requests if each.path != REVIEWS} == {"GET"}


def test_what_may_not_be_seen_is_unknown_by_itself(direct: KubeManifests, kube: KubeService) -> None:
    kube.answers("GET", "/api/v1/namespaces/shop", Reply(403, a_status(403, "Forbidden", "namespaces is forbidden")))
    seen = direct.look([CLASS.ref])
    assert not seen.namespace.known and "namespaces is forbidden" in (seen.namespace.gap or "")
    assert seen.standing[CLASS.ref].known


@pytest.mark.parametrize(("status", "kind"), [(401, Denied), (503, Unavailable)])
def test_what_ends_every_question_is_raised(
    status: int, kind: type[Exception], direct: KubeManifests, kube: KubeService
) -> None:
    kube.answers("GET", "/api/v1/namespaces/shop", Reply(status, a_status(status, "Other", "no")))
    with pytest.raises(kind):
        direct.look(REFS)


def test_without_the_driver_its_kind_is_not_known(direct: KubeManifests, kube: KubeService) -> None:
    kube.answers("GET", STORE, Reply(404, a_status(404, "NotFound", "the server could not find the requested")))
    kube.answers("GET", "/api/v1/namespaces/shop", Reply(404, a_status(404, "NotFound", "namespaces not found")))
    seen = direct.look(REFS)
    assert seen.kind_known.get() is False and seen.namespace.get() is None


def test_an_answer_that_is_no_object_is_refused(direct: KubeManifests, kube: KubeService) -> None:
    kube.answers("GET", f"{CLASS.ref.path}/{CLASS.ref.name}", Reply(200, {"metadata": [], "spec": {}}))
    with pytest.raises(Rejected):
        direct.look([CLASS.ref])


def test_it_makes_and_changes_with_the_version_that_was_seen(direct: KubeManifests, kube: KubeService) -> None:
    standing = direct.look([CLASS.ref]).standing[CLASS.ref].get()
    assert standing
    kube.answers("POST", CLASS.ref.path, Reply(201, there(CLASS)))
    kube.answers("PATCH", f"{CLASS.ref.path}/{CLASS.ref.name}", Reply(200, there(CLASS)))
    direct.create(CLASS)
    direct.change(CLASS.ref, change_of(CLASS, standing))
    assert kube.made("POST")[-1].body == CLASS.body
    [patch] = kube.made("PATCH")
    assert patch.headers["content-type"] == MERGE_PATCH and patch.body["metadata"] == {"resourceVersion": "7"}
    assert patch.body["spec"]["parameters"] == CLASS.body["spec"]["parameters"]
    for status, kind in ((409, Conflict), (422, Rejected), (404, Missing)):
        kube.answers("POST", CLASS.ref.path, Reply(status, a_status(status, "Reason", "why")))
        with pytest.raises(kind):
            direct.create(CLASS)


BEGIN = "akskv begin 1 {}\nakskv namespace Active\nakskv kind\n"
DEPLOYMENT = next(each for each in REFS if each.kind is Kind.DEPLOYMENT)


def item(manifest: Any, mode: str = "look", more: str = "") -> str:
    ref = manifest.ref
    absent = "".join(
        f"akskv gap item/{each.kind.resource}/{each.name} NotFound\nakskv may yes create {each.kind.resource} shop\n"
        for each in REFS
        if each != ref
    )
    told = f"akskv whole item/{ref.kind.resource}/{ref.name} \nakskv may no patch {ref.kind.resource} shop\n"
    return f"{BEGIN.format(mode)}{more}{absent}{packed(json.dumps(there(manifest)))}{told}akskv end {mode} done\n"


class Command:
    """Answers each command with the next of `outputs`, the last one for ever."""

    def __init__(self, *outputs: str) -> None:
        self.outputs = list(outputs)
        self.orders: list[str] = []
        self.manifests = InvokedManifests(self.run, a_cluster)

    def run(self, _cluster: object, _doing: str, text: str, order: str) -> Ended:
        assert text == script()
        self.orders.append(order)
        return Ended(0, self.outputs.pop(0) if len(self.outputs) > 1 else self.outputs[0])


def test_one_command_sees_all_and_answers_two_looks_at_each() -> None:
    command = Command(item(CLASS))
    seen = command.manifests.look(REFS)
    assert seen.namespace.get() == "Active" and seen.kind_known.get()
    standing = seen.standing[CLASS.ref].get()
    assert standing and standing.essence == CLASS.essence and seen.standing[DEPLOYMENT].get() is None
    assert {str(right): allowed.get() for right, allowed in seen.rights.items()}[
        "patch secretproviderclasses.secrets-store.csi.x-k8s.io in shop"
    ] is False
    assert len(command.orders) == 1
    command.manifests.look([CLASS.ref])
    command.manifests.look([DEPLOYMENT])
    assert len(command.orders) == 1
    command.manifests.look([CLASS.ref])
    assert len(command.orders) == 2
    command.manifests.look([DEPLOYMENT])  # seen by the way
    assert len(command.orders) == 2
    assert command.orders[0].splitlines()[:2] == ["mode look", "namespace shop"]


def test_what_is_written_from_inside_is_looked_at_by_the_same_command() -> None:
    command = Command(item(CLASS, "create", "akskv written\n"))
    command.manifests.create(CLASS)
    assert command.manifests.look([CLASS.ref]).standing[CLASS.ref].get()
    [order] = command.orders
    words = dict(line.split(" ", 1) for line in order.splitlines())
    assert words["mode"] == "create" and words["write"] == f"{CLASS.ref.kind.resource} {CLASS.ref.name}"
    assert json.loads(words["body"]) == CLASS.body


@pytest.mark.parametrize(
    ("gap", "kind"),
    [("AlreadyExists", Conflict), ("Conflict", Conflict), ("Forbidden", Denied), ("Invalid", Rejected)],
)
def test_a_refusal_from_inside_is_told_as_what_it_is(gap: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Command(item(CLASS, "change", f"akskv gap write {gap}\n")).manifests.change(CLASS.ref, {"spec": {}})


def test_what_may_not_be_seen_from_inside_is_unknown_by_itself() -> None:
    output = item(CLASS).replace("akskv namespace Active\n", "akskv gap namespace Forbidden\n")
    seen = Command(output).manifests.look(REFS)
    assert not seen.namespace.known and seen.standing[CLASS.ref].known
    gone = item(CLASS).replace("akskv kind\n", "akskv gap kind NotFound\n")
    assert Command(gone).manifests.look(REFS).kind_known.get() is False


def test_a_report_that_is_not_whole_is_none() -> None:
    for output, code in ((item(CLASS).rpartition("akskv end")[0], FAILED), ("nothing\n", FAILED), ("x" * 512_000, CUT)):
        with pytest.raises(Rejected) as refused:
            Command(output).manifests.look(REFS)
        assert refused.value.code == code
    with pytest.raises(Rejected):
        Command(item(CLASS, "create", "akskv written\n")).manifests.look(REFS)


def test_a_name_that_is_none_is_never_sent() -> None:
    command = Command(item(CLASS))
    with pytest.raises(Rejected):
        command.manifests.look([Ref(Kind.POD, "shop", "a\nmode create")])
    assert command.orders == []


def test_the_script_prints_the_marks_that_are_looked_at() -> None:
    assert all(f'"{mark}"' in script() for mark in (*MARKS, CLIENT_ID))


@pytest.mark.parametrize(("via", "inside"), [("direct", False), ("run-command", True)])
def test_it_goes_the_way_that_was_decided_on(via: str, inside: bool, direct: KubeManifests, kube: KubeService) -> None:
    command = Command(item(CLASS))
    way = Way(via, kube.server, a_cluster, print)
    EitherManifests(way, direct, command.manifests).look(REFS)
    assert bool(command.orders) is inside and bool(kube.requests) is not inside
