"""Each step of the secrets provider does what is missing, once, and finds what is there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.engine.journal import RunJournal
from azext_akskv.engine.runner import carry_out
from azext_akskv.engine.step import Plan, Run, Step
from azext_akskv.engine.waiting import Waits
from azext_akskv.model import access
from azext_akskv.model.addon import AddonSetting, addon_of
from azext_akskv.model.federation import FederatedCredential, credential_name, subject_of
from azext_akskv.model.governance import Permission
from azext_akskv.model.reading import Wish
from azext_akskv.model.vault_object import ObjectType
from azext_akskv.steps.secrets_provider import (
    PROVIDER_CLIENT,
    PROVIDER_PRINCIPAL,
    federate,
    give_identity,
    grant_reading,
    set_addon,
)
from tests.builders import IDENTITY, PRINCIPAL, TARGET, VAULT, a_grant, vault_json
from tests.fake_provider import ADDON_CLIENT, ADDON_PRINCIPAL, a_scale_set
from tests.fakes import FakeWorld, fake_ports

SECRET, KEY, CERT = ObjectType
ISSUER, SUBJECT = "https://issuer.test/", subject_of("shop", "web")
OWN_ROLE = "aaaaaaaa-0000-4000-8000-000000000001"


def a_world(folder: Path, *, rbac: bool = True) -> FakeWorld:
    world = FakeWorld(folder, vault=vault_json(rbac=rbac))
    world.scale_sets[a_scale_set().id] = a_scale_set()
    return world


def carried_out(world: FakeWorld, *steps: Step) -> tuple[str, list[str], Run]:
    """The outcome, and what became of each step."""
    run = Run(
        "r1", TARGET, fake_ports(world), RunJournal("r1", None, world.clock), world.reporter, world.clock, Waits()
    )
    result = carry_out(Plan("enable", steps), run)
    return result.status, [each.state for each in result.steps], run


def twice(world: FakeWorld, *steps: Step) -> Run:
    """Done the first time, found the second time."""
    status, states, run = carried_out(world, *steps)
    assert (status, set(states)) == ("done", {"done"})
    writes = dict(world.writes)
    assert carried_out(world, *steps)[:2] == ("done", ["already"] * len(steps)) and world.writes == writes
    return run


def test_the_addon_is_turned_on_and_tells_its_identity(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    run = twice(world, set_addon(AddonSetting(True, "5m")))
    assert (run[PROVIDER_PRINCIPAL], run[PROVIDER_CLIENT]) == (ADDON_PRINCIPAL, ADDON_CLIENT)
    cluster = run.ports.clusters.get(TARGET)
    assert addon_of(cluster).rotation and cluster.tags == {"team": "shop"}


def test_what_the_addon_told_is_granted(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    twice(world, set_addon(AddonSetting()), grant_reading(VAULT, PROVIDER_PRINCIPAL, [Wish(SECRET)]))
    assert [(each.role, each.principal_id) for each in world.grants] == [
        (access.KEY_VAULT_SECRETS_USER, ADDON_PRINCIPAL)
    ]


def test_nodes_get_an_identity(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    twice(world, give_identity(a_scale_set().id, IDENTITY))
    assert world.scale_sets[a_scale_set().id].has(IDENTITY)


def test_a_scale_set_that_is_gone_is_not_called_done(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.scale_sets.clear()
    status, states, _ = carried_out(world, give_identity(a_scale_set().id, IDENTITY))
    assert (status, states) == ("failed", ["failed"])


def test_a_service_account_is_trusted_under_whatever_name(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    twice(world, federate(IDENTITY, ISSUER, SUBJECT))
    [made] = world.federations[IDENTITY]
    assert made.takes(ISSUER, SUBJECT) and made.name == credential_name(ISSUER, SUBJECT)
    world.federations[IDENTITY] = [FederatedCredential("by-hand", ISSUER, SUBJECT)]
    assert carried_out(world, federate(IDENTITY, ISSUER, SUBJECT))[1] == ["already"]


def test_names_of_credentials_differ_with_what_they_trust() -> None:
    names = {credential_name(issuer, subject) for issuer in ("a", "b") for subject in ("a", "b")}
    assert len(names) == 4 and all(len(each) <= 120 and each.replace("-", "").isalnum() for each in names)


@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("rbac", [True, False])
def test_the_least_is_granted_once_in_either_model(tmp_path: Path, rbac: bool, history: bool) -> None:
    world = a_world(tmp_path, rbac=rbac)
    twice(world, grant_reading(VAULT, PRINCIPAL, [Wish(of, history) for of in ObjectType]))
    if rbac:
        assert [each.role for each in world.grants] == [access.KEY_VAULT_CERTIFICATE_USER]
        return
    permissions = ["get", "list"] if history else ["get"]
    policies = world.vaults[VAULT]["properties"]["accessPolicies"]
    assert sorted((kind, given) for each in policies for kind, given in each["permissions"].items()) == [
        (kind, permissions) for kind in ("certificates", "keys", "secrets")
    ]


def test_a_role_of_somebodys_own_that_is_enough_is_enough(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.grants = [a_grant(OWN_ROLE)]
    step = grant_reading(VAULT, PRINCIPAL, [Wish(SECRET)])
    world.definitions[OWN_ROLE] = (Permission(("Microsoft.KeyVault/vaults/secrets/*",)),)
    assert carried_out(world, step)[1] == ["already"] and not world.writes
    world.definitions.clear()
    assert carried_out(world, step)[1] == ["done"] and len(world.grants) == 2


def test_a_new_identity_that_is_not_known_everywhere_is_waited_for(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.principal_unknown_until = world.clock.time + timedelta(seconds=60)
    assert carried_out(world, grant_reading(VAULT, PRINCIPAL, [Wish(SECRET)]))[1] == ["done"]
    assert world.clock.seconds >= 60
