"""Each check of a vault that pods shall read, and of what they shall read in it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault_object import VaultObject
from tests.builders import NOW, VAULT, a_vault, vault_json
from tests.provision_worlds import CERT, ENABLING, GRANTING, KEY, SECRET, a_world, asking, named, seen
from tests.unit.checks.verdicts import findings, problem, state

CODES = (
    *("read-vault-missing", "read-vault-tenant", "read-vault-closed", "asked-object-missing"),
    *("asked-object-disabled", "asked-version-missing", "nothing-to-read"),
)


@pytest.mark.parametrize("code", CODES)
def test_a_command_without_a_vault_and_one_without_a_cluster_ask_nothing(code: str, tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state(code, seen(world, ENABLING)) == "skipped"
    world.cluster = None
    assert state(code, seen(world, GRANTING)) == "skipped"


def test_read_vault_missing(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state("read-vault-missing", seen(world, GRANTING)) == "ok"
    gone = problem("read-vault-missing", seen(world, dataclasses.replace(GRANTING, vault="kv2")))
    assert gone.blocks and "there is no vault kv2 where you are signed in" in gone.text and "resource id" in gone.why
    elsewhere = ResourceId("other", "rg", VAULT.type, ("kv2",))
    by_id = problem("read-vault-missing", seen(world, dataclasses.replace(GRANTING, vault=elsewhere)))
    assert "in the subscription other" in by_id.text and "--subscription other" in by_id.command
    world.deleted.add("kv2")
    binned = problem("read-vault-missing", seen(world, dataclasses.replace(GRANTING, vault="kv2")))
    assert "soft-deleted" in binned.text and binned.command.startswith("az keyvault recover --name kv2")


def test_read_vault_missing_is_unknown_where_it_cannot_be_read(tmp_path: Path) -> None:
    from azext_akskv.failures import Denied

    world = a_world(tmp_path)
    world.faults["vaults.find"] = [Denied("find the vault", "AuthorizationFailed", "no")]
    [finding] = findings("read-vault-missing", seen(world, GRANTING))
    assert finding.state.value == "unknown" and finding.blocks and "Microsoft.KeyVault/vaults/read" in finding.text


def test_read_vault_tenant(tmp_path: Path) -> None:
    raw = vault_json()
    raw["properties"]["tenantId"] = "another tenant"
    found = problem("read-vault-tenant", seen(a_world(tmp_path, vault=raw), GRANTING))
    assert found.blocks and "in the tenant another tenant" in found.text


def test_read_vault_closed(tmp_path: Path) -> None:
    assert state("read-vault-closed", seen(a_world(tmp_path / "open"), GRANTING)) == "ok"
    closed = problem("read-vault-closed", seen(a_world(tmp_path / "a", vault=vault_json(public="Disabled")), GRANTING))
    assert not closed.blocks and "closed to public networks" in closed.text
    assert "fix-privatelink" in closed.command and "--dry-run" in closed.command
    selected = a_world(tmp_path / "b", vault=vault_json(default_action="Deny"))
    assert "selected networks" in problem("read-vault-closed", seen(selected, GRANTING)).text


def test_asked_object_missing(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    code = "asked-object-missing"
    assert state(code, seen(world, GRANTING)) == "skipped"
    assert state(code, seen(world, asking(GRANTING, *named("DB-pass")))) == "ok"  # names know no upper case
    gone = problem(code, seen(world, asking(GRANTING, *named("db-pass", "db-pas"))))
    assert gone.blocks and gone.may_accept and "kv1 has no secret db-pas" in gone.text
    other = problem(code, seen(world, asking(GRANTING, *named("db-pass", of=KEY))))
    assert "there is a secret of that name: it is asked for with --secrets" in other.why
    world.binned_objects[(a_vault().host, CERT)] = {"old-tls"}
    binned = problem(code, seen(world, asking(GRANTING, *named("old-TLS", of=CERT))))
    assert "soft-deleted" in binned.text and binned.command.startswith("az keyvault certificate recover")


@pytest.mark.parametrize(
    ("rbac", "remedy"), [(True, "Key Vault Reader"), (False, "list on secrets in an access policy")]
)
def test_asked_object_missing_is_unknown_where_nothing_is_listed(rbac: bool, remedy: str, tmp_path: Path) -> None:
    world = a_world(tmp_path, rbac=rbac)
    world.objects_closed[SECRET] = "not for you. For help resolving this issue, please see a page"
    [finding] = findings("asked-object-missing", seen(world, asking(GRANTING, *named("a", "b"))))
    assert finding.blocks and finding.may_accept and remedy in finding.why and not finding.command
    assert "secret a, secret b is not known" in finding.text and "For help" not in finding.text


def test_asked_object_disabled(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state("asked-object-disabled", seen(world, GRANTING)) == "skipped"
    found = problem("asked-object-disabled", seen(world, asking(GRANTING, *named("db-pass", "old-pass"))))
    assert found.blocks and found.may_accept and "the secret old-pass of kv1 is disabled" in found.text
    assert found.command.endswith("--name old-pass --enabled true")


def test_asked_version_missing(tmp_path: Path) -> None:
    world, code = a_world(tmp_path), "asked-version-missing"
    assert state(code, seen(world, asking(GRANTING, *named("db-pass")))) == "skipped"
    assert state(code, seen(world, asking(GRANTING, *named("db-pass", version="V1")))) == "ok"
    gone = problem(code, seen(world, asking(GRANTING, *named("db-pass", version="v2"))))
    assert gone.blocks and "no version v2 of the secret db-pass" in gone.text
    disabled = problem(code, seen(world, asking(GRANTING, *named("old-pass", version="v1"))))
    assert "the version v1" in disabled.text and "--version v1" in disabled.command
    assert state(code, seen(world, asking(GRANTING, *named("nothing", version="v1")))) == "ok"  # another check says so


def test_nothing_to_read(tmp_path: Path) -> None:
    world = a_world(tmp_path)
    assert state("nothing-to-read", seen(world, GRANTING)) == "ok"
    assert state("nothing-to-read", seen(world, asking(GRANTING, *named("db-pass")))) == "skipped"
    keys = Wanted(GRANTING.flow, vault="kv1", all_of=(KEY,))
    behind_certificates_alone = problem("nothing-to-read", seen(world, keys))
    assert not behind_certificates_alone.blocks and "no key that is enabled" in behind_certificates_alone.text
    assert "--certificates (1)" in behind_certificates_alone.why
    world.hold(a_vault(), VaultObject(KEY, "signing", enabled=True, version="v1", created=NOW))
    assert state("nothing-to-read", seen(world, keys)) == "ok"
    world.objects_closed[KEY] = "not for you"
    [finding] = findings("nothing-to-read", seen(world, keys))
    assert finding.state.value == "unknown" and not finding.blocks
