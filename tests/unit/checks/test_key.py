from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta

import pytest

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import KeyId
from azext_akskv.model.kube import Switch
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Wanted
from tests.builders import (
    HOST,
    KEY,
    NOW,
    OTHER_KEY,
    a_cluster,
    a_key,
    a_snapshot,
    a_vault,
    cluster_json,
    snapshot_with_kms_on,
)
from tests.unit.checks.verdicts import findings, problem, state

CREATE = Wanted("enable", vault="kv1", key="etcd", create=True)


def test_vault_missing() -> None:
    assert state("vault-missing", a_snapshot()) == "ok"
    assert "there is no vault kv1" in problem("vault-missing", a_snapshot(vault=None)).text
    assert state("vault-missing", a_snapshot(CREATE, vault=None)) == "ok"
    by_key = Wanted("enable", key=KeyId("kv9.vault.azure.net", "etcd", "1"))
    assert "there is no vault kv9" in problem("vault-missing", a_snapshot(by_key, vault=None)).text
    assert problem("vault-missing", a_snapshot(Wanted("enable"), vault=None)).text == "no vault was named"
    gone = snapshot_with_kms_on(vault=None)
    assert "there is no vault kv1" in problem("vault-missing", gone).text


def test_vault_missing_alone_says_that_the_vault_could_not_be_read() -> None:
    snapshot = a_snapshot(vault=Observed.unknown("403"), key=Observed.unknown("403"))
    assert state("vault-missing", snapshot) == "unknown"
    assert state("purge-protection", snapshot) == "skipped"


def test_vault_soft_deleted() -> None:
    assert state("vault-soft-deleted", a_snapshot()) == "ok"
    deleted = a_snapshot(CREATE, vault=None, vault_soft_deleted=True)
    assert problem("vault-soft-deleted", deleted).command.startswith("az keyvault recover --name kv1 --subscription")
    assert state("vault-missing", deleted) == "ok"


def test_vault_not_settled() -> None:
    assert state("vault-not-settled", a_snapshot()) == "ok"
    making = a_snapshot(vault=a_vault(provisioningState="RegisteringDns"))
    assert problem("vault-not-settled", making).may_accept


def test_vault_other_tenant() -> None:
    assert state("vault-other-tenant", a_snapshot()) == "ok"
    assert problem("vault-other-tenant", a_snapshot(vault=a_vault(tenantId="elsewhere"))).blocks


def test_purge_protection() -> None:
    assert state("purge-protection", a_snapshot()) == "ok"
    for missing in ({"enablePurgeProtection": None}, {"enableSoftDelete": False}):
        finding = problem("purge-protection", a_snapshot(vault=a_vault(**missing)))
        assert not finding.blocks and "--enable-purge-protection true --name kv1" in finding.command


def test_key_missing() -> None:
    assert state("key-missing", a_snapshot()) == "ok"
    assert "there is no key etcd in kv1" in problem("key-missing", a_snapshot(key=None)).text
    assert state("key-missing", a_snapshot(CREATE, key=None)) == "ok"
    version = Wanted("enable", vault="kv1", key=KEY, create=True)
    assert problem("key-missing", a_snapshot(version, key=None)).blocks  # a version is never made
    unnamed = Wanted("enable", vault="kv1", create=True)
    assert problem("key-missing", a_snapshot(unnamed, key=None)).text == "no key was named"


def test_key_missing_that_is_soft_deleted_is_recovered_and_not_made_anew() -> None:
    finding = problem("key-missing", a_snapshot(CREATE, key=None, key_soft_deleted=True))
    assert finding.command == "az keyvault key recover --name etcd --vault-name kv1" and finding.blocks


def test_key_missing_while_in_use() -> None:
    assert problem("key-missing", snapshot_with_kms_on(key=None, key_in_use=None)).blocks


def test_key_other_vault() -> None:
    elsewhere = Wanted("enable", vault="kv1", key=KeyId("kv2.vault.azure.net", "etcd", "1"))
    assert state("key-other-vault", a_snapshot(Wanted("enable", vault="kv1", key=KEY))) == "ok"
    assert problem("key-other-vault", a_snapshot(elsewhere, key=None)).blocks
    assert state("key-missing", a_snapshot(elsewhere, key=None)) == "ok"


@pytest.mark.parametrize(
    ("fields", "reason", "repair"),
    [
        ({"kind": "EC"}, "needs RSA", "key create --vault-name"),
        ({"operations": frozenset({"decrypt"})}, "do not include encrypt", "--ops decrypt encrypt"),
        ({"enabled": False}, "disabled", "--enabled true"),
        ({"expires_in_days": -3}, "expired on 2026-11-19", "--expires 2027-11-22T14:45:00Z"),
        ({"not_before": a_key(expires_in_days=2).expires}, "not valid before", "--not-before 2026-11-22T14:45:00Z"),
    ],
    ids=["elliptic", "operations", "disabled", "expired", "not-yet"],
)
def test_key_unusable(fields, reason, repair) -> None:
    assert state("key-unusable", a_snapshot()) == "ok"
    finding = problem("key-unusable", a_snapshot(key=a_key(**fields)))
    assert reason in finding.text and finding.blocks and not finding.may_accept
    words = shlex.split(finding.command)
    assert words[:3] == ["az", "keyvault", "key"] and all(word in words for word in repair.split())


def test_key_unusable_also_for_the_key_that_stays_behind() -> None:
    """After a disable the API servers still need the old key, and stop without it."""
    off = a_cluster(cluster_json(kms=KEY, enabled=False))
    broken = a_key(enabled=False)
    snapshot = a_snapshot(Wanted("show"), cluster=off, key=broken, key_in_use=broken)
    assert len(findings("key-unusable", snapshot)) == 1 and state("key-unusable", snapshot) == "error"


