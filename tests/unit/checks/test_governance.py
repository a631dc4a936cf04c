from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from azext_akskv.model.access import KEY_VAULT_CONTRIBUTOR, KEY_VAULT_CRYPTO_USER
from azext_akskv.model.governance import Held, Lock, Login, LoginKind, Permission, PolicyRefusal
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import SecretCensus, Wanted
from tests.builders import (
    IDENTITY,
    KEY,
    NOW,
    TARGET,
    VAULT,
    a_cluster,
    a_grant,
    a_snapshot,
    a_vault,
    all_rights,
    cluster_json,
    snapshot_with_kms_on,
    vault_json,
)
from tests.unit.checks.verdicts import findings, problem, state

GROUP = f"/subscriptions/{TARGET.subscription}/resourceGroups/{TARGET.group}"
GRANTED = (a_grant(KEY_VAULT_CRYPTO_USER), a_grant(KEY_VAULT_CONTRIBUTOR))
PRIVATE = {
    "cluster": a_cluster(cluster_json(), apiServerAccessProfile={"enableVnetIntegration": True}),
    "vault": a_vault(vault_json(public="Disabled")),
    "grants": GRANTED,
}
CODES = ("resource-locked", "policy-refuses", "caller-rights", "login-ends-early")


def lock(scope: object, level: str = "ReadOnly") -> Observed[tuple[Lock, ...]]:
    return Observed((Lock("frozen", level, str(scope).lower()),))


def without(*actions: str) -> Observed[tuple[Held, ...]]:
    role = Permission(("*",), actions)
    return Observed(tuple(Held(held.scope, (role,)) for held in all_rights()))


@pytest.mark.parametrize("code", CODES)
def test_what_changes_nothing_in_azure_needs_no_leave(code: str) -> None:
    for quiet in (Wanted("show"), Wanted("reencrypt")):
        assert state(code, a_snapshot(quiet, locks=Observed.unknown("403"))) == "skipped"
    on_already = snapshot_with_kms_on("enable", grants=(a_grant(KEY_VAULT_CRYPTO_USER),), locks=lock(TARGET))
    assert state(code, on_already) == "skipped"
    assert state(code, a_snapshot(Wanted("disable"), locks=lock(TARGET))) == "skipped"  # KMS is off


def test_resource_locked() -> None:
    assert state("resource-locked", a_snapshot()) == "ok"
    for scope in (TARGET, GROUP, GROUP.upper(), f"/subscriptions/{TARGET.subscription}"):
        finding = problem("resource-locked", a_snapshot(locks=lock(scope)))
        assert finding.blocks and finding.may_accept and "turn on KMS" in finding.text
        assert shlex.split(finding.command)[:4] == ["az", "lock", "delete", "--ids"]
    assert state("resource-locked", a_snapshot(locks=lock(TARGET, "CanNotDelete"))) == "ok"
    assert state("resource-locked", a_snapshot(locks=lock(f"{TARGET}2"))) == "ok"
    assert state("resource-locked", snapshot_with_kms_on("disable", locks=lock(TARGET))) == "error"


def test_resource_locked_names_the_step_in_the_middle() -> None:
    finding = problem("resource-locked", a_snapshot(locks=lock(VAULT)))
    assert "assign Key Vault Crypto User" in finding.text and "turn on KMS" not in finding.text
    granted = a_snapshot(grants=GRANTED, locks=lock(VAULT))
    assert state("resource-locked", granted) == "ok"  # nothing is written to a public vault then
    assert "approve that private endpoint" in problem("resource-locked", a_snapshot(locks=lock(VAULT), **PRIVATE)).text
    nodes = lock(f"/subscriptions/{TARGET.subscription}/resourceGroups/MC_rg1")
    assert "make a private endpoint" in problem("resource-locked", a_snapshot(locks=nodes, **PRIVATE)).text
    assert state("resource-locked", a_snapshot(locks=lock(IDENTITY))) == "ok"  # it is used, not written


