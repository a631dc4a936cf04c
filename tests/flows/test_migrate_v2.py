"""`az aks kv kms migrate-v2` against the Azure in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azext_akskv.failures import OperationFailed
from azext_akskv.flows.migrate_v2 import MIGRATE_V2
from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER
from azext_akskv.model.snapshot import Wanted
from tests.builders import KEY, a_grant, cluster_json
from tests.fakes import Crash, FakeWorld

WANTED = Wanted("migrate-v2")


def on_v1(folder: Path, version: str = "1.26.12", *, pools: tuple[str, ...] = ("nodepool1",)) -> FakeWorld:
    raw = cluster_json(kms=KEY)
    raw["properties"] |= {"kubernetesVersion": version, "currentKubernetesVersion": version}
    raw["properties"]["agentPoolProfiles"] = [
        {"name": name, "count": 3, "orchestratorVersion": version, "currentOrchestratorVersion": version}
        for name in pools
    ]
    world = FakeWorld(folder, cluster=raw)
    world.grants.append(a_grant(KEY_VAULT_CRYPTO_USER))
    return world


def versions(world: FakeWorld) -> tuple[str, set[str]]:
    """Of the control plane and of the nodes."""
    assert world.cluster is not None
    properties = world.cluster["properties"]
    pools: list[dict[str, Any]] = properties["agentPoolProfiles"]
    return properties["currentKubernetesVersion"], {pool["currentOrchestratorVersion"] for pool in pools}


def order(world: FakeWorld) -> list[str]:
    """What was sent to the cluster, in turn."""
    return [
        moment.split()[1].removeprefix("clusters.")
        for moment in world.moments.passed
        if moment.startswith("before clusters.") and "tag" not in moment
    ]


def test_kms_comes_on_again_before_the_last_nodes_are_upgraded(tmp_path: Path) -> None:
    world = on_v1(tmp_path, pools=("system", "work"))
    result = world.drive(MIGRATE_V2, WANTED)
    assert result.status == "done" and result.rewrite and result.rewrite.proved
    assert versions(world) == ("1.27.16", {"1.27.16"}) and world.under(str(KEY)) == 9
    assert order(world) == ["turn_off_kms", "upgrade_control_plane", "turn_on_kms", "upgrade_node_pools"]
    assert world.show().rewrite_owed is False


def test_every_minor_version_on_the_way_is_taken(tmp_path: Path) -> None:
    world = on_v1(tmp_path, "1.25.15")
    assert world.drive(MIGRATE_V2, Wanted("migrate-v2", kubernetes_version="1.28")).status == "done"
    assert versions(world) == ("1.28.12", {"1.28.12"}) and world.kms()["enabled"] is True
    hop = ["upgrade_control_plane", "upgrade_node_pools"]
    assert order(world) == ["turn_off_kms", *hop, *hop, hop[0], "turn_on_kms", hop[1]]


def test_nodes_that_are_behind_come_first_with_kms_still_on(tmp_path: Path) -> None:
    world = on_v1(tmp_path)
    assert world.cluster is not None
    world.cluster["properties"]["agentPoolProfiles"][0] |= {
        "orchestratorVersion": "1.25.15",
        "currentOrchestratorVersion": "1.25.15",
    }
    assert world.drive(MIGRATE_V2, WANTED).status == "done"
    assert order(world)[:2] == ["upgrade_node_pools", "turn_off_kms"]


def test_a_cluster_with_v2_has_nothing_to_do(tmp_path: Path) -> None:
    world = on_v1(tmp_path, "1.27.16")
    result = world.drive(MIGRATE_V2, WANTED)
    assert result.status == "done" and {step.state for step in result.steps} == {"already"} and not world.writes
    assert "nothing to migrate" in " ".join(world.reporter.told)  # the plan has it, for the terminal to say


@pytest.mark.parametrize("asked", ["1.29", "1.27.99"])
def test_a_version_that_is_not_on_offer_is_refused(tmp_path: Path, asked: str) -> None:
    world = on_v1(tmp_path)
    refused = world.drive(MIGRATE_V2, Wanted("migrate-v2", kubernetes_version=asked))
    assert refused.status == "refused" and not world.writes
    assert {finding.code for finding in refused.findings if finding.blocks} == {"upgrade-way"}


def test_an_upgrade_that_fails_is_told_as_it_is_and_taken_up_again(tmp_path: Path) -> None:
    world = on_v1(tmp_path, "1.25.15")
    why = "Drain node aks-1 failed when evicting pod checkout-0: Too Many Requests"
    world.faults["clusters.upgrade_node_pools"] = [OperationFailed("upgrade the nodes", "UpgradeFailed", why)]
    failed = world.drive(MIGRATE_V2, WANTED)
    assert failed.status == "failed" and failed.trouble and why in failed.trouble.text
    assert "can be read" in " ".join(failed.trouble.safe) and world.kms()["enabled"] is False
    world.forget()
    assert world.drive(MIGRATE_V2, WANTED).status == "done"
    assert versions(world) == ("1.27.16", {"1.27.16"}) and world.under(str(KEY)) == 9


def test_what_is_on_offer_may_change_on_the_way(tmp_path: Path) -> None:
    world = on_v1(tmp_path)
    plan = world.drive(MIGRATE_V2, WANTED, dry_run=True)
    assert "upgrade the control plane to 1.27.16" in [step.title for step in plan.steps]
    original = world.offered

    class Shrinking(dict[str, tuple[str, ...]]):
        """From the second look on one patch less."""

        looks = 0

        def get(self, version: str, default: Any = ()) -> tuple[str, ...]:  # type: ignore[override]  # a fake
            Shrinking.looks += 1
            return original[version] if Shrinking.looks == 1 else ("1.27.9",)

    world.offered = Shrinking(original)
    failed = world.drive(MIGRATE_V2, WANTED)
    assert failed.status == "failed" and failed.trouble and "AKS offers it 1.27.9 now" in failed.trouble.text
    world.offered = {**original, "1.26.12": ("1.27.9",)}
    assert world.drive(MIGRATE_V2, WANTED).status == "done" and versions(world)[0] == "1.27.9"


@pytest.mark.parametrize("point", range(0, 190, 9))
def test_killed_anywhere_it_is_finished_from_another_machine(tmp_path: Path, point: int) -> None:
    world = on_v1(tmp_path, "1.25.15")
    world.moments.crash_at = point
    try:
        world.drive(MIGRATE_V2, WANTED)
    except Crash:
        world.moments.crash_at = None
        world.clock.sleep(1200)
        world.forget()
        assert world.drive(MIGRATE_V2, WANTED).status == "done"
    assert versions(world) == ("1.27.16", {"1.27.16"}) and world.under(str(KEY)) == 9
    assert world.show().rewrite_owed is False


def test_kms_that_somebody_turned_off_is_not_turned_on(tmp_path: Path) -> None:
    world = on_v1(tmp_path)
    world.kms()["enabled"] = False
    refused = world.drive(MIGRATE_V2, WANTED)
    assert refused.status == "refused" and not world.writes
    assert "kms-off" in {finding.code for finding in refused.findings if finding.blocks}
