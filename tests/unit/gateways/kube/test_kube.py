"""The Secrets port at a scripted API server: what is asked for, what is taken from the answers, what is never taken."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.failures import (
    Conflict,
    Denied,
    Rejected,
    Unreadable,
)
from azext_akskv.gateways.kube import TABLE, KubeSecrets
from azext_akskv.model.kube import SecretRef, Switch
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import LEASE, SECRETS, KubeService, a_status, a_table

TOKEN_A = SecretRef("team-a", "token-a")


PATCHED = f"{SECRETS}/token-a"


SWITCH = Switch("https://kv1.vault.azure.net/keys/kms/0123", "20261122-144501-enable", 4711)


CONFLICT = Reply(409, a_status(409, "Conflict", "the object has been modified"))


def test_nothing_is_connected_before_something_is_asked(kube: KubeService) -> None:
    connections: list[int] = []
    secrets = KubeSecrets(lambda: connections.append(1) or kube.server(), AT_ONCE)  # type: ignore[func-returns-value]
    assert connections == []
    kube.answers("GET", SECRETS, Reply(200, a_table("a")))
    secrets.page("team-a")
    secrets.page("team-a")
    assert connections == [1]


UNKNOWN_TO_US = Reply(401, a_status(401, "Unauthorized", "Unauthorized"))


def logging_in(kube: KubeService, *tokens: str) -> KubeSecrets:
    """Each login gets the next token."""
    left = list(tokens)
    return KubeSecrets(lambda: kube.server(token=left.pop(0)), AT_ONCE)


def test_a_login_that_ended_is_made_anew_once_for_all_threads(kube: KubeService) -> None:
    page = Reply(200, a_table("a"))
    secrets = logging_in(kube, "expired", "fresh")
    kube.answers("GET", SECRETS, UNKNOWN_TO_US, UNKNOWN_TO_US, page)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(secrets.page, ["team-a", "team-a"]))
    secrets.page("team-a")
    sent = sorted(request.headers["authorization"] for request in kube.requests)
    assert sent == ["Bearer expired"] * 2 + ["Bearer fresh"] * 3


def test_a_login_that_is_refused_at_once_ends_as_denied(kube: KubeService) -> None:
    kube.answers("GET", SECRETS, UNKNOWN_TO_US)
    with pytest.raises(Denied) as caught:
        logging_in(kube, "one", "two").page("team-a")
    assert caught.value.code == "Unauthorized" and len(kube.requests) == 2


def test_a_right_that_is_missing_is_no_reason_to_log_in_again(kube: KubeService) -> None:
    kube.answers("GET", SECRETS, Reply(403, a_status(403, "Forbidden", "no")))
    with pytest.raises(Denied):
        logging_in(kube, "one").page("team-a")
    assert len(kube.requests) == 1


def test_an_ended_login_is_not_taken_for_an_api_server_that_is_away(kube: KubeService) -> None:
    kube.answers("GET", "/readyz", UNKNOWN_TO_US, Reply(200, "ok"))
    assert logging_in(kube, "expired", "fresh").ready()


def test_a_page_is_names_a_version_and_the_way_on(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", SECRETS, Reply(200, a_table("a", "b", version=812, after="next")), Reply(200, a_table("c")))
    page = secrets.page("team-a", limit=2)
    assert page.secrets == (SecretRef("team-a", "a"), SecretRef("team-a", "b"))
    assert (page.version, page.after) == (812, "next")
    assert secrets.page("team-a", page.after, 2).after is None
    first, second = kube.requests
    assert first.query == {"includeObject": "None", "limit": "2"}  # no resourceVersion: from etcd
    assert second.query["continue"] == "next"


def test_secrets_are_only_ever_asked_for_as_tables(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", SECRETS, Reply(200, a_table("a")))
    kube.answers("GET", "/api/v1/secrets", Reply(200, a_table("a", version=99)))
    kube.answers("PATCH", PATCHED, Reply(200, a_table("token-a", version=100)))
    secrets.page("team-a")
    secrets.touch(TOKEN_A)
    assert secrets.latest_version() == 99
    assert {request.headers["accept"] for request in kube.requests} == {TABLE}
    assert {request.query["includeObject"] for request in kube.requests} == {"None"}


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": "SecretList", "metadata": {"resourceVersion": "7"}, "items": [{"data": {"password": "cGxhbnRlZA=="}}]},
        {"kind": "Secret", "metadata": {"resourceVersion": "7"}, "data": {"password": "cGxhbnRlZA=="}},
        a_table("a", objects=True),
    ],
    ids=["list", "object", "table with objects"],
)
def test_an_answer_that_could_hold_values_is_refused(
    kube: KubeService, secrets: KubeSecrets, answer: dict[str, Any]
) -> None:
    kube.answers("GET", SECRETS, Reply(200, answer))
    kube.answers("PATCH", PATCHED, Reply(200, answer))
    for ask in (lambda: secrets.page("team-a"), lambda: secrets.touch(TOKEN_A)):
        with pytest.raises(Rejected, match="nothing of") as caught:
            ask()
        assert "cGxhbnRlZA" not in repr(caught.value)


def test_the_touch_is_an_empty_merge_patch(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("PATCH", PATCHED, Reply(200, a_table("token-a", version=4712)))
    touched = secrets.touch(TOKEN_A)
    assert (touched.version, touched.conflicts) == (4712, 0)
    [request] = kube.requests
    assert request.body == {} and request.headers["content-type"] == "application/merge-patch+json"


def test_a_conflict_is_patched_again(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("PATCH", PATCHED, CONFLICT, CONFLICT, Reply(200, a_table("token-a", version=5)))
    assert secrets.touch(TOKEN_A).conflicts == 2


def test_endless_conflicts_end(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("PATCH", PATCHED, CONFLICT)
    with pytest.raises(Conflict):
        secrets.touch(TOKEN_A)
    assert len(kube.requests) == 5


def test_a_touch_that_fails_to_decrypt_names_its_secret(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("PATCH", PATCHED, Reply(500, a_status(500, "InternalError", "no matching prefix found")))
    with pytest.raises(Unreadable) as caught:
        secrets.touch(TOKEN_A)
    assert caught.value.secret == "team-a/token-a"


def test_a_token_of_our_own_begins_behind_a_secret(secrets: KubeSecrets) -> None:
    token = secrets.behind(TOKEN_A)
    decoded = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert decoded == {"v": "meta.k8s.io/v1", "rv": -1, "start": "token-a\0"}
    assert "=" not in token


def test_namespaces_come_over_several_pages(kube: KubeService, secrets: KubeSecrets) -> None:
    path = "/api/v1/namespaces"
    kube.answers("GET", path, Reply(200, a_table("default", "kube-system", after="t")), Reply(200, a_table("team-a")))
    assert secrets.namespaces() == ["default", "kube-system", "team-a"]


@pytest.mark.parametrize(
    ("reply", "ready"), [(Reply(200, "ok"), True), (Reply(500, "not ok"), False), (Reply(cut=True), False)]
)
def test_ready_is_what_readyz_says(kube: KubeService, secrets: KubeSecrets, reply: Reply, ready: bool) -> None:
    kube.answers("GET", "/readyz", reply)
    assert secrets.ready() is ready


@pytest.mark.parametrize("version", ["", "abc", "-1"])
def test_a_version_that_is_no_number_proves_nothing(kube: KubeService, secrets: KubeSecrets, version: str) -> None:
    answer = a_table("a")
    answer["metadata"]["resourceVersion"] = version
    kube.answers("GET", "/api/v1/secrets", Reply(200, answer))
    with pytest.raises(Rejected, match="expected a number"):
        secrets.latest_version()


def a_lease(switch: Switch, **more: str) -> dict[str, Any]:
    notes = {"key": switch.key, "tag": switch.tag, "r0": str(switch.r0), "proved": str(switch.proved).lower()}
    annotations = {f"akskv/{name}": value for name, value in notes.items()}
    metadata = {
        "name": "akskv",
        "namespace": "default",
        "resourceVersion": "55",
        "annotations": {**annotations, **more},
    }
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}


def test_without_a_note_there_is_no_switch(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(404, a_status(404, "NotFound", "not found")))
    assert secrets.switch() is None


@pytest.mark.parametrize("proved", [True, False])
def test_the_note_is_read_back(kube: KubeService, secrets: KubeSecrets, proved: bool) -> None:
    switch = replace(SWITCH, proved=proved)
    kube.answers("GET", LEASE, Reply(200, a_lease(switch)))
    assert secrets.switch() == switch


@pytest.mark.parametrize("spoiled", [{"akskv/r0": "soon"}, {"akskv/r0": ""}])
def test_a_spoiled_note_is_no_note(kube: KubeService, secrets: KubeSecrets, spoiled: dict[str, str]) -> None:
    kube.answers("GET", LEASE, Reply(200, a_lease(SWITCH, **spoiled)))
    assert secrets.switch() is None


def test_the_first_note_is_created(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(404, a_status(404, "NotFound", "not found")))
    kube.answers("POST", LEASE.rpartition("/")[0], Reply(201, a_lease(SWITCH)))
    secrets.note_switch(SWITCH)
    [created] = kube.made("POST")
    assert created.body["metadata"]["annotations"] == a_lease(SWITCH)["metadata"]["annotations"]


def test_a_later_note_replaces_what_was_read_and_keeps_the_rest(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(200, a_lease(replace(SWITCH, r0=1), other="stays")))
    kube.answers("PUT", LEASE, Reply(200, a_lease(SWITCH)))
    secrets.note_switch(SWITCH)
    [written] = kube.made("PUT")
    assert written.body["metadata"]["resourceVersion"] == "55"
    assert written.body["metadata"]["annotations"] == {**a_lease(SWITCH)["metadata"]["annotations"], "other": "stays"}


def test_a_note_that_somebody_else_writes_is_not_overwritten(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(200, a_lease(replace(SWITCH, r0=1))))
    kube.answers("PUT", LEASE, CONFLICT)
    with pytest.raises(Conflict):
        secrets.note_switch(SWITCH)


def test_a_note_whose_answer_was_lost_is_found_written(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(200, a_lease(replace(SWITCH, r0=1))), Reply(200, a_lease(SWITCH)))
    kube.answers("PUT", LEASE, CONFLICT)
    secrets.note_switch(SWITCH)
    assert len(kube.made("PUT")) == 1
