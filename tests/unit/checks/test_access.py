from __future__ import annotations

import json
import shlex

from azext_akskv.model.access import KEY_VAULT_CONTRIBUTOR, KEY_VAULT_CRYPTO_OFFICER, KEY_VAULT_CRYPTO_USER, OWNER
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Wanted
from tests.builders import (
    KEY,
    PRINCIPAL,
    a_cluster,
    a_grant,
    a_snapshot,
    a_vault,
    cluster_json,
    policy,
    snapshot_with_kms_on,
    vault_json,
)
from tests.unit.checks.verdicts import findings, problem, state

WRAPS_ONLY = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
PRIVATE = Wanted("enable", vault="kv1", key="etcd", network_access="Private")


def by_policy(*permissions: str):
    return a_vault(vault_json(rbac=False), accessPolicies=[policy(PRINCIPAL.upper(), *permissions)])


def test_grant_missing_by_role() -> None:
    for role in (KEY_VAULT_CRYPTO_USER, KEY_VAULT_CRYPTO_OFFICER):
        assert state("grant-missing", a_snapshot(grants=(a_grant(role),))) == "ok"
    finding = problem("grant-missing", a_snapshot())
    assert finding.may_accept and shlex.split(finding.command)[:4] == ["az", "role", "assignment", "create"]
    assert f"--assignee-object-id {PRINCIPAL}" in finding.command
    assert problem("grant-missing", a_snapshot(grants=(a_grant(WRAPS_ONLY),))).blocks  # only wraps and unwraps
    assert problem("grant-missing", a_snapshot(grants=(a_grant(OWNER),))).blocks  # no right on data


def test_grant_missing_by_policy() -> None:
    assert state("grant-missing", a_snapshot(vault=by_policy("Encrypt", "Decrypt", "Get"))) == "ok"
    finding = problem("grant-missing", a_snapshot(vault=by_policy("decrypt", "get")))
    assert "--key-permissions decrypt encrypt" in finding.command


def test_grant_missing_for_a_private_vault_needs_the_approval_too() -> None:
    keys = a_grant(KEY_VAULT_CRYPTO_USER)
    closed = a_vault(vault_json(public="Disabled"))
    assert len(findings("grant-missing", a_snapshot(vault=closed))) == 2
    assert "approve" in problem("grant-missing", a_snapshot(vault=closed, grants=(keys,))).text
    both = a_snapshot(vault=closed, grants=(keys, a_grant(KEY_VAULT_CONTRIBUTOR)))
    assert state("grant-missing", both) == "ok"


def test_grant_missing_blocks_when_the_assignments_could_not_be_read() -> None:
    snapshot = a_snapshot(grants=Observed.unknown("403"))
    assert state("grant-missing", snapshot) == "unknown" and findings("grant-missing", snapshot)[0].blocks
    assert state("vault-access-model", snapshot) == "skipped"  # one unknown is enough


def test_grant_missing_says_nothing_where_kms_was_never_on() -> None:
    assert state("grant-missing", a_snapshot(Wanted("show"))) == "skipped"
    assert state("grant-missing", snapshot_with_kms_on()) == "error"


def test_vault_access_model() -> None:
    assert state("vault-access-model", a_snapshot()) == "ok"
    ignored_policy = a_vault(accessPolicies=[policy(PRINCIPAL, "encrypt", "decrypt")])
    assert "ignores its access policies" in problem("vault-access-model", a_snapshot(vault=ignored_policy)).why
    ignored_role = a_snapshot(vault=by_policy("get"), grants=(a_grant(KEY_VAULT_CRYPTO_USER),))
    assert "ignores roles" in problem("vault-access-model", ignored_role).why
    both = a_snapshot(vault=ignored_policy, grants=(a_grant(KEY_VAULT_CRYPTO_USER),))
    assert state("vault-access-model", both) == "ok"


def test_contributor_grant() -> None:
    assert state("contributor-grant", a_snapshot()) == "ok"
    finding = problem("contributor-grant", a_snapshot(PRIVATE))
    assert "gets Key Vault Contributor" in finding.text and "delete the vault" in finding.why
    role = json.loads(shlex.split(finding.command)[-1])
    assert "Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action" in role["Actions"]
    held = {"grants": (a_grant(KEY_VAULT_CONTRIBUTOR),), "cluster": a_cluster(cluster_json(kms=KEY, private=True))}
    assert "has Key Vault Contributor" in problem("contributor-grant", snapshot_with_kms_on(**held)).text
    assert state("contributor-grant", a_snapshot(PRIVATE, **held)) == "ok"  # nothing new comes of it
    by_owner = a_snapshot(PRIVATE, grants=(a_grant(OWNER),))
    assert state("contributor-grant", by_owner) == "ok"
    assert state("contributor-grant", a_snapshot(PRIVATE, accepted=("grant-missing",))) == "ok"


def test_contributor_grant_on_a_vault_with_access_policies_gives_away_every_key() -> None:
    snapshot = a_snapshot(PRIVATE, vault=by_policy())
    assert "every key and secret" in problem("contributor-grant", snapshot).why


def test_grant_young() -> None:
    assert state("grant-young", a_snapshot()) == "ok"  # it is still to be made
    assert state("grant-young", a_snapshot(grants=(a_grant(KEY_VAULT_CRYPTO_USER, minutes_ago=11),))) == "ok"
    finding = problem("grant-young", a_snapshot(grants=(a_grant(KEY_VAULT_CRYPTO_USER, minutes_ago=3),)))
    assert "3 min ago" in finding.text and not finding.blocks
    older = (a_grant(KEY_VAULT_CRYPTO_USER, minutes_ago=3), a_grant(KEY_VAULT_CRYPTO_OFFICER))
    assert state("grant-young", a_snapshot(grants=older)) == "ok"  # the other one works already
    assert state("grant-young", a_snapshot(vault=by_policy("encrypt", "decrypt"))) == "skipped"
    assert state("grant-young", a_snapshot(grants=Observed.unknown("403"))) == "skipped"  # one unknown is enough
    young = (a_grant(KEY_VAULT_CRYPTO_USER, minutes_ago=3),)
    assert state("grant-young", snapshot_with_kms_on("enable", grants=young)) == "skipped"  # it works already
