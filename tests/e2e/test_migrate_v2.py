"""`az aks kv kms migrate-v2` with the real az: what runs which version, and what is stored under which key."""

from __future__ import annotations

from typing import Any

from emulator.worlds.spec import Cluster, Kms, Secrets
from tests.e2e.commands import CLUSTER, JSON, found
from tests.e2e.conftest import Ended, Station

MIGRATE = ("aks", "kv", "kms", "migrate-v2", *CLUSTER, *JSON, "--yes")


def old(version: str = "1.26.12", **fields: Any) -> tuple[Cluster, ...]:
    few = Secrets(count=4, namespaces=("default", "checkout"))
    return (Cluster(kubernetes_version=version, kms=Kms(), secrets=few, **fields),)


def done(ended: Ended) -> Any:
    assert (ended.code, ended.json["status"]) == (0, "done"), ended.output
    return ended.json


def versions(station: Station) -> tuple[str, set[str]]:
    properties = station.cluster().body["properties"]
    pools = properties["agentPoolProfiles"]
    return properties["currentKubernetesVersion"], {pool["currentOrchestratorVersion"] for pool in pools}


def test_from_1_25_every_minor_version_is_taken(station: Station) -> None:
    emulation = station.start("legacy-v1", clusters=old("1.25.15", pools=("system", "work")))
    key = station.key_in_arm()
    result = station.az(*MIGRATE)
    assert done(result)["secrets"]["proved"] is True and "1.25.15 - 1.26.12 - 1.27.16" in result.output
    assert versions(station) == ("1.27.16", {"1.27.16"})
    assert (station.key_in_arm(), station.stored_under()) == (key, {key}) and emulation.verdict()["ok"]
    again = station.az(*MIGRATE)
    assert {step["state"] for step in done(again)["steps"]} == {"already"}


def test_a_disruption_budget_on_the_way_is_told_and_the_same_command_goes_on(station: Station) -> None:
    emulation = station.start("legacy-v1", clusters=old("1.25.15", upgrade_troubles=("disruption-budget", "quota")))
    key = station.key_in_arm()
    first = station.az(*MIGRATE)
    assert (first.code, first.json["status"]) == (1, "failed"), first.output
    assert "UpgradeFailed" in first.output and "checkout-0" in first.output and "KMS is off" in first.output
    assert versions(station) == ("1.26.12", {"1.25.15"}) and station.stored_under() == {"plain"}
    station.forget_journal()
    second = station.az(*MIGRATE)
    assert second.code == 1 and "ErrCode_InsufficientVCPUQuota" in second.output, second.output
    assert done(station.az(*MIGRATE)) and versions(station) == ("1.27.16", {"1.27.16"})
    assert station.stored_under() == {key} and emulation.verdict()["ok"]


def test_nodes_that_fail_at_the_end_leave_kms_on(station: Station) -> None:
    emulation = station.start("legacy-v1", clusters=old(upgrade_troubles=("surge",)))
    key = station.key_in_arm()
    failed = station.az(*MIGRATE)
    assert failed.code == 1 and "surge nodes" in failed.output and "KMS is on" in failed.output, failed.output
    assert failed.json["secrets"]["proved"] is True and station.stored_under() == {key}
    assert versions(station) == ("1.27.16", {"1.26.12"})
    station.forget_journal()
    assert done(station.az(*MIGRATE)) and versions(station) == ("1.27.16", {"1.27.16"})
    assert emulation.verdict()["ok"]


def test_a_dry_run_names_the_way_and_changes_nothing(station: Station) -> None:
    station.start("legacy-v1", clusters=old())
    dry = station.az(*MIGRATE, "--kubernetes-version", "1.28", "--dry-run")
    assert (dry.code, dry.json["status"]) == (0, "dry-run") and "1.26.12 - 1.27.16 - 1.28.15" in dry.output
    assert not station.changes()


def test_the_state_of_a_v1_cluster_names_the_command(station: Station) -> None:
    station.start("legacy-v1", clusters=old())
    seen = station.az("aks", "kv", "kms", "show", *CLUSTER, *JSON)
    assert "cluster-version" in found(seen, "warning") and "kms migrate-v2" in seen.output
