"""Each check of the identity that shall read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.failures import Denied
from azext_akskv.model import access
from azext_akskv.model.access import Grant
from azext_akskv.model.federation import MOST, FederatedCredential
from azext_akskv.model.provision import GENERATE
from tests.builders import NOW, VAULT, policy, vault_json
from tests.fake_provider import ADDON_PRINCIPAL
from tests.provision_worlds import (
    AS_ACCOUNT,
    AS_READER,
    ENABLING,
    GRANTING,
    ISSUER,
    READER,
    READER_PRINCIPAL,
    a_world,
    other_tenant,
    seen,
)
from tests.unit.checks.verdicts import findings, problem, state

SUBJECT = "system:serviceaccount:shop:web"
FEDERATION = ("issuer-off", "workload-identity-off", "federation-lacking", "federation-full", "federation-differs")


def test_read_identity_missing(tmp_path: Path) -> None:
    world, code = a_world(tmp_path / "on"), "read-identity-missing"
    assert [state(code, seen(world, each)) for each in (ENABLING, GRANTING, AS_READER)] == ["ok"] * 3
    gone = problem(code, seen(world, dataclasses.replace(AS_READER, identity="rader")))
    assert gone.blocks and "no identity rader in the resource group rg1" in gone.text and "resource id" in gone.why
    assert state(code, seen(a_world(tmp_path / "off", on=False), GRANTING)) == "ok"  # addon-off says so
    world.faults["identities.get"] = [Denied("read the identity", "AuthorizationFailed", "no")]
    [finding] = findings(code, seen(world, AS_READER))
    assert finding.state.value == "unknown" and finding.blocks


def test_read_identity_missing_of_an_addon_that_is_on(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert world.cluster
    del world.cluster["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]
    found = problem("read-identity-missing", seen(world, GRANTING))
    assert "has no identity for it" in found.text and found.command.startswith("az aks update")
    world.cluster["properties"]["provisioningState"] = "Updating"
    on_its_way = problem("read-identity-missing", seen(world, GRANTING))
    assert "not made yet" in on_its_way.text and on_its_way.command.startswith("az aks wait")
    assert state("read-identity-missing", seen(world, ENABLING)) == "ok"  # it waits for that


def test_read_identity_tenant(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state("read-identity-tenant", seen(world, AS_READER)) == "ok"
    other_tenant(world)
    assert problem("read-identity-tenant", seen(world, AS_READER)).blocks


def test_addon_off(tmp_path: Path) -> None:
    assert state("addon-off", seen(a_world(tmp_path / "on"), GRANTING)) == "ok"
    off = a_world(tmp_path / "off", on=False)
    found = problem("addon-off", seen(off, GRANTING))
    assert found.blocks and found.command.startswith("az aks kv secrets-provider enable")
    assert problem("addon-off", seen(off, ENABLING)).blocks  # which the command cures
    by_chart = problem("addon-off", seen(off, AS_READER))
    assert not by_chart.blocks and "Helm chart" in by_chart.why


@pytest.mark.parametrize("code", FEDERATION)
def test_without_a_service_account_trust_in_its_tokens_is_nothing(code: str, tmp_path: Path) -> None:
    assert state(code, seen(a_world(tmp_path), AS_READER)) == "skipped"


def test_issuer_off(tmp_path: Path) -> None:
    assert state("issuer-off", seen(a_world(tmp_path / "on"), AS_ACCOUNT)) == "ok"
    off = seen(a_world(tmp_path / "off", oidcIssuerProfile={"enabled": False}), AS_ACCOUNT)
    found = problem("issuer-off", off)
    assert found.blocks and "restarts the API server" in found.why and "--enable-oidc-issuer" in found.command
    assert {state(code, off) for code in FEDERATION[2:]} == {"skipped"}


def test_workload_identity_off(tmp_path: Path) -> None:
    assert state("workload-identity-off", seen(a_world(tmp_path / "on"), AS_ACCOUNT)) == "ok"
    found = problem("workload-identity-off", seen(a_world(tmp_path / "off", securityProfile={}), AS_ACCOUNT))
    assert not found.blocks and "--enable-workload-identity" in found.command


def test_federation_lacking(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    found = problem("federation-lacking", seen(world, AS_ACCOUNT))
    assert found.blocks and SUBJECT in found.text
    assert found.command.endswith("--vault kv1 --secrets --identity reader --service-account web --namespace shop")
    world.federations[READER] = [FederatedCredential("theirs", ISSUER, SUBJECT)]
    assert state("federation-lacking", seen(world, AS_ACCOUNT)) == "ok"
    world.faults["identities.federated"] = [Denied("list", "AuthorizationFailed", "no")]
    [finding] = findings("federation-lacking", seen(world, AS_ACCOUNT))
    assert finding.state.value == "unknown" and finding.blocks


def test_federation_full(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.federations[READER] = [FederatedCredential(f"c{n}", ISSUER, f"other:{n}") for n in range(MOST - 1)]
    assert state("federation-full", seen(world, AS_ACCOUNT)) == "ok"
    world.federations[READER].append(FederatedCredential("last", ISSUER, "other:last"))
    found = problem("federation-full", seen(world, AS_ACCOUNT))
    assert found.blocks and "has 20 federated credentials already" in found.text
    world.federations[READER][-1] = FederatedCredential("ours", ISSUER, SUBJECT)
    assert state("federation-full", seen(world, AS_ACCOUNT)) == "ok"


def test_federation_differs(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state("federation-differs", seen(world, AS_ACCOUNT)) == "ok"
    world.federations[READER] = [FederatedCredential("theirs", ISSUER, SUBJECT, ("api://other",))]
    found = problem("federation-differs", seen(world, AS_ACCOUNT))
    assert found.blocks and "the audience api://other" in found.text
    assert "--name theirs" in found.command and "api://AzureADTokenExchange" in found.command


def test_reading_not_granted(tmp_path: Path) -> None:
    world, code = a_world(tmp_path), "reading-not-granted"
    found = problem(code, seen(world, GRANTING))
    assert found.blocks and "the role Key Vault Secrets User" in found.why
    assert found.command.endswith("secrets-provider grant --resource-group rg1 --name prod --subscription "
                                  "5c1d2a7e-0000-4000-8000-000000000001 --vault kv1 --secrets")  # fmt: skip
    world.grants.append(Grant(access.KEY_VAULT_SECRETS_USER, str(VAULT), ADDON_PRINCIPAL, NOW))
    assert state(code, seen(world, GRANTING)) == "ok"
    assert state(code, seen(world, AS_READER)) == "error"
    world.faults["roles.of"] = [Denied("list", "AuthorizationFailed", "no")]
    [finding] = findings(code, seen(world, GRANTING))
    assert finding.state.value == "unknown" and finding.blocks


def test_reading_not_granted_by_a_policy_or_perhaps_a_group(tmp_path: Path) -> None:
    raw = vault_json(rbac=False)
    group = policy("a group") | {"permissions": {"secrets": ["get", "list"]}}
    raw["properties"]["accessPolicies"] = [group]
    world = a_world(tmp_path, vault=raw)
    found = problem("reading-not-granted", seen(world, AS_READER))
    assert "get on secrets in an access policy" in found.why and "a group" in found.why
    raw["properties"]["accessPolicies"] = [group | {"objectId": READER_PRINCIPAL}]
    assert state("reading-not-granted", seen(a_world(tmp_path / "own", vault=raw), AS_READER)) == "ok"


def test_reading_not_granted_where_a_role_of_somebodys_own_is_not_known(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    world.grants.append(Grant("aaaaaaaa-0000-4000-8000-000000000001", str(VAULT), ADDON_PRINCIPAL, NOW))
    found = problem("reading-not-granted", seen(world, GRANTING))
    assert not found.blocks and "gives what is known to be enough" in found.why
    [elsewhere] = findings("reading-not-granted", seen(world, dataclasses.replace(GRANTING, flow=GENERATE)))
    assert elsewhere.state.value == "unknown" and elsewhere.blocks
