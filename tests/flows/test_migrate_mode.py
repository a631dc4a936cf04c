"""`az aks kv kms migrate-mode` against the Azure in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azext_akskv.failures import Denied
from azext_akskv.flows.disable import DISABLE
from azext_akskv.flows.enable import ENABLE
from azext_akskv.flows.migrate_mode import MIGRATE_MODE
from azext_akskv.flows.rotate import ROTATE
from azext_akskv.model.access import KEY_VAULT_CONTRIBUTOR
from azext_akskv.model.snapshot import Wanted
from tests.builders import KEY, VAULT, cluster_json
from tests.fakes import Crash, FakeWorld
from tests.flows import worlds

PRIVATE, PUBLIC = Wanted("migrate-mode", network_access="Private"), Wanted("migrate-mode", network_access="Public")


def public(folder: Path) -> FakeWorld:
    world = FakeWorld(folder, cluster=worlds.integrated())
    assert world.drive(ENABLE, Wanted("enable", "kv1", "etcd")).status == "done"
    world.clock.sleep(3600)
    world.writes.clear()
    return world


def private(folder: Path) -> FakeWorld:
    world = worlds.private(folder)
    world.grant_delay = 0.0
    assert world.drive(ENABLE, Wanted("enable", "kv1", "etcd")).status == "done"
    world.clock.sleep(3600)
    world.writes.clear()
    return world


def order(world: FakeWorld) -> list[str]:
    """What was written, each kind where it came first."""
    seen = dict.fromkeys(moment.split()[1] for moment in world.moments.passed if moment.startswith("before "))
    return [each for each in seen if each.partition(".")[0] in ("clusters", "vaults")]


def access(world: FakeWorld) -> tuple[Any, Any]:
    return world.kms().get("keyVaultNetworkAccess"), world.vaults[VAULT]["properties"]["publicNetworkAccess"]


def test_to_private_the_vault_is_closed_last(tmp_path: Path) -> None:
    world = public(tmp_path)
    world.moments.passed.clear()
    result = world.drive(MIGRATE_MODE, PRIVATE)
    assert result.status == "done" and access(world) == ("Private", "Disabled")
    assert world.under(str(KEY)) == 9 and result.rewrite and result.rewrite.proved
    written = order(world)
    assert (
        written.index("clusters.turn_off_kms") < written.index("clusters.turn_on_kms") < written.index("vaults.close")
    )
    assert any(grant.role == KEY_VAULT_CONTRIBUTOR for grant in world.grants)


def test_to_public_the_vault_is_opened_first(tmp_path: Path) -> None:
    world = private(tmp_path)
    world.moments.passed.clear()
    result = world.drive(MIGRATE_MODE, PUBLIC)
    assert result.status == "done" and access(world) == ("Public", "Enabled") and world.under(str(KEY)) == 9
    written = order(world)
    assert written.index("vaults.open") < written.index("clusters.turn_off_kms")


def test_a_vault_that_may_not_be_opened_stops_it_before_kms_goes_off(tmp_path: Path) -> None:
    world = private(tmp_path)
    world.faults["vaults.open"] = [Denied("open the vault", "RequestDisallowedByPolicy", "vaults stay closed")]
    result = world.drive(MIGRATE_MODE, PUBLIC)
    assert result.status == "failed" and world.kms()["enabled"] is True
    assert access(world) == ("Private", "Disabled") and not world.writes["clusters.turn_off_kms"]


def test_the_mode_that_is_set_already_leaves_nothing_to_do(tmp_path: Path) -> None:
    world = private(tmp_path)
    result = world.drive(MIGRATE_MODE, PRIVATE)
    assert result.status == "done" and {step.state for step in result.steps} == {"already"} and not world.writes


@pytest.mark.parametrize("point", range(0, 120, 7))
def test_killed_anywhere_it_is_finished_from_another_machine(tmp_path: Path, point: int) -> None:
    world = public(tmp_path)
    world.moments.passed.clear()
    world.moments.crash_at = point
    try:
        world.drive(MIGRATE_MODE, PRIVATE)
    except Crash:
        world.moments.crash_at = None
        world.clock.sleep(1200)
        world.forget()
        assert world.drive(MIGRATE_MODE, PRIVATE).status == "done"
    assert access(world) == ("Private", "Disabled") and world.under(str(KEY)) == 9
    assert world.show().rewrite_owed is False


def test_without_vnet_integration_it_is_refused(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, Wanted("enable", "kv1", "etcd"))
    world.writes.clear()
    refused = world.drive(MIGRATE_MODE, PRIVATE)
    assert refused.status == "refused" and not world.writes
    assert "vnet-integration" in {finding.code for finding in refused.findings if finding.blocks}


def test_a_vault_that_another_cluster_needs_open_is_not_closed(tmp_path: Path) -> None:
    world = public(tmp_path)
    raw = cluster_json(kms=KEY)
    world.around.neighbours = [raw | {"id": f"{raw['id']}-other"}]
    refused = world.drive(MIGRATE_MODE, PRIVATE)
    assert refused.status == "refused" and not world.writes
    assert "vault-closing-shared" in {finding.code for finding in refused.findings if finding.blocks}


def test_kms_that_somebody_turned_off_is_not_turned_on(tmp_path: Path) -> None:
    world = public(tmp_path)
    world.drive(DISABLE, Wanted("disable"))
    world.writes.clear()
    refused = world.drive(MIGRATE_MODE, PRIVATE)
    assert refused.status == "refused" and not world.writes
    assert "kms-off" in {finding.code for finding in refused.findings if finding.blocks}


@pytest.mark.parametrize("wanted", [PRIVATE, Wanted("disable")])
def test_a_rewrite_that_is_owed_after_a_rotation_comes_before_kms_goes_off(tmp_path: Path, wanted: Wanted) -> None:
    """Else the secrets under the key from before could never be read again: the world's oracle watches that."""
    world = public(tmp_path)
    world.faults["secrets.touch"] = [RuntimeError("pulled the plug")]
    with pytest.raises(RuntimeError):
        world.drive(ROTATE, Wanted("rotate"))
    world.forget()
    flow = DISABLE if wanted.flow == "disable" else MIGRATE_MODE
    assert world.drive(flow, wanted, accept=("unfinished-run",)).status == "done"
    world.oracle()
