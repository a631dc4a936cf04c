from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from azext_akskv.model.maintenance import Maintenance, Window
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import UnfinishedRun, Wanted
from azext_akskv.model.tags import IDENTITY_SINCE_TAG, RUN_TAG
from tests.builders import KEY, NOW, OTHER_KEY, a_cluster, a_snapshot, cluster_json, snapshot_with_kms_on
from tests.unit.checks.verdicts import findings, problem, state

SHOW, DISABLE = Wanted("show"), Wanted("disable")
PREPARE = Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True, prepare_only=True)


def test_cluster_missing() -> None:
    assert state("cluster-missing", a_snapshot()) == "ok"
    finding = problem("cluster-missing", a_snapshot(cluster=None))
    assert finding.state.value == "error" and "az aks list --subscription" in finding.command


def test_cluster_missing_is_right_before_it_is_created() -> None:
    assert state("cluster-missing", a_snapshot(PREPARE, cluster=None)) == "ok"
    assert state("cluster-missing", a_snapshot(PREPARE, cluster=None, vault=None)) == "ok"  # beside the identity
    finding = problem("cluster-missing", a_snapshot(PREPARE, cluster=None, vault=None, identity=None))
    assert "region" in finding.why


def test_cluster_missing_blocks_when_the_cluster_could_not_be_read() -> None:
    snapshot = a_snapshot(cluster=Observed.unknown("not allowed to read the cluster"))
    assert state("cluster-missing", snapshot) == "unknown"
    assert state("cluster-stopped", snapshot) == "skipped"


def test_cluster_stopped() -> None:
    stopped = a_cluster(powerState={"code": "Stopped"})
    assert state("cluster-stopped", a_snapshot()) == "ok"
    finding = problem("cluster-stopped", a_snapshot(cluster=stopped))
    assert finding.blocks and finding.command.startswith("az aks start --resource-group rg1 --name prod")
    assert state("cluster-stopped", a_snapshot(SHOW, cluster=stopped)) == "warning"


def test_cluster_not_settled() -> None:
    upgrading = a_cluster(provisioningState="Upgrading")
    assert state("cluster-not-settled", a_snapshot()) == "ok"
    assert problem("cluster-not-settled", a_snapshot(cluster=upgrading)).blocks
    assert state("cluster-not-settled", a_snapshot(SHOW, cluster=upgrading)) == "warning"


@pytest.mark.parametrize(
    ("flow", "raw", "tag", "extra", "ours"),
    [
        ("enable", cluster_json(kms=KEY), "20261122-144501-enable", {}, True),
        ("enable", cluster_json(kms=KEY), "20261122-144501-enable-2", {}, True),
        ("enable", cluster_json(kms=KEY), "20261122-144501-disable", {}, False),
        ("enable", cluster_json(kms=KEY), "", {}, False),
        ("enable", cluster_json(kms=OTHER_KEY), "20261122-144501-enable", {}, False),
        ("enable", cluster_json(), "20261122-144501-enable", {}, False),
        ("enable", cluster_json(), "20261122-144501-enable", {IDENTITY_SINCE_TAG: NOW.isoformat()}, True),
        ("disable", cluster_json(kms=KEY, enabled=False), "20261122-144501-disable", {}, True),
        ("disable", cluster_json(kms=KEY), "20261122-144501-disable", {}, False),
    ],
)
def test_cluster_not_settled_knows_its_own_interrupted_run(flow, raw, tag, extra, ours) -> None:
    cluster = a_cluster(raw, provisioningState="Updating", tags={RUN_TAG: tag, **extra})
    snapshot = a_snapshot(Wanted(flow, vault="kv1", key="etcd"), cluster=cluster)
    assert problem("cluster-not-settled", snapshot).blocks is not ours


def test_cluster_failed() -> None:
    assert state("cluster-failed", a_snapshot()) == "ok"
    for ending in ("Failed", "Canceled"):
        finding = problem("cluster-failed", a_snapshot(cluster=a_cluster(provisioningState=ending)))
        assert finding.may_accept and finding.command.startswith("az aks update --resource-group rg1")


