"""What is looked at around a change, what is asked ahead of it, and when nothing is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from azext_akskv.checks.declare import CATEGORIES, CLUSTER, SECRETS
from azext_akskv.failures import Denied, Rejected, Unavailable
from azext_akskv.flows.drive import look, lookout
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.observe.surroundings import offer
from azext_akskv.observe.take import ask_ahead
from tests.builders import KEY, TARGET, VAULT, a_cluster, cluster_json
from tests.fakes import FakeWorld, fake_ports
from tests.flows import worlds

ASKED = Wanted("enable", vault="kv1", key="etcd")
DENIED = Denied("read", "AuthorizationFailed", "no")


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    return FakeWorld(tmp_path)


def seen(world: FakeWorld, wanted: Wanted = ASKED) -> Snapshot:
    return look(wanted, world.world(), CATEGORIES)


def ahead(world: FakeWorld, wanted: Wanted = ASKED) -> Snapshot:
    return ask_ahead(seen(world, wanted), lookout(world.world(), CATEGORIES))


def test_everything_around_the_change_is_in_the_snapshot(world: FakeWorld) -> None:
    other = cluster_json(kms=KEY)
    world.around.neighbours = [{**other, "id": other["id"].replace("prod", "stage")}]
    snapshot = seen(world)
    assert [each.id.name for each in snapshot.neighbours.get()] == ["stage"]
    assert snapshot.audited.get() and snapshot.login.get().renews and snapshot.locks.get() == ()
    assert {held.scope for held in snapshot.held.get()} == {str(TARGET), str(VAULT), str(snapshot.identity.get().id)}  # type: ignore[union-attr]
    assert not snapshot.maintenance.get().configured


@pytest.mark.parametrize(
    ("call", "section", "right"),
    [
        ("clusters.all", "neighbours", "managedClusters/read"),
        ("clusters.maintenance", "maintenance", "maintenanceConfigurations/read"),
        ("governance.audited", "audited", "diagnosticSettings/read"),
        ("governance.locks", "locks", "locks/read"),
        ("governance.permissions", "held", "permissions/read"),
        ("governance.login", "login", "az login"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_names_the_right(
    world: FakeWorld, call: str, section: str, right: str
) -> None:
    world.faults[call] = [DENIED] * 9
    gap = getattr(seen(world), section).gap
    assert gap and right in gap


def test_a_maintenance_configuration_that_is_not_understood_is_unknown(world: FakeWorld) -> None:
    world.around.maintenance = [{"name": "odd", "properties": {"maintenanceWindow": {"schedule": {}}}}]
    assert "is not understood" in (seen(world).maintenance.gap or "")


def test_only_a_change_looks_at_leave_to_change(world: FakeWorld) -> None:
    world.faults = {f"governance.{call}": [DENIED] for call in ("locks", "permissions", "login", "refusals")}
    look(Wanted("show"), world.world(), CATEGORIES)
    look(Wanted("reencrypt"), world.world(), (CLUSTER, SECRETS))
    assert all(world.faults.values())


def test_policies_rights_and_admission_are_asked_ahead(world: FakeWorld) -> None:
    world.around.denied = {"turn on KMS": "it is not blue"}
    world.around.admission = {"team-1": "no updates", "team-2": "ValidatingAdmissionPolicy 'aks-managed-x' denied"}
    snapshot = ahead(world)
    assert snapshot.refusals and [each.reason for each in snapshot.refusals.get()] == ["it is not blue"]
    assert snapshot.missing_rights and snapshot.missing_rights.get() == ()
    assert snapshot.rehearsal
    assert [(each.secret.namespace, each.platform) for each in snapshot.rehearsal.get()] == [
        ("team-1", False),
        ("team-2", True),
    ]


def test_who_may_not_patch_is_not_told_of_admission(world: FakeWorld) -> None:
    world.around.may_not = {KubeRight("patch", "secrets")}
    snapshot = ahead(world)
    assert snapshot.missing_rights and snapshot.missing_rights.get() == (KubeRight("patch", "secrets"),)
    assert snapshot.rehearsal is None and world.calls["secrets.rehearse"] == 0


NO_DRY_RUN = Rejected("x", "BadRequest", 'admission webhook "w" does not support dry run')


@pytest.mark.parametrize(
    ("call", "error", "section"),
    [
        ("governance.refusals", DENIED, "refusals"),
        ("secrets.may", Unavailable("ask", "500"), "missing_rights"),
        ("secrets.rehearse", NO_DRY_RUN, "rehearsal"),
    ],
)
def test_what_could_not_be_asked_is_unknown(world: FakeWorld, call: str, error: Exception, section: str) -> None:
    world.faults[call] = [error]
    asked = getattr(ahead(world), section)
    assert asked and not asked.known


def test_nothing_is_asked_where_nothing_is_left_to_do(world: FakeWorld) -> None:
    assert world.drive(ENABLE, ASKED).status == "done"
    world.faults = {call: [DENIED] for call in ("governance.refusals", "secrets.may", "secrets.rehearse")}
    again = world.drive(ENABLE, ASKED)
    assert {step.state for step in again.steps} == {"already"} and all(world.faults.values())


def test_nothing_is_asked_where_something_is_in_the_way_already(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.vaults[VAULT]["properties"]["networkAcls"] = {"defaultAction": "Deny"}
    world.faults = {call: [DENIED] for call in ("governance.refusals", "secrets.may", "secrets.rehearse")}
    assert world.drive(ENABLE, ASKED).status == "refused" and all(world.faults.values())


def test_locks_are_read_once_for_each_group(world: FakeWorld) -> None:
    assert seen(world).locks.known and world.calls["governance.locks"] == 1


def test_an_upgrade_that_ends_meanwhile_does_not_change_what_was_on_offer(tmp_path: Path) -> None:
    """The cluster was read before its end, and what it is offered after it."""
    ports = fake_ports(FakeWorld(tmp_path))
    before = a_cluster(currentKubernetesVersion="1.26.12", provisioningState="Upgrading")
    ports.clusters.upgrades = lambda _cluster: ("1.28.12",)  # type: ignore[method-assign]
    assert offer(before, ports).now == ("1.27.9", "1.27.16")
    assert offer(a_cluster(currentKubernetesVersion="1.26.12"), ports).now == ("1.28.12",)
    unknown = a_cluster(currentKubernetesVersion="1.24.9", provisioningState="Upgrading")
    assert offer(unknown, ports).now == ("1.28.12",)
