"""What stands in the way of `az aks kv secrets-provider enable` and `grant`: told before anything is written."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.flows.drive import Flow
from azext_akskv.flows.secrets_provider import ENABLE_PROVIDER, GRANT_READING
from azext_akskv.model.governance import Lock, Permission
from azext_akskv.model.provision import ENABLE
from azext_akskv.model.snapshot import Wanted
from tests.builders import TARGET, VAULT, vault_json
from tests.fake_provider import a_scale_set
from tests.fakes import FakeWorld
from tests.provision_worlds import AS_ACCOUNT, AS_READER, ENABLING, GRANTING, READER, a_world, asking, named

ROTATING = Wanted(ENABLE, rotation_interval="5m")


def new(folder: Path) -> FakeWorld:
    return a_world(folder, on=False)


def by_policy(folder: Path) -> FakeWorld:
    return a_world(folder, rbac=False)


def errors(result: Result) -> set[str]:
    return {each.code for each in result.findings if each.blocks}


@pytest.mark.parametrize(
    ("wanted", "may_not", "scope"),
    [
        (GRANTING, "Microsoft.Authorization/roleAssignments/write", str(VAULT)),
        (
            AS_ACCOUNT,
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            str(READER),
        ),
        (AS_READER, "Microsoft.Compute/virtualMachineScaleSets/write", str(a_scale_set().id)),
        (AS_READER, "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", str(READER)),
    ],
)
def test_each_right_is_asked_for_before_the_first_change(
    wanted: Wanted, may_not: str, scope: str, tmp_path: Path
) -> None:
    world = a_world(tmp_path)
    world.around.permissions_at = {scope.lower(): (Permission(("*",), (may_not,)),)}
    result = world.drive(GRANT_READING, wanted)
    assert (result.status, result.exit_code, errors(result)) == ("refused", 4, {"caller-rights"})
    [told] = [each for each in result.findings if each.blocks]
    assert may_not in told.text and scope in told.text and not world.writes


def test_the_right_to_add_an_access_policy_is_asked_for(tmp_path: Path) -> None:
    world = by_policy(tmp_path)
    world.around.permissions = (Permission(("*",), ("Microsoft.KeyVault/vaults/accessPolicies/write",)),)
    assert errors(world.drive(GRANT_READING, GRANTING)) == {"caller-rights"} and not world.writes


@pytest.mark.parametrize("may_not", ["Microsoft.ContainerService/managedClusters/write", "*/assign/action"])
def test_the_rights_to_turn_the_addon_on_are_asked_for(may_not: str, tmp_path: Path) -> None:
    world = new(tmp_path)
    world.around.permissions = (Permission(("*",), (may_not,)),)
    assert errors(world.drive(ENABLE_PROVIDER, ENABLING)) == {"caller-rights"} and not world.writes


def test_a_lock_and_a_policy_are_seen_before(tmp_path: Path) -> None:
    world = new(tmp_path)
    world.around.locks = (Lock("frozen", "ReadOnly", str(TARGET)),)
    assert errors(world.drive(ENABLE_PROVIDER, ENABLING)) == {"resource-locked"}
    world.around.locks = ()
    world.around.denied = {"turn on the add-on of the secrets provider": "no add-ons here"}
    assert errors(world.drive(ENABLE_PROVIDER, ENABLING)) == {"policy-refuses"} and not world.writes


@pytest.mark.parametrize(
    ("properties", "flow", "wanted", "code"),
    [
        ({"powerState": {"code": "Stopped"}}, ENABLE_PROVIDER, ENABLING, "cluster-stopped"),
        ({"provisioningState": "Upgrading"}, ENABLE_PROVIDER, ROTATING, "cluster-not-settled"),
        ({"oidcIssuerProfile": {}}, GRANT_READING, AS_ACCOUNT, "issuer-off"),
        ({"nodeResourceGroupProfile": {"restrictionLevel": "ReadOnly"}}, GRANT_READING, AS_READER, "nodes-locked"),
    ],
)
def test_what_stands_in_the_way_is_told_and_nothing_is_written(
    properties: dict[str, object], flow: Flow, wanted: Wanted, code: str, tmp_path: Path
) -> None:
    world = a_world(tmp_path, **properties)
    result = world.drive(flow, wanted)
    assert (result.status, result.exit_code, errors(result)) == ("refused", 4, {code}) and not world.writes


def test_rights_are_given_also_while_the_cluster_is_stopped_or_changing(tmp_path: Path) -> None:
    for number, properties in enumerate(({"powerState": {"code": "Stopped"}}, {"provisioningState": "Upgrading"})):
        world = a_world(tmp_path / str(number), **properties)
        assert world.drive(GRANT_READING, GRANTING).status == "done" and world.writes


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (dataclasses.replace(GRANTING, vault="kv2"), "read-vault-missing"),
        (asking(GRANTING, *named("nothing")), "asked-object-missing"),
        (dataclasses.replace(GRANTING, identity="nobody"), "read-identity-missing"),
    ],
)
def test_what_is_not_there_is_told_by_its_exit_code(wanted: Wanted, code: str, tmp_path: Path) -> None:
    world = a_world(tmp_path)
    result = world.drive(GRANT_READING, wanted)
    assert (result.status, result.exit_code) == ("refused", 3) and code in errors(result) and not world.writes


def test_a_vault_of_another_tenant_or_an_addon_that_is_off_is_refused(tmp_path: Path) -> None:
    raw = vault_json()
    raw["properties"]["tenantId"] = "another tenant"
    world = a_world(tmp_path / "tenant", vault=raw)
    assert errors(world.drive(GRANT_READING, GRANTING)) == {"read-vault-tenant"} and not world.writes
    off = new(tmp_path / "off")
    result = off.drive(GRANT_READING, GRANTING)
    assert errors(result) == {"addon-off"} and not off.writes
    assert result.trouble and result.trouble.following.startswith("az aks kv secrets-provider enable")
