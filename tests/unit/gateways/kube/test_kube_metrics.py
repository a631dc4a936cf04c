"""What the API servers' metrics and Leases say about the key that they write with."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from azext_akskv.failures import (
    Denied,
)
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.model.kube import KeyEvidence, key_id_hash
from tests.unit.gateways.conftest import NOON, Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status

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
