"""Each check of the nodes where pods shall read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.failures import Denied
from azext_akskv.model.observed import Observed
from azext_akskv.model.provision import GENERATE
from azext_akskv.model.snapshot import Wanted
from tests.fake_mounts import seen_by
from tests.mount_builders import NODE, a_class, a_pod
from tests.provision_worlds import AS_ACCOUNT, AS_READER, ENABLING, GRANTING, LINUX, a_world, seen, without_identity
from tests.unit.checks.mount_views import chart
from tests.unit.checks.verdicts import findings, problem, state

MACHINES = {"name": "vms", "osType": "Linux", "type": "VirtualMachines"}
WINDOWS = {"name": "win", "osType": "Windows", "type": "VirtualMachineScaleSets"}
LOCKED = {"nodeResourceGroupProfile": {"restrictionLevel": "ReadOnly"}}


@pytest.mark.parametrize("code", ["nodes-lack-identity", "nodes-single-machines", "nodes-locked"])
def test_pods_that_read_as_their_service_account_need_nothing_of_the_nodes(code: str, tmp_path: Path) -> None:
    assert state(code, seen(a_world(tmp_path), AS_ACCOUNT)) == "skipped"


def test_nodes_lack_identity(tmp_path: Path) -> None:
    world, code = a_world(tmp_path / "on"), "nodes-lack-identity"
    assert state(code, seen(world, GRANTING)) == state(code, seen(world, ENABLING)) == "ok"
    other = problem(code, seen(world, AS_READER))
    assert other.blocks and "the pool nodepool1 do not have the identity reader" in other.text
    assert other.command.startswith("az vmss identity assign")
    without_identity(world)
    assert problem(code, seen(world, ENABLING)).blocks
    own = problem(code, seen(world, GRANTING))
    assert not own.blocks and own.command.startswith("az aks kv secrets-provider enable")
    world.faults["scale_sets.of"] = [Denied("list", "AuthorizationFailed", "no")]
    [finding] = findings(code, seen(world, ENABLING))
    assert finding.state.value == "unknown" and finding.blocks
    assert state(code, seen(a_world(tmp_path / "off", on=False), ENABLING)) == "skipped"
    world.scale_sets.clear()
    assert state(code, seen(world, AS_READER)) == "skipped"


def test_nodes_single_machines(tmp_path: Path) -> None:
    code = "nodes-single-machines"
    assert state(code, seen(a_world(tmp_path / "none"), AS_READER)) == "ok"
    some = a_world(tmp_path / "some", agentPoolProfiles=[LINUX, MACHINES])
    assert "the pool vms has machines" in problem(code, seen(some, AS_READER)).text
    assert not problem(code, seen(some, AS_READER)).blocks
    alone = a_world(tmp_path / "all", agentPoolProfiles=[MACHINES])
    alone.scale_sets.clear()
    found = problem(code, seen(alone, AS_READER))
    assert found.blocks and found.may_accept and "--service-account" in found.why
    assert not problem(code, seen(alone, GRANTING)).blocks  # AKS gives them its own


def test_nodes_all_windows(tmp_path: Path) -> None:
    assert (
        state("nodes-all-windows", seen(a_world(tmp_path / "a", agentPoolProfiles=[LINUX, WINDOWS]), GRANTING)) == "ok"
    )
    found = problem("nodes-all-windows", seen(a_world(tmp_path / "b", agentPoolProfiles=[WINDOWS]), GRANTING))
    assert not found.blocks and "all pools of prod are Windows" in found.text


def test_nodes_locked(tmp_path: Path) -> None:
    world, code = a_world(tmp_path, **LOCKED), "nodes-locked"
    assert state(code, seen(world, GRANTING)) == state(code, seen(world, ENABLING)) == "ok"  # nothing to give
    found = problem(code, seen(world, AS_READER))
    assert found.blocks and found.may_accept and "MC_rg1" in found.text
    without_identity(world)
    assert state(code, seen(world, ENABLING)) == "error"
    assert state(code, seen(a_world(tmp_path / "open"), AS_READER)) == "ok"


def test_provider_by_chart(tmp_path: Path) -> None:
    world, code = a_world(tmp_path / "off", on=False), "provider-by-chart"
    world.seen = seen_by(system=[])
    assert state(code, seen(world, ENABLING)) == "ok"
    world.seen = seen_by(system=chart(NODE))
    found = problem(code, seen(world, ENABLING))
    assert found.blocks and "Helm chart" in found.text and found.command.startswith("helm list")
    world.faults["mounts.look"] = [Denied("list pods", "Forbidden", "no")]
    [finding] = findings(code, seen(world, ENABLING))
    assert finding.state.value == "unknown" and not finding.blocks
    assert state(code, seen(a_world(tmp_path / "on"), ENABLING)) == "skipped"
    assert state(code, seen(world, GRANTING)) == "skipped"


def test_a_stopped_cluster_is_not_asked_for_a_chart(tmp_path: Path) -> None:
    world = a_world(tmp_path, on=False, powerState={"code": "Stopped"})
    assert state("provider-by-chart", seen(world, ENABLING)) == "skipped" and not world.calls["mounts.look"]


def test_rotation_too_often(tmp_path: Path) -> None:
    world, code = a_world(tmp_path), "rotation-too-often"
    world.seen = seen_by(classes=[a_class()], pods=[a_pod(f"web-{n}") for n in range(500)])
    assert state(code, seen(world, ENABLING)) == "skipped"
    often = Wanted(ENABLING.flow, rotation_interval="1s")
    found = problem(code, seen(world, often))
    assert not found.blocks and "every 1s, shop-kv would be read" in found.text and "4,000" in found.why
    assert state(code, seen(world, Wanted(ENABLING.flow, rotation_interval="2m"))) == "ok"
    gap = dataclasses.replace(world.seen, classes=Observed.unknown("no right"))
    world.seen = gap
    assert state(code, seen(world, often)) == "unknown"


def test_rotation_too_often_says_nothing_of_other_commands(tmp_path: Path) -> None:
    assert state("rotation-too-often", seen(a_world(tmp_path), Wanted(GENERATE, vault="kv1"))) == "skipped"
