from __future__ import annotations

from datetime import timedelta

from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.tags import IDENTITY_SINCE_TAG
from tests.builders import IDENTITY, KEY, NOW, TENANT, a_cluster, a_snapshot, cluster_json, snapshot_with_kms_on
from tests.unit.checks.verdicts import problem, state

SYSTEM = a_cluster(identity={"type": "SystemAssigned", "principalId": "p", "tenantId": TENANT})
PRINCIPAL = a_cluster(identity=None)
NAMED = Wanted("enable", vault="kv1", key="etcd", identity="id1")
OTHER = Wanted("enable", vault="kv1", key="etcd", identity="id2")


def test_identity_kind() -> None:
    assert state("identity-kind", a_snapshot()) == "ok"
    assert problem("identity-kind", a_snapshot(cluster=SYSTEM)).blocks
    moved = problem("identity-kind", a_snapshot(NAMED, cluster=SYSTEM))
    assert not moved.blocks and "no way back" in moved.why
    assert problem("identity-kind", a_snapshot(NAMED, cluster=PRINCIPAL)).blocks
    assert state("identity-kind", a_snapshot(Wanted("show"), cluster=SYSTEM)) == "skipped"  # KMS was never on


def test_identity_kind_before_there_is_a_cluster() -> None:
    unnamed = Wanted("enable", vault="kv1", key="etcd", prepare_only=True)
    assert problem("identity-kind", a_snapshot(unnamed, cluster=None)).blocks


def test_identity_missing() -> None:
    assert state("identity-missing", a_snapshot()) == "ok"
    finding = problem("identity-missing", a_snapshot(NAMED, cluster=SYSTEM, identity=None))
    assert finding.blocks and "--name id1 --location westeurope" in finding.command
    to_make = Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True)
    assert state("identity-missing", a_snapshot(to_make, cluster=SYSTEM, identity=None)) == "ok"


def test_identity_missing_is_never_made_anew_for_a_cluster_that_has_it() -> None:
    """A new one of the same name is another principal; the cluster would not know it."""
    to_make = Wanted("enable", vault="kv1", key="etcd", create=True)
    assert problem("identity-missing", a_snapshot(to_make, identity=None)).blocks


def test_identity_missing_blocks_when_it_could_not_be_read() -> None:
    assert state("identity-missing", a_snapshot(identity=Observed.unknown("403"))) == "unknown"


def test_identity_differs() -> None:
    on = a_cluster(cluster_json(kms=KEY))
    assert state("identity-differs", a_snapshot(OTHER)) == "ok"
    assert state("identity-differs", a_snapshot(cluster=on)) == "ok"
    assert "acts as id1, not as id2" in problem("identity-differs", a_snapshot(OTHER, cluster=on)).text


def test_identity_just_switched() -> None:
    def since(hours: float) -> dict[str, str]:
        return {IDENTITY_SINCE_TAG: (NOW - timedelta(hours=hours)).isoformat()}

    assert state("identity-just-switched", a_snapshot()) == "ok"
    assert state("identity-just-switched", a_snapshot(cluster=a_cluster(tags=since(3)))) == "warning"
    assert state("identity-just-switched", a_snapshot(cluster=a_cluster(tags=since(9)))) == "ok"
    assert state("identity-just-switched", a_snapshot(cluster=a_cluster(tags={IDENTITY_SINCE_TAG: "soon"}))) == "ok"


def test_identity_grants() -> None:
    assert state("identity-grants", a_snapshot()) == "ok"
    finding = problem("identity-grants", a_snapshot(OTHER))
    assert "--assignee 5c1d2a7e-0000-4000-8000-0000000000aa" in finding.command
    assert state("identity-grants", a_snapshot(NAMED)) == "ok" and IDENTITY.name == "id1"
    assert state("identity-grants", snapshot_with_kms_on()) == "skipped"