def test_cluster_version() -> None:
    old = a_cluster(currentKubernetesVersion="1.26.10")
    assert state("cluster-version", a_snapshot()) == "ok"
    assert "1.26.10" in problem("cluster-version", a_snapshot(cluster=old)).text
    assert state("cluster-version", a_snapshot(SHOW, cluster=old)) == "ok"  # without KMS, which nobody asked for
    with_kms = a_cluster(cluster_json(kms=KEY), currentKubernetesVersion="1.26.10")
    assert state("cluster-version", snapshot_with_kms_on(cluster=with_kms)) == "warning"


def test_not_legacy() -> None:
    renewed = a_cluster(cluster_json(renewed=True))
    assert state("not-legacy", a_snapshot()) == "ok"
    for flow in ("enable", "disable", "reencrypt"):
        assert problem("not-legacy", a_snapshot(Wanted(flow), cluster=renewed)).blocks
    assert state("not-legacy", a_snapshot(SHOW, cluster=renewed)) == "skipped"
    assert state("vault-missing", a_snapshot(SHOW, cluster=renewed, vault=None)) == "skipped"


def test_not_legacy_says_when_the_cloud_cannot_tell() -> None:
    blind = replace(a_cluster(), knows_renewed=False)
    assert problem("not-legacy", a_snapshot(cluster=blind)).state.value == "warning"


def test_unfinished_run() -> None:
    other = UnfinishedRun("20261122-144501-disable", "disable", "")
    own = UnfinishedRun("20261122-144501-enable", "enable", "")
    harmless = UnfinishedRun("20261122-144501-reencrypt", "reencrypt", "")
    assert state("unfinished-run", a_snapshot(unfinished=(own, harmless))) == "ok"
    finding = problem("unfinished-run", a_snapshot(unfinished=(other,)))
    assert finding.blocks and finding.may_accept and "--run 20261122-144501-disable" in finding.command
    assert state("unfinished-run", a_snapshot(SHOW, unfinished=(other,))) == "warning"
    assert state("unfinished-run", a_snapshot(Wanted("reencrypt"), unfinished=(other,))) == "skipped"


def window(begins_in_minutes: float, hours: int = 4) -> Window:
    begin = NOW + timedelta(minutes=begins_in_minutes)
    return Window("aksManagedAutoUpgradeSchedule", begin, begin + timedelta(hours=hours))


def test_maintenance_near() -> None:
    assert state("maintenance-near", a_snapshot()) == "ok"
    open_now = Maintenance(("aksManagedAutoUpgradeSchedule",), (window(-60),))
    finding = problem("maintenance-near", a_snapshot(maintenance=open_now))
    assert "is open from 2026-11-22 13:45 to 17:45 UTC" in finding.text and not finding.blocks
    soon = Maintenance(("aksManagedAutoUpgradeSchedule",), (window(10),))
    assert state("maintenance-near", a_snapshot(maintenance=soon)) == "warning"
    tonight = Maintenance(("aksManagedAutoUpgradeSchedule",), (window(180),))
    assert state("maintenance-near", a_snapshot(maintenance=tonight)) == "ok"
    assert state("maintenance-near", a_snapshot(SHOW, maintenance=open_now)) == "skipped"
    assert state("maintenance-near", a_snapshot(maintenance=Observed.unknown("403"))) == "unknown"


def test_maintenance_near_where_nothing_says_when_the_cluster_upgrades_itself() -> None:
    by_itself = a_cluster(autoUpgradeProfile={"upgradeChannel": "stable"})
    assert "channel stable" in problem("maintenance-near", a_snapshot(cluster=by_itself)).text
    scheduled = Maintenance(("aksManagedAutoUpgradeSchedule",), ())
    assert state("maintenance-near", a_snapshot(cluster=by_itself, maintenance=scheduled)) == "ok"
    never = a_cluster(autoUpgradeProfile={"upgradeChannel": "none", "nodeOSUpgradeChannel": "NodeImage"})
    assert state("maintenance-near", a_snapshot(cluster=never)) == "ok"


def test_legacy_kms() -> None:
    modern = a_cluster(cluster_json(kms=KEY), currentKubernetesVersion="1.33.2")
    assert state("legacy-kms", snapshot_with_kms_on()) == "ok"
    [told] = findings("legacy-kms", snapshot_with_kms_on(cluster=modern))
    assert told.state.value == "warning" and "no way back" in told.why
    assert state("legacy-kms", a_snapshot()) == "skipped"
