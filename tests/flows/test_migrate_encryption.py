"""`az aks kv kms migrate-encryption`, and `kms enable --key-management`, against the Azure in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azext_akskv.flows.enable import ENABLE
from azext_akskv.flows.migrate_encryption import MIGRATE_ENCRYPTION
from azext_akskv.flows.rotate import ROTATE
from azext_akskv.model.access import KEY_VAULT_CONTRIBUTOR, KEY_VAULT_CRYPTO_USER, KEY_VAULT_READER
from azext_akskv.model.cluster import PLATFORMS
from azext_akskv.model.ids import KeyId
from azext_akskv.model.snapshot import Wanted
from tests.builders import KEY, VAULT, a_key, cluster_json, vault_json
from tests.fakes import PLUS, Crash, FakeWorld

PLATFORM = Wanted("migrate-encryption", management="platform-managed")
CUSTOMER = Wanted("migrate-encryption", management="customer-managed")
NAMED = Wanted("migrate-encryption", vault="kv1", key="etcd", management="customer-managed")
UNDER_KEY = f"{PLUS}{KEY}"


def modern(folder: Path, *, on: bool = False, vault: Any = None) -> FakeWorld:
    """Of Kubernetes 1.33; `on`: legacy KMS was turned on by us."""
    raw = cluster_json()
    raw["properties"] |= {"kubernetesVersion": "1.33.3", "currentKubernetesVersion": "1.33.3"}
    world = FakeWorld(folder, cluster=raw, vault=vault)
    if on:
        assert world.drive(ENABLE, Wanted("enable", "kv1", "etcd")).status == "done"
        world.clock.sleep(3600)
        world.writes.clear()
        world.moments.passed.clear()
    return world


def experience(world: FakeWorld) -> str:
    found = world.show().experience
    return found.value if found else ""


@pytest.mark.parametrize("on", [False, True])
def test_to_the_platforms_key(tmp_path: Path, on: bool) -> None:
    world = modern(tmp_path, on=on)
    result = world.drive(MIGRATE_ENCRYPTION, PLATFORM)
    assert result.status == "done" and result.rewrite and result.rewrite.proved
    assert world.under(PLATFORMS) == 9 and experience(world) == "platform-managed"
    assert any("the key from before" in each for each in result.keep) is on
    again = world.drive(MIGRATE_ENCRYPTION, PLATFORM)
    assert again.status == "done" and {step.state for step in again.steps} == {"already"}


def test_legacy_to_the_customers_key_without_a_version(tmp_path: Path) -> None:
    world = modern(tmp_path, on=True)
    result = world.drive(MIGRATE_ENCRYPTION, CUSTOMER)
    assert result.status == "done" and result.rewrite and result.rewrite.proved
    assert world.kms()["keyId"] == str(KEY).rpartition("/")[0] and world.kms()["enabled"] is True
    assert world.kms()["keyVaultResourceId"] == str(VAULT) and world.under(UNDER_KEY) == 9
    roles = {grant.role for grant in world.grants}
    assert {KEY_VAULT_CRYPTO_USER, KEY_VAULT_READER} <= roles and KEY_VAULT_CONTRIBUTOR not in roles


def test_none_to_the_customers_key_of_a_closed_vault(tmp_path: Path) -> None:
    vault = vault_json(public="Disabled", default_action="Deny")
    vault["properties"]["networkAcls"]["bypass"] = "None"
    world = modern(tmp_path, vault=vault)
    result = world.drive(MIGRATE_ENCRYPTION, NAMED)
    assert result.status == "done" and world.under(UNDER_KEY) == 9
    codes = [step.code for step in result.steps]
    assert codes.index("let-trusted-services-in") < codes.index("turn-on-encryption")
    assert world.kms()["keyVaultNetworkAccess"] == "Private" and experience(world) == "customer-managed"


def test_what_is_missing_is_made(tmp_path: Path) -> None:
    world = modern(tmp_path)
    wanted = Wanted("migrate-encryption", vault="kv1", key="new", create=True, management="customer-managed")
    result = world.drive(MIGRATE_ENCRYPTION, wanted)
    assert result.status == "done" and "create-key" in [step.code for step in result.steps]
    [made] = world.keys[(KEY.host, "new")]
    assert world.kms()["keyId"] == f"https://{KEY.host}/keys/new" and world.under(f"{PLUS}{made.id}") == 9


def test_the_newest_version_is_the_one_that_is_checked(tmp_path: Path) -> None:
    """Legacy KMS is on the version before; AKS takes the newest one, which has expired."""
    world = modern(tmp_path, on=True)
    newer = KeyId(KEY.host, "etcd", "b" * 32)
    world.keys[(KEY.host, "etcd")].append(a_key(newer, expires_in_days=-1, created=world.clock.time))
    refused = world.drive(MIGRATE_ENCRYPTION, CUSTOMER)
    assert refused.status == "refused" and not world.writes
    assert "key-unusable" in {finding.code for finding in refused.findings if finding.blocks}


def test_there_and_back_between_its_two_kinds(tmp_path: Path) -> None:
    world = modern(tmp_path)
    assert world.drive(MIGRATE_ENCRYPTION, PLATFORM).status == "done"
    assert world.drive(MIGRATE_ENCRYPTION, NAMED).status == "done" and world.under(UNDER_KEY) == 9
    assert world.drive(MIGRATE_ENCRYPTION, PLATFORM).status == "done" and world.under(PLATFORMS) == 9


@pytest.mark.parametrize("wanted", [PLATFORM, CUSTOMER])
def test_an_earlier_kubernetes_is_refused(tmp_path: Path, wanted: Wanted) -> None:
    world = FakeWorld(tmp_path)
    world.drive(ENABLE, Wanted("enable", "kv1", "etcd"))
    world.writes.clear()
    refused = world.drive(MIGRATE_ENCRYPTION, wanted)
    assert refused.status == "refused" and not world.writes
    assert "encryption-way" in {finding.code for finding in refused.findings if finding.blocks}


def test_the_clusters_name_has_to_be_typed(tmp_path: Path) -> None:
    world = modern(tmp_path, on=True)
    assert world.drive(MIGRATE_ENCRYPTION, PLATFORM, yes=False).status == "declined" and not world.writes
    assert "typed='prod'" in " ".join(world.reporter.told)


def test_a_platform_that_was_faster_is_no_failure(tmp_path: Path) -> None:
    """It rewrote every secret before R0 could be read, and its metrics do not tell."""
    world = modern(tmp_path)
    settle = world.settle

    def at_once() -> None:
        settle()
        if world.slots[0] == PLATFORMS:
            world.stored = {ref: (version, PLATFORMS) for ref, (version, _) in world.stored.items()}

    world.settle = at_once  # type: ignore[method-assign]  # the platform at work
    result = world.drive(MIGRATE_ENCRYPTION, PLATFORM)
    assert result.status == "done" and result.rewrite and result.rewrite.tally.rewritten == 0
    assert result.rewrite.proved and "every API server" in result.rewrite.why


@pytest.mark.parametrize("wanted", [PLATFORM, CUSTOMER])
@pytest.mark.parametrize("point", range(0, 80, 9))
def test_killed_anywhere_it_is_finished_from_another_machine(tmp_path: Path, wanted: Wanted, point: int) -> None:
    world = modern(tmp_path, on=True)
    world.moments.crash_at = point
    try:
        world.drive(MIGRATE_ENCRYPTION, wanted)
    except Crash:
        world.moments.crash_at = None
        world.clock.sleep(1200)
        world.forget()
        assert world.drive(MIGRATE_ENCRYPTION, wanted).status == "done"
    assert world.under(PLATFORMS if wanted is PLATFORM else UNDER_KEY) == 9


def test_a_rotation_of_the_platforms_key_is_not_ours(tmp_path: Path) -> None:
    world = modern(tmp_path)
    world.drive(MIGRATE_ENCRYPTION, PLATFORM)
    world.writes.clear()
    result = world.drive(ROTATE, Wanted("rotate"))
    assert (result.status, result.steps) == ("done", ()) and not world.writes


def test_a_rotation_of_the_customers_key_makes_a_version_and_waits(tmp_path: Path) -> None:
    world = modern(tmp_path)
    world.drive(MIGRATE_ENCRYPTION, NAMED)
    world.clock.sleep(86400)
    first = world.drive(ROTATE, Wanted("rotate"))
    assert first.status == "waiting" and first.trouble and "6 h" in first.trouble.following
    versions = world.keys[(KEY.host, "etcd")]
    assert len(versions) == 2
    again = world.drive(ROTATE, Wanted("rotate"))
    assert again.status == "waiting" and len(versions) == 2  # the version of the first run is awaited
    world.slots = [f"{PLUS}{versions[-1].id}", world.slots[0]]
    assert world.drive(ROTATE, Wanted("rotate")).status == "done"


def test_without_metrics_time_alone_tells_that_a_version_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = modern(tmp_path)
    world.drive(MIGRATE_ENCRYPTION, NAMED)
    world.clock.sleep(86400)
    monkeypatch.setattr("tests.fake_ports.FakeSecrets.evidence", lambda _self: None)
    assert world.drive(ROTATE, Wanted("rotate")).status == "waiting"
    world.clock.sleep(13 * 3600)
    late = world.drive(ROTATE, Wanted("rotate"))
    assert late.status == "done" and "had the time" in late.steps[-1].detail