def test_resource_locked_blocks_when_the_locks_could_not_be_read() -> None:
    [finding] = findings("resource-locked", a_snapshot(locks=Observed.unknown("403")))
    assert finding.state.value == "unknown" and finding.blocks and finding.may_accept


def test_policy_refuses() -> None:
    assert state("policy-refuses", a_snapshot()) == "skipped"  # not asked
    assert state("policy-refuses", a_snapshot(refusals=Observed(()))) == "ok"
    assignment = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/private-only"
    refusal = PolicyRefusal("turn on KMS", assignment, "keyVaultNetworkAccess is 'Public'")
    finding = problem("policy-refuses", a_snapshot(refusals=Observed((refusal,))))
    assert finding.blocks and "private-only denies to turn on KMS because keyVaultNetworkAccess" in finding.text
    assert shlex.split(finding.command)[-2:] == ["--scope", GROUP]
    assert state("policy-refuses", a_snapshot(refusals=Observed.unknown("403"))) == "unknown"


def test_caller_rights() -> None:
    assert state("caller-rights", a_snapshot()) == "ok"
    writing = "Microsoft.ContainerService/managedClusters/write"
    finding = problem("caller-rights", a_snapshot(held=without(writing)))
    assert finding.blocks and writing in finding.text and str(TARGET) in finding.text
    granting = "Microsoft.Authorization/*/write"
    assert "you may not assign" in problem("caller-rights", a_snapshot(held=without(granting))).text
    assert state("caller-rights", a_snapshot(held=without(granting), grants=GRANTED)) == "ok"
    using = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
    assert "use the identity id1" in problem("caller-rights", a_snapshot(held=without(using))).text
    assert state("caller-rights", snapshot_with_kms_on("disable", held=without(writing))) == "error"


def test_caller_rights_of_access_policies_and_new_things() -> None:
    by_policy = a_snapshot(
        vault=a_vault(vault_json(rbac=False)), held=without("Microsoft.KeyVault/vaults/accessPolicies/*")
    )
    assert "add an access policy" in problem("caller-rights", by_policy).text
    create = Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True)
    missing = a_snapshot(create, vault=None, key=None, held=without("Microsoft.KeyVault/vaults/*"))
    assert len(findings("caller-rights", missing)) == 2  # the vault and the key
    private = a_snapshot(held=without("Microsoft.Network/*", "Microsoft.KeyVault/*"), **PRIVATE)
    assert state("caller-rights", private) == "ok"  # AKS does that, as the cluster's identity


def test_caller_rights_blocks_when_they_could_not_be_read() -> None:
    [finding] = findings("caller-rights", a_snapshot(held=Observed.unknown("403")))
    assert finding.state.value == "unknown" and finding.blocks


def test_login_ends_early() -> None:
    soon = NOW + timedelta(minutes=9)
    ci = a_snapshot(login=Login(LoginKind.FEDERATED, soon))
    finding = problem("login-ends-early", ci)
    assert finding.blocks and finding.may_accept and "ends in 9 min" in finding.text
    for renews in (LoginKind.USER, LoginKind.MANAGED_IDENTITY, LoginKind.SERVICE_PRINCIPAL, LoginKind.CLOUD_SHELL):
        assert state("login-ends-early", replace(ci, login=Observed(Login(renews, soon)))) == "ok"
    hour = Observed(Login(LoginKind.FEDERATED, NOW + timedelta(minutes=60)))
    assert state("login-ends-early", replace(ci, login=hour)) == "ok"
    many = replace(ci, login=hour, secrets=Observed(SecretCensus(500_000, 12)))
    assert state("login-ends-early", many) == "error"
    assert state("login-ends-early", a_snapshot(login=Observed.unknown("signed out"))) == "unknown"


def test_the_key_in_use_is_no_change() -> None:
    snapshot = snapshot_with_kms_on("enable", grants=())
    assert "assign" in problem("resource-locked", replace(snapshot, locks=lock(VAULT))).text
    assert str(KEY) == snapshot.cluster.get().key_in_force  # type: ignore[union-attr]
