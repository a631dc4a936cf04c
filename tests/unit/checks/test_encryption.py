from __future__ import annotations

from dataclasses import replace

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.snapshot import Snapshot, Wanted
from tests.builders import HOST, KEY, a_cluster, a_snapshot, cluster_json
from tests.unit.checks.verdicts import findings, problem, state

PLATFORM = Wanted("migrate-encryption", management="platform-managed")
CUSTOMER = Wanted("migrate-encryption", management="customer-managed")
VERSIONLESS = KeyId(HOST, "etcd", None)


def modern(*, on: bool = True, renewed: bool = False, version: str = "1.33.3") -> Cluster:
    key = VERSIONLESS if renewed else KEY
    return a_cluster(cluster_json(kms=key if on else None, renewed=renewed), currentKubernetesVersion=version)


def seen(wanted: Wanted, cluster: Cluster, key: str | KeyId | None = None) -> Snapshot:
    return a_snapshot(replace(wanted, key=key), cluster=cluster)


def test_encryption_way() -> None:
    assert state("encryption-way", a_snapshot()) == "skipped"
    for cluster in (modern(), modern(on=False), modern(renewed=True), modern(on=False, renewed=True)):
        assert state("encryption-way", seen(PLATFORM, cluster)) == "ok"
    early = problem("encryption-way", seen(CUSTOMER, modern(version="1.30.4")))
    assert early.blocks and not early.may_accept and "begins with 1.33" in early.text
    v1 = problem("encryption-way", seen(PLATFORM, modern(version="1.26.12")))
    assert "on KMS v1" in v1.text and "migrate-v2" in v1.command
    unaware = problem("encryption-way", seen(PLATFORM, replace(modern(), knows_renewed=False)))
    assert unaware.blocks and "does not know" in unaware.text
    service = replace(modern(on=False), identity=replace(modern().identity, kind="ServicePrincipal", id=None))
    assert "service principal" in problem("encryption-way", seen(PLATFORM, service)).text


def test_encryption_one_way() -> None:
    assert state("encryption-one-way", a_snapshot()) == "skipped"
    told = problem("encryption-one-way", seen(PLATFORM, modern()))
    assert not told.blocks and "no way back" in told.text
    assert state("encryption-one-way", seen(PLATFORM, modern(renewed=True))) == "ok"


def test_key_versioned() -> None:
    assert state("key-versioned", a_snapshot()) == "skipped"
    for key in (None, "etcd", VERSIONLESS):
        assert state("key-versioned", seen(CUSTOMER, modern(), key)) == "ok"
    versioned = problem("key-versioned", seen(CUSTOMER, modern(), KEY))
    assert versioned.blocks and str(VERSIONLESS) in versioned.command and str(KEY) not in versioned.command
    assert "platform's own key" in problem("key-versioned", seen(PLATFORM, modern(), "etcd")).text


def test_key_other_one() -> None:
    assert state("key-other-one", seen(CUSTOMER, modern(), "etcd")) == "skipped"
    managed = modern(renewed=True)
    assert state("key-other-one", seen(CUSTOMER, managed)) == "skipped"
    assert state("key-other-one", seen(CUSTOMER, managed, "ETCD")) == "ok"
    assert state("key-other-one", seen(CUSTOMER, managed, VERSIONLESS)) == "ok"
    for other in ("other", KeyId(HOST, "other", None), KEY):
        [told] = findings("key-other-one", seen(CUSTOMER, managed, other))
        assert told.blocks and "was asked for" in told.text
