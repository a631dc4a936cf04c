"""Whose private links `diagnose` looks at, and what a cause takes from the check behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.checks.declare import CLUSTER, KEY, PRIVATE_LINK, PROVIDER
from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.diagnose import diagnose
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Wanted
from tests import link_worlds
from tests.builders import TENANT, VAULT, a_key, cluster_json, vault_json
from tests.fake_mounts import seen_by
from tests.fakes import FakeWorld
from tests.mount_builders import Json, a_class, a_pod, an_event

UNDECIDED = "link-vault-missing"


def reading(vault: str, name: str = "kv", **parameters: str) -> Json:
    one = a_class(name)
    one["spec"]["parameters"] |= {"keyvaultName": vault, "tenantID": TENANT, **parameters}
    return one


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    """A cluster whose KMS and whose class have the same vault, closed, with an endpoint that is well."""
    world = link_worlds.well(tmp_path)
    assert world.cluster
    world.cluster["properties"]["securityProfile"] = cluster_json(kms=a_key().id)["properties"]["securityProfile"]
    world.seen = seen_by(classes=[reading(VAULT.name)], pods=[a_pod()])
    return world


def links(world: FakeWorld, *areas: str) -> list[Finding]:
    found = diagnose(world.world(), Wanted("show"), areas or (PRIVATE_LINK,))
    return [each for each in found.all if each.category == PRIVATE_LINK]


def undecided(found: Sequence[Finding]) -> list[tuple[State, str]]:
    return [(each.state, each.text) for each in found if each.code == UNDECIDED and each.state is not State.OK]


@pytest.mark.parametrize("areas", [(PRIVATE_LINK,), (CLUSTER, PRIVATE_LINK), (PRIVATE_LINK, PROVIDER)])
def test_the_links_are_those_of_the_classes_vaults(world: FakeWorld, areas: tuple[str, ...]) -> None:
    codes = {each.code for each in links(world, *areas)}
    assert {"endpoint-missing", "zone-missing"} <= codes and world.calls["mounts.look"] == 1
    assert world.calls["mounts.logs"] == (PROVIDER in areas)
    found = diagnose(world.world(), Wanted("show"), areas)
    assert PROVIDER in areas or not [each for each in found.all if each.category == PROVIDER]


def test_without_a_link_to_look_at_no_class_is_asked_for(world: FakeWorld) -> None:
    diagnose(world.world(), Wanted("show"), (KEY,))
    assert world.calls["mounts.look"] == 0


def test_of_several_vaults_each_is_named(world: FakeWorld) -> None:
    other = VAULT.__class__(VAULT.subscription, VAULT.group, VAULT.type, ("kv2",))
    world.vaults[other] = json.loads(json.dumps(vault_json(public="Disabled")).replace(VAULT.name, "kv2"))
    world.seen = seen_by(classes=[reading(VAULT.name), reading("kv2", "more")])
    texts = [each.text for each in links(world)]
    assert all(each.startswith((f"{VAULT.name}: ", "kv2: ")) for each in texts)
    assert "kv2: kv2 is closed to public networks (Private) and has no private endpoint" in texts


def test_a_vault_that_may_not_be_read_is_unknown_and_hides_no_other(world: FakeWorld) -> None:
    world.seen = seen_by(classes=[reading("kv2", "first"), reading(VAULT.name)])
    real = FakeWorld.world(world)
    find = real.ports.vaults.find

    def refused(subscription: str, name: str) -> Any:
        if name == "kv2":
            raise Denied("read the vault kv2", "AuthorizationFailed", "no right")
        return find(subscription, name)

    real.ports.vaults.find = refused  # type: ignore[method-assign]  # a service that refuses one vault
    found = diagnose(real, Wanted("show"), (PRIVATE_LINK, PROVIDER))
    told = [each for each in found.all if each.category == PRIVATE_LINK]
    [(state, text)] = undecided(told)
    assert state is State.UNKNOWN and text.startswith("kv2: ") and "no right" in text
    assert {"zone-missing", "endpoint-state"} <= {each.code for each in told}


@pytest.mark.parametrize("areas", [(PRIVATE_LINK,), (PRIVATE_LINK, PROVIDER)])
def test_classes_that_may_not_be_read_are_not_taken_for_none(world: FakeWorld, areas: tuple[str, ...]) -> None:
    world.seen = world.seen.__class__(**{**world.seen.__dict__, "classes": Observed.unknown("no right to list them")})
    [(state, text)] = undecided(links(world, *areas))
    assert state is State.UNKNOWN and "which vaults the classes name is not known: no right to list them" in text


def test_without_an_api_server_the_vault_of_the_kms_is_left(world: FakeWorld) -> None:
    world.faults["mounts.look"] = [Unavailable("list the pods", "", "no answer")]
    found = links(world)
    [(state, _)] = undecided(found)
    assert state is State.UNKNOWN and "zone-missing" in {each.code for each in found}


@pytest.mark.parametrize(("areas", "kms"), [((PRIVATE_LINK,), True), ((PRIVATE_LINK, PROVIDER), False)])
def test_where_no_class_reads_a_closed_vault(world: FakeWorld, areas: tuple[str, ...], kms: bool) -> None:
    world.seen = seen_by()
    found = links(world, *areas)
    assert ("zone-missing" in {each.code for each in found}) == kms
    assert world.cluster
    world.cluster["properties"]["securityProfile"] = {}
    assert {each.state for each in links(world, *areas)} == {State.SKIPPED}
    assert kms or undecided(found) == [(State.SKIPPED, "no class reads a vault that is closed")]


def test_an_open_vault_has_no_link_to_look_at(world: FakeWorld) -> None:
    world.vaults[VAULT] = vault_json()
    assert undecided(links(world, PRIVATE_LINK, PROVIDER))[0][0] is State.SKIPPED


def test_a_cause_takes_the_command_of_the_check_that_sees_what_is_behind_it(world: FakeWorld) -> None:
    told = "failed to mount objects, error: tenantId is not set"
    one = reading(VAULT.name)
    del one["spec"]["parameters"]["tenantID"]
    world.seen = seen_by(classes=[one], pods=[a_pod()], events=[an_event(f"MountVolume.SetUp failed: {told}")])
    found = diagnose(world.world(), Wanted("show"), (PROVIDER,))
    [cause] = [each for each in found.caused if each.code == "spc-parameter-missing"]
    assert cause.command.startswith("kubectl patch secretproviderclass kv") and TENANT in cause.command


@pytest.mark.parametrize(
    ("vaults", "told"), [((VAULT.name, VAULT.name), VAULT.name), ((VAULT.name, "kv2"), "'<VAULT>'")]
)
def test_a_cause_takes_the_vault_that_all_classes_name(world: FakeWorld, vaults: tuple[str, str], told: str) -> None:
    text = "failed to mount objects, error: keyvault.BaseClient#GetSecret: dial tcp 10.0.0.9:443: i/o timeout"
    first, second = vaults
    world.seen = seen_by(classes=[reading(first), reading(second, "more")], pods=[a_pod()], events=[an_event(text)])
    found = diagnose(world.world(), Wanted("show"), (PROVIDER,))
    [cause] = [each for each in found.caused if each.code == "egress-blocked"]
    assert f"--vault {told} " in cause.command
