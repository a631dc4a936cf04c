"""The Secrets port at a scripted API server: what is asked for, what is taken from the answers, what is never taken."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from azext_akskv.failures import (
    Conflict,
    Denied,
    GatewayError,
    Missing,
    Rejected,
    Throttled,
    Unavailable,
    Unreadable,
)
from azext_akskv.gateways.kube import TABLE, KubeSecrets
from azext_akskv.gateways.kube_status import failure
from azext_akskv.model.kube import KeyEvidence, SecretRef, Switch, key_id_hash
from tests.unit.gateways.conftest import NOON, Reply
from tests.unit.gateways.kube_service import LEASE, SECRETS, Authority, KubeService, a_status, a_table, serving

TOKEN_A = SecretRef("team-a", "token-a")
PATCHED = f"{SECRETS}/token-a"
SWITCH = Switch("https://kv1.vault.azure.net/keys/kms/0123", "20261122-144501-enable", 4711)
CONFLICT = Reply(409, a_status(409, "Conflict", "the object has been modified"))


@pytest.fixture(scope="module")
def cluster_authority() -> Authority:
    return Authority()


@pytest.fixture
def kube(cluster_authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[KubeService]:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(cluster_authority) as service:
        yield service


@pytest.fixture
def secrets(kube: KubeService) -> KubeSecrets:
    return KubeSecrets(kube.server)


def test_nothing_is_connected_before_something_is_asked(kube: KubeService) -> None:
    connections: list[int] = []
    secrets = KubeSecrets(lambda: connections.append(1) or kube.server())  # type: ignore[func-returns-value]
    assert connections == []
    kube.answers("GET", SECRETS, Reply(200, a_table("a")))
    secrets.page("team-a")
    secrets.page("team-a")
    assert connections == [1]


UNKNOWN_TO_US = Reply(401, a_status(401, "Unauthorized", "Unauthorized"))


def logging_in(kube: KubeService, *tokens: str) -> KubeSecrets:
    """Each login gets the next token."""
    left = list(tokens)
    return KubeSecrets(lambda: kube.server(token=left.pop(0)))


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


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (400, "BadRequest", Rejected),
        (401, "Unauthorized", Denied),
        (403, "Forbidden", Denied),
        (404, "NotFound", Missing),
        (406, "NotAcceptable", Rejected),
        (408, "Timeout", Unavailable),
        (409, "Conflict", Conflict),
        (410, "Expired", Missing),
        (412, "PreconditionFailed", Conflict),
        (422, "Invalid", Rejected),
        (429, "TooManyRequests", Throttled),
        (500, "InternalError", Unavailable),
        (503, "ServiceUnavailable", Unavailable),
        (504, "Timeout", Unavailable),
    ],
)
def test_a_status_is_a_failure_with_the_servers_words(code: int, reason: str, kind: type[GatewayError]) -> None:
    error = failure("list", code, {"Audit-Id": "audit-1"}, a_status(code, reason, "its own words"))
    assert type(error) is kind
    assert (error.code, error.message, error.request_id) == (reason, "its own words", "audit-1")


def test_what_is_no_status_is_not_quoted() -> None:
    error = failure("list", 502, {}, {"page": "whatever a proxy says"})
    assert type(error) is Unavailable and error.code == "HTTP 502" and error.message == ""


@pytest.mark.parametrize(
    ("headers", "details", "seconds"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({}, {"retryAfterSeconds": 3}, 3.0),
        ({"Retry-After": NOON}, {}, 0.0),
        ({}, {}, 0.0),
    ],
)
def test_retry_after_is_taken_from_header_or_status(
    headers: dict[str, str], details: dict[str, int], seconds: float
) -> None:
    error = failure("list", 429, headers, a_status(429, "TooManyRequests", "slow down", details=details))
    assert isinstance(error, Throttled) and error.retry_after == seconds


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ('unable to transform key "/registry/secrets/team-b/token": no matching prefix found', "team-b/token"),
        ('unable to transform key "team-b/token": rpc error: code = Unknown desc = 403', "team-b/token"),
        ("no matching key was found for the provided KMS transformer", ""),
        ("failed to decrypt DEK, error: rpc error: code = Unknown desc = key not found", ""),
    ],
)
def test_a_value_that_cannot_be_decrypted_is_unreadable(said: str, secret: str) -> None:
    error = failure("list", 500, {}, a_status(500, "InternalError", f"Internal error occurred: {said}"))
    assert isinstance(error, Unreadable) and error.secret == secret


def test_a_kms_plugin_that_is_away_is_no_unreadable_secret() -> None:
    said = 'unable to transform key "/registry/secrets/a/b": rpc error: code = Unavailable desc = connection refused'
    assert type(failure("list", 500, {}, a_status(500, "InternalError", said))) is Unavailable


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


KEY = "https://kv1.vault.azure.net/keys/kms/0123"
OLD_KEY = "https://kv1.vault.azure.net/keys/kms/9999"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


def identity_lease(name: str, renewed: str) -> dict[str, Any]:
    metadata = {"name": name, "creationTimestamp": "2026-11-01T00:00:00Z"}
    return {"metadata": metadata, "spec": {"renewTime": renewed}}


def server_hash(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()


def metrics(*samples: str) -> Reply:
    head = [
        "# HELP apiserver_audit_event_total x",
        "# TYPE apiserver_audit_event_total counter",
        "apiserver_audit_event_total 0",
    ]
    return Reply(200, "\n".join([*head, *samples, "apiserver_request_total 5"]) + "\n")


def sample(key: str, server: str = "", direction: str = "to_storage") -> str:
    owner = f'apiserver_id_hash="{server_hash(server)}",' if server else ""
    labels = f'{owner}key_id_hash="{key_id_hash(key)}",provider_name="kms",transformation_type="{direction}"'
    return f"apiserver_envelope_encryption_key_id_hash_total{{{labels}}} 12"


def evidence_of(
    kube: KubeService, secrets: KubeSecrets, leases: list[dict[str, Any]], *answers: Reply
) -> KeyEvidence | None:
    kube.answers("GET", LEASES, Reply(200, {"kind": "LeaseList", "items": leases}, {"Date": NOON}))
    kube.answers("GET", "/metrics", *answers)
    return secrets.evidence()


FRESH, OLD = "2026-11-22T11:59:55.123456Z", "2026-11-22T11:30:00.000000Z"
TWO = [identity_lease("apiserver-one", FRESH), identity_lease("apiserver-two", FRESH)]


def test_every_api_server_is_asked_until_it_answered(kube: KubeService, secrets: KubeSecrets) -> None:
    one, two = metrics(sample(KEY, "apiserver-one")), metrics(sample(KEY, "apiserver-two"))
    seen = evidence_of(kube, secrets, TWO, one, one, two)
    hashes = frozenset({key_id_hash(KEY)})
    assert seen == KeyEvidence(
        frozenset({server_hash("apiserver-one"), server_hash("apiserver-two")}),
        {server_hash("apiserver-one"): hashes, server_hash("apiserver-two"): hashes},
    )
    assert sum(request.path == "/metrics" for request in kube.requests) == 3


def test_a_server_that_never_answers_is_missing_in_the_evidence(kube: KubeService, secrets: KubeSecrets) -> None:
    seen = evidence_of(kube, secrets, TWO, metrics(sample(KEY, "apiserver-one")))
    assert seen is not None and set(seen.writing) == {server_hash("apiserver-one")}
    assert sum(request.path == "/metrics" for request in kube.requests) == 12


def test_reading_with_an_old_key_is_no_writing(kube: KubeService, secrets: KubeSecrets) -> None:
    name = "apiserver-one"
    answer = metrics(sample(OLD_KEY, name, "from_storage"), sample(KEY, name))
    seen = evidence_of(kube, secrets, [identity_lease(name, FRESH)], answer)
    assert seen is not None and seen.writing == {server_hash(name): frozenset({key_id_hash(KEY)})}


def test_writing_with_an_old_key_is_told(kube: KubeService, secrets: KubeSecrets) -> None:
    name = "apiserver-one"
    seen = evidence_of(kube, secrets, [identity_lease(name, FRESH)], metrics(sample(OLD_KEY, name), sample(KEY, name)))
    assert seen is not None and seen.writing[server_hash(name)] == {key_id_hash(KEY), key_id_hash(OLD_KEY)}


def test_the_lease_of_a_server_that_is_gone_does_not_count(kube: KubeService, secrets: KubeSecrets) -> None:
    leases = [identity_lease("apiserver-one", FRESH), identity_lease("apiserver-before", OLD)]
    seen = evidence_of(kube, secrets, leases, metrics(sample(KEY, "apiserver-one")))
    assert seen is not None and seen.servers == {server_hash("apiserver-one")}


def test_metrics_without_the_servers_hash_count_for_a_lone_server_only(kube: KubeService, secrets: KubeSecrets) -> None:
    lone = evidence_of(kube, secrets, TWO[:1], metrics(sample(KEY)))
    assert lone is not None and lone.writing == {server_hash("apiserver-one"): frozenset({key_id_hash(KEY)})}
    both = evidence_of(kube, secrets, TWO, metrics(sample(KEY)))
    assert both is not None and both.writing == {}


def test_without_leases_there_is_no_evidence(kube: KubeService, secrets: KubeSecrets) -> None:
    assert evidence_of(kube, secrets, [], metrics()) is None


def test_metrics_that_may_not_be_read_are_denied(kube: KubeService, secrets: KubeSecrets) -> None:
    with pytest.raises(Denied):
        evidence_of(kube, secrets, TWO, Reply(403, a_status(403, "Forbidden", "no")))


def test_what_follows_the_metric_is_not_read(kube: KubeService, secrets: KubeSecrets) -> None:
    """Megabytes follow on a real server; a sample among them would be seen here if they were read."""
    answer = metrics(sample(KEY, "apiserver-one"))
    longer = Reply(200, str(answer.body) + sample(OLD_KEY, "apiserver-one") + "\n")
    seen = evidence_of(kube, secrets, TWO[:1], longer)
    assert seen is not None and seen.writing == {server_hash("apiserver-one"): frozenset({key_id_hash(KEY)})}
