"""`az aks kv secrets-provider enable`, `grant` and `show` against the Azure in memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.failures import Denied, OperationFailed
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.secrets_provider import ENABLE_PROVIDER, GRANT_READING, show_provider
from azext_akskv.model import access
from azext_akskv.model.access import Grant
from azext_akskv.model.addon import addon_of
from azext_akskv.model.cluster import parse_cluster
from azext_akskv.model.finding import State
from azext_akskv.model.provision import ENABLE
from azext_akskv.model.reading import Wish, may_read
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import parse_vault
from tests.builders import NOW, VAULT
from tests.fake_mounts import seen_by
from tests.fake_provider import ADDON_PRINCIPAL, a_scale_set
from tests.fakes import Crash, FakeWorld
from tests.mount_builders import a_class, a_pod, a_status
from tests.provision_worlds import (
    AS_ACCOUNT,
    AS_READER,
    CERT,
    ENABLING,
    GRANTING,
    ISSUER,
    KEY,
    READER,
    READER_PRINCIPAL,
    SECRET,
    a_world,
    asking,
    named,
    without_identity,
)

SUBJECT = "system:serviceaccount:shop:web"
ROTATING = Wanted(ENABLE, rotation_interval="5m")
EVERYTHING = dataclasses.replace(AS_READER, all_of=(SECRET, KEY, CERT))


def new(folder: Path) -> FakeWorld:
    return a_world(folder, on=False)


def by_policy(folder: Path) -> FakeWorld:
    return a_world(folder, rbac=False)


def lost(folder: Path) -> FakeWorld:
    return without_identity(a_world(folder))


def two_pools(folder: Path) -> FakeWorld:
    world = a_world(folder)
    other = a_scale_set("nodepool2")
    world.scale_sets[other.id] = other
    return world


CASES: dict[str, tuple[Callable[[Path], FakeWorld], Flow, Wanted]] = {
    "enable": (new, ENABLE_PROVIDER, ENABLING),
    "enable-with-rotation": (new, ENABLE_PROVIDER, ROTATING),
    "set-the-rotation": (a_world, ENABLE_PROVIDER, ROTATING),
    "give-the-identity-back": (lost, ENABLE_PROVIDER, ENABLING),
    "grant": (a_world, GRANT_READING, GRANTING),
    "grant-by-policy": (by_policy, GRANT_READING, dataclasses.replace(GRANTING, all_of=(SECRET, CERT))),
    "grant-to-another": (two_pools, GRANT_READING, EVERYTHING),
    "grant-to-an-account": (a_world, GRANT_READING, AS_ACCOUNT),
    "grant-to-an-account-by-policy": (by_policy, GRANT_READING, AS_ACCOUNT),
}


def states(result: Result) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}


def errors(result: Result) -> set[str]:
    return {each.code for each in result.findings if each.blocks}


def proved(world: FakeWorld, wanted: Wanted) -> None:
    """What the command promises, read off the Azure itself."""
    assert world.cluster
    addon = addon_of(parse_cluster(world.cluster, NOW))
    assert addon.enabled and addon.identity and addon.identity.resource_id
    if wanted.flow == ENABLE:
        assert all(each.has(addon.identity.resource_id) for each in world.scale_sets.values())
        assert not wanted.rotation_interval or (addon.rotation, addon.poll_interval) == (True, "5m")
        return
    principal = READER_PRINCIPAL if wanted.identity else ADDON_PRINCIPAL
    vault = parse_vault(world.vaults[VAULT], NOW)
    grants = [each for each in world.grants if each.principal_id == principal]
    for of in wanted.all_of:
        assert may_read(vault, grants, principal, Wish(of)).may.value == "yes"
    if wanted.service_account:
        assert [each.takes(ISSUER, SUBJECT) for each in world.federations[READER]] == [True]
    elif wanted.identity:
        assert all(each.has(READER) for each in world.scale_sets.values())


@pytest.mark.parametrize("case", CASES)
def test_it_is_done_and_proved_and_a_second_run_writes_nothing(case: str, tmp_path: Path) -> None:
    make, flow, wanted = CASES[case]
    world = make(tmp_path)
    result = world.drive(flow, wanted)
    assert (result.status, result.exit_code) == ("done", 0), result.trouble
    proved(world, wanted)
    assert not [each for each in result.findings if each.state is State.ERROR] and world.writes
    assert result.keep and result.onward.startswith("az aks kv secrets-provider ")
    world.writes.clear()
    again = world.drive(flow, wanted)
    assert (again.status, set(states(again).values())) == ("done", {"already"}) and not world.writes
    assert not [each for each in again.findings if each.state is State.ERROR]


@pytest.mark.parametrize("with_journal", [True, False], ids=["with-the-journal", "from-another-machine"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_command_finishes_a_run_that_was_killed_anywhere(
    case: str, with_journal: bool, tmp_path: Path
) -> None:
    make, flow, wanted = CASES[case]
    whole = make(tmp_path / "whole")
    whole.drive(flow, wanted)
    moments = len(whole.moments.passed)
    assert moments >= 10
    for moment in range(moments):
        world = make(tmp_path / str(moment))
        world.moments.crash_at = moment
        with pytest.raises(Crash) as killed:
            world.drive(flow, wanted)
        world.moments.crash_at = None
        if not with_journal:
            world.forget()
        result = world.drive(flow, wanted)
        assert (result.status, result.exit_code) == ("done", 0), (killed.value, result.trouble)
        proved(world, wanted)
        assert world.writes == whole.writes, (killed.value, world.writes)


@pytest.mark.parametrize("case", CASES)
def test_a_dry_run_and_a_no_write_nothing(case: str, tmp_path: Path) -> None:
    make, flow, wanted = CASES[case]
    world = make(tmp_path)
    result = world.drive(flow, wanted, dry_run=True)
    assert (result.status, result.exit_code) == ("dry-run", 0) and not world.writes
    assert "planned" in states(result).values()
    assert world.drive(flow, wanted, yes=False).status == "declined" and not world.writes


def test_the_clusters_tags_stay_as_they_are(tmp_path: Path) -> None:
    world = new(tmp_path)
    assert world.cluster
    tags = dict(world.cluster["tags"])
    world.drive(ENABLE_PROVIDER, ENABLING)
    assert world.cluster["tags"] == tags


def test_rotation_that_was_not_asked_for_stays_as_it_is(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.drive(ENABLE_PROVIDER, ROTATING)
    world.writes.clear()
    assert world.drive(ENABLE_PROVIDER, ENABLING).status == "done" and not world.writes
    assert addon_of(parse_cluster(world.cluster or {}, NOW)).rotation


def test_a_secret_that_is_still_to_be_made_can_be_granted(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    wanted = asking(GRANTING, *named("tomorrow"))
    assert world.drive(GRANT_READING, wanted, accept=("asked-object-missing",)).status == "done"
    assert [each.role for each in world.grants] == [access.KEY_VAULT_SECRETS_USER]


def test_a_role_of_somebodys_own_that_cannot_be_read_is_left_and_the_known_one_given(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    own = Grant("aaaaaaaa-0000-4000-8000-000000000001", str(VAULT), ADDON_PRINCIPAL, NOW)
    world.grants.append(own)
    assert world.drive(GRANT_READING, GRANTING).status == "done"
    assert [each.role for each in world.grants] == [own.role, access.KEY_VAULT_SECRETS_USER]


def test_a_failure_says_what_was_done_and_what_is_safe(tmp_path: Path) -> None:
    world = two_pools(tmp_path)
    world.faults["scale_sets.assign"] = [OperationFailed("give an identity", "Failed", "no capacity")]
    result = world.drive(GRANT_READING, AS_READER)
    assert (result.status, result.exit_code) == ("failed", 1) and result.trouble
    assert "no capacity" in result.trouble.text and result.trouble.safe
    assert states(result)["grant-reading"] == "done"
    assert world.drive(GRANT_READING, AS_READER).status == "done"


def test_the_notes_say_what_is_written_and_to_whom(tmp_path: Path) -> None:
    world = two_pools(tmp_path)
    world.drive(GRANT_READING, EVERYTHING, dry_run=True)
    told = " ".join(world.reporter.told)
    for words in (
        "Who: reader, client id client of reader",
        f"Writes the role Key Vault Certificate User at {VAULT}",
        "It holds for all secrets and keys and certificates of the vault",
        "up to ten minutes",
        "Every pod whose SecretProviderClass names this identity can read as it",
        "No point of no return",
    ):
        assert words in told


def test_a_role_that_reads_more_than_was_asked_for_is_named(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.drive(GRANT_READING, dataclasses.replace(GRANTING, all_of=(KEY,)), dry_run=True)
    assert "lets it read the vault's secrets, too" in " ".join(world.reporter.told)


def test_show_looks_and_changes_nothing(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.seen = seen_by(classes=[a_class()], pods=[a_pod()], statuses=[a_status()])
    found = show_provider(world.world(), Wanted("show"))
    assert found.addon and found.addon.enabled and found.view and found.scale_sets.value and not world.writes
    assert {each.category for each in found.findings} == {"provider"}


def test_show_of_a_cluster_that_is_not_there_or_cannot_be_asked(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.faults["mounts.look"] = [Denied("list pods", "Forbidden", "no")]
    found = show_provider(world.world(), Wanted("show"))
    assert found.view is None and found.addon and any(each.state is State.UNKNOWN for each in found.findings)
    world.cluster = None
    gone = show_provider(world.world(), Wanted("show"))
    assert gone.addon is None and "cluster-missing" in {each.code for each in gone.findings if each.blocks}