def test_key_unusable_names_both_keys() -> None:
    snapshot = a_snapshot(key=a_key(OTHER_KEY, enabled=False), key_in_use=a_key(enabled=False))
    assert [str(OTHER_KEY) in each.text for each in findings("key-unusable", snapshot)] == [True, False]


def test_key_expiring() -> None:
    assert state("key-expiring", a_snapshot()) == "ok"
    assert state("key-expiring", a_snapshot(key=a_key(expires_in_days=31))) == "ok"
    finding = problem("key-expiring", a_snapshot(key=a_key(expires_in_days=9)))
    assert finding.state.value == "warning" and "az keyvault key set-attributes --id" in finding.command
    assert state("key-expiring", a_snapshot(key=a_key(expires_in_days=-1))) == "ok"  # key-unusable says so


def test_key_not_newest() -> None:
    assert state("key-not-newest", snapshot_with_kms_on()) == "ok"
    finding = problem("key-not-newest", snapshot_with_kms_on(newest=a_key(OTHER_KEY)))
    assert finding.command.startswith("az aks kv rotate ") and finding.command.endswith(f"--key {OTHER_KEY}")
    assert state("key-not-newest", a_snapshot(newest=a_key(OTHER_KEY))) == "skipped"


def test_other_key_attached() -> None:
    on = {"cluster": a_cluster(cluster_json(kms=KEY)), "key_in_use": a_key()}
    assert state("other-key-attached", a_snapshot(**on)) == "ok"
    assert problem("other-key-attached", a_snapshot(**on, key=a_key(OTHER_KEY))).blocks
    assert state("other-key-attached", snapshot_with_kms_on()) == "skipped"
    renewed = a_cluster(cluster_json(kms=KeyId(HOST, "etcd"), renewed=True))
    assert state("other-key-attached", a_snapshot(cluster=renewed, key=a_key(OTHER_KEY))) == "skipped"


def test_other_key_attached_is_the_same_key_in_other_letters() -> None:
    """Key Vault does not mind the case of a key's name."""
    shouting = replace(KEY, name="ETCD")
    snapshot = a_snapshot(cluster=a_cluster(cluster_json(kms=shouting)), key_in_use=a_key())
    assert state("other-key-attached", snapshot) == "ok"


def test_vault_audit_off() -> None:
    assert state("vault-audit-off", a_snapshot()) == "ok"
    finding = problem("vault-audit-off", a_snapshot(audited=False))
    assert not finding.blocks and shlex.split(finding.command)[:3] == ["az", "monitor", "diagnostic-settings"]
    assert state("vault-audit-off", a_snapshot(audited=Observed.unknown("403"))) == "unknown"
    assert state("vault-audit-off", a_snapshot(Wanted("show"), audited=False)) == "skipped"  # KMS was never on


def test_key_versionless() -> None:
    assert state("key-versionless", a_snapshot()) == "ok"
    assert state("key-versionless", a_snapshot(Wanted("enable", key=KEY))) == "ok"
    finding = problem("key-versionless", a_snapshot(Wanted("enable", key=replace(KEY, version=None))))
    assert finding.blocks and not finding.may_accept and "--vault kv1 --key etcd" in finding.command
    assert state("key-versionless", snapshot_with_kms_on()) == "skipped"


def a_neighbour(key: KeyId, name: str = "stage", **on: bool) -> Cluster:
    raw = cluster_json(kms=key, **on)
    return a_cluster({**raw, "id": raw["id"].replace("prod", name)})


def test_key_shared() -> None:
    assert state("key-shared", a_snapshot()) == "ok"
    finding = problem("key-shared", a_snapshot(neighbours=(a_neighbour(OTHER_KEY),)))
    assert "cluster stage in rg1, which is encrypted with it" in finding.text and "-n" not in finding.command.split()
    was = problem("key-shared", snapshot_with_kms_on(neighbours=(a_neighbour(KEY, enabled=False),)))
    assert "still needs it" in was.text
    elsewhere = a_neighbour(replace(KEY, name="other"))
    assert state("key-shared", a_snapshot(neighbours=(elsewhere, a_cluster()))) == "ok"
    assert state("key-shared", a_snapshot(neighbours=Observed.unknown("403"))) == "unknown"


def test_key_went_back() -> None:
    newer = a_key(OTHER_KEY, created=NOW + timedelta(days=1))
    note = Switch(str(OTHER_KEY), "20261122-144501-enable", 100, proved=True)
    back = snapshot_with_kms_on(newest=newer, switch=note)
    finding = problem("key-went-back", back)
    assert finding.blocks and f"put {OTHER_KEY} into the template" in finding.why and str(OTHER_KEY) in finding.command
    assert state("key-went-back", replace(back, switch=Observed(replace(note, key=str(KEY).upper())))) == "ok"
    assert state("key-went-back", replace(back, switch=Observed(None))) == "ok"
    assert state("key-went-back", replace(back, switch=Observed.unknown("403"))) == "skipped"
    rotated = snapshot_with_kms_on(newest=a_key(), switch=note)
    assert state("key-went-back", rotated) == "ok"  # somebody put in a newer one
    seen_before = replace(rotated, former_keys=(KEY,))
    assert state("key-went-back", seen_before) == "error"


def test_key_went_back_to_none() -> None:
    off = a_cluster(cluster_json(kms=KEY, enabled=False))
    note = Switch(str(KEY), "20261122-144501-enable", 100, proved=True)
    finding = problem("key-went-back", snapshot_with_kms_on(cluster=off, switch=note))
    assert "KMS is off" in finding.text and not finding.blocks
    ours = replace(note, key="off")
    assert state("key-went-back", snapshot_with_kms_on(switch=ours)) == "skipped"
