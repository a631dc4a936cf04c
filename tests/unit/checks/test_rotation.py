from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.kube import Switch
from azext_akskv.model.ledger import with_change, with_rewrite
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.tags import RUN_TAG
from tests.builders import HOST, KEY, NOW, a_cluster, a_key, a_snapshot, cluster_json, snapshot_with_kms_on
from tests.unit.checks.verdicts import findings, problem, state

NEWER = KeyId(HOST, "etcd", "b" * 32)
ROTATE = Wanted("rotate")


def noted(rewritten: bool = True) -> Cluster:
    """KMS was turned on by a run of ours."""
    tags = with_change(a_cluster(cluster_json()), KEY, "20261127-100000-enable")
    cluster = replace(a_cluster(cluster_json(kms=KEY)), tags=tags)
    return replace(cluster, tags=with_rewrite(cluster, 100)) if rewritten else cluster


def rotating(wanted: Wanted = ROTATE, **changes: object) -> Snapshot:
    return replace(snapshot_with_kms_on("rotate", **changes), wanted=wanted)


def test_kms_off() -> None:
    assert state("kms-off", rotating()) == "ok"
    assert state("kms-off", a_snapshot()) == "skipped"
    assert "was never turned on" in problem("kms-off", a_snapshot(ROTATE)).text
    off = a_cluster(cluster_json(kms=KEY, enabled=False))
    assert "is off on" in problem("kms-off", a_snapshot(ROTATE, cluster=off)).text
    moving = replace(off, tags=with_change(a_cluster(cluster_json(kms=KEY)), None, "20261127-100000-migrate-mode"))
    mode = Wanted("migrate-mode", network_access="Private")
    assert problem("kms-off", a_snapshot(mode, cluster=off)).blocks
    assert state("kms-off", a_snapshot(mode, cluster=moving)) == "ok"
    before = with_change(a_cluster(cluster_json()), KEY, "20261127-100000-migrate-mode")
    by_hand = replace(off, tags=before)  # after a run that had come to its end somebody turned KMS off
    assert problem("kms-off", a_snapshot(mode, cluster=by_hand)).blocks


def test_key_same() -> None:
    assert state("key-same", rotating(Wanted("rotate", key=NEWER), key=a_key(NEWER))) == "ok"
    same = problem("key-same", rotating(Wanted("rotate", key=KEY), key=a_key()))
    assert not same.blocks and "uses" in same.text


def test_key_older() -> None:
    newer = a_key(NEWER, created=NOW)
    older = a_key(KEY, created=NOW - timedelta(days=9))
    assert state("key-older", rotating(key=newer, key_in_use=older)) == "ok"
    assert state("key-older", rotating(key=older, key_in_use=older)) == "skipped"
    going_back = problem("key-older", rotating(key=older, key_in_use=newer))
    assert going_back.blocks and going_back.may_accept


def test_rewrite_unknown() -> None:
    assert state("rewrite-unknown", rotating(cluster=noted())) == "ok"
    assert state("rewrite-unknown", rotating(cluster=noted(rewritten=False))) == "ok"  # it is owed, which is known
    assert state("rewrite-unknown", rotating(switch=Switch(str(KEY), "", 1, proved=True))) == "ok"
    unknown = problem("rewrite-unknown", rotating())
    assert unknown.blocks and unknown.may_accept and unknown.command.startswith("az aks kv reencrypt")
    assert state("rewrite-unknown", rotating(switch=Observed.unknown("403"))) == "skipped"
    broken = rotating(key_in_use=a_key(enabled=False))
    assert state("rewrite-unknown", broken) == "skipped"


def test_key_ledger() -> None:
    assert state("key-ledger", a_snapshot()) == "skipped"  # KMS was never on
    assert state("key-ledger", snapshot_with_kms_on(cluster=noted())) == "ok"
    assert state("key-ledger", snapshot_with_kms_on(cluster=noted(rewritten=False))) == "ok"
    assert "no run of this extension" in problem("key-ledger", snapshot_with_kms_on()).text
    behind = noted(rewritten=False)
    proved = Switch(str(KEY), behind.tags[RUN_TAG], 100, proved=True)
    told = problem("key-ledger", snapshot_with_kms_on(cluster=behind, switch=proved))
    assert "do not tell yet" in told.text and not told.blocks


def test_key_repair_closed() -> None:
    assert state("key-repair-closed", rotating(vault_closed="")) == "skipped"
    expired = a_key(expires_in_days=-1)
    assert state("key-repair-closed", rotating(key_in_use=expired, vault_closed="")) == "ok"
    closed = problem("key-repair-closed", rotating(key_in_use=expired, vault_closed="(ForbiddenByFirewall) no"))
    assert closed.blocks and not closed.may_accept and "extend" in closed.text and "ForbiddenByFirewall" in closed.text
    unseen = rotating(key_in_use=expired, vault_closed=Observed.unknown("no network"))
    assert state("key-repair-closed", unseen) == "unknown" and findings("key-repair-closed", unseen)[0].blocks


def test_key_unusable_is_no_error_for_a_rotation_that_repairs_it() -> None:
    expired = a_key(expires_in_days=-1)
    assert not problem("key-unusable", rotating(key_in_use=expired, key=None)).blocks
    wrong = a_key(expires_in_days=-1, operations=frozenset({"sign"}))
    assert any(each.blocks for each in findings("key-unusable", rotating(key_in_use=wrong, key=None)))
    assert any(each.blocks for each in findings("key-unusable", snapshot_with_kms_on("disable", key=expired)))
