"""The gateways with az's own login, settings and SDKs, against the emulator: a whole story over real connections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from azext_akskv.cli import wiring
from azext_akskv.failures import Conflict, Denied, Missing, Rejected
from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER
from azext_akskv.model.cluster import Experience
from azext_akskv.model.ids import identity_id, vault_id
from azext_akskv.ports import KmsSetting
from emulator.worlds.spec import SUBSCRIPTION, TENANT
from tests.fakes import FakeReporter
from tests.unit.gateways.signed_in import SHOP, Statuses, signed

VAULT = vault_id(SUBSCRIPTION, "shop-rg", "shop-kv")
IDENTITY = identity_id(SUBSCRIPTION, "shop-rg", "shop-id")
__all__ = ["signed"]


def test_kms_is_turned_on_and_off_on_a_public_vault(signed: Any) -> None:
    world = signed("public-rbac")
    ports, statuses = world.ports, Statuses()
    vault = ports.vaults.find(SUBSCRIPTION, "shop-kv")
    key, identity = ports.keys.get(vault, "etcd"), ports.identities.get(IDENTITY)
    setting = KmsSetting(key.id, "Public", VAULT)
    with pytest.raises(Rejected) as refused:
        ports.clusters.turn_on_kms(ports.clusters.get(SHOP), setting, {}, statuses)
    assert refused.value.code == "AzureKeyVaultKmsValidateIdentityPermissionCustomerError" and refused.value.request_id
    granted = ports.roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, identity.principal_id)
    assert ports.roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, identity.principal_id).created == granted.created
    assert ports.roles.of(VAULT, identity.principal_id) == (granted,)

    seen = ports.clusters.get(SHOP)
    ports.clusters.turn_on_kms(seen, setting, {"akskv-run": "run1"}, statuses)
    assert statuses.seen[0] == "westeurope" and statuses.seen[-1] == "Succeeded"
    changed = ports.clusters.get(SHOP)
    assert (changed.kms.key, changed.experience, changed.settled) == (key.id, Experience.LEGACY_V2, True)
    assert changed.tags["akskv-run"] == "run1"
    with pytest.raises(Conflict):
        ports.clusters.turn_off_kms(replace(seen), {}, statuses)
    ports.clusters.turn_off_kms(changed, {"akskv-run": "run2"}, statuses)
    assert ports.clusters.get(SHOP).experience is Experience.OFF


def test_what_is_missing_is_made(signed: Any) -> None:
    ports = signed("public-rbac").ports
    new = vault_id(SUBSCRIPTION, "shop-rg", "fresh-kv")
    with pytest.raises(Missing):
        ports.vaults.get(new)
    assert not ports.vaults.deleted(SUBSCRIPTION, "fresh-kv", "westeurope")
    vault = ports.vaults.create(new, "westeurope", TENANT, {"akskv-run": "run1"})
    assert vault.rbac and vault.purge_protection and vault.soft_delete
    key = ports.keys.create(vault, "kms", {"akskv-run": "run1"})
    assert ports.keys.create(vault, "kms", {"akskv-run": "run2"}) == key
    assert (key.size_bits, key.operations, key.tags) == (3072, {"encrypt", "decrypt"}, {"akskv-run": "run1"})
    assert [each.id for each in ports.keys.versions(vault, "kms")] == [key.id]
    made = ports.identities.create(identity_id(SUBSCRIPTION, "shop-rg", "fresh-id"), "westeurope", {})
    assert ports.identities.get(made.id) == made and made.principal_id
    ports.clusters.assign_identity(ports.clusters.get(SHOP), made.id, {}, Statuses())
    assert ports.clusters.get(SHOP).identity.id == made.id


def test_key_permissions_are_added_on_a_policy_vault(signed: Any) -> None:
    ports = signed("public-policy").ports
    before, identity = ports.vaults.get(VAULT), ports.identities.get(IDENTITY)
    ports.vaults.allow_keys(before, identity.principal_id, frozenset({"encrypt", "decrypt"}))
    after = ports.vaults.get(VAULT)
    assert after.policy_of(identity.principal_id) == {"encrypt", "decrypt"}
    assert {*before.policies} < {*after.policies}


def test_a_private_vault_tells_its_keys_through_arm_and_is_closed_itself(signed: Any) -> None:
    ports = signed("private-vnet").ports
    vault = ports.vaults.get(VAULT)
    assert ports.keys.get(vault, "etcd").enabled and ports.keys.versions(vault, "etcd")
    with pytest.raises(Denied) as closed:
        ports.keys.deleted(vault, "etcd")
    assert closed.value.code == "ForbiddenByConnection"


@pytest.mark.parametrize("world", ["public-rbac", "entra-only"])
def test_secrets_are_reached_with_a_certificate_or_with_a_token_of_azs_login(signed: Any, world: str) -> None:
    ports = signed(world).ports
    assert "kube-system" in ports.secrets.namespaces() and ports.secrets.ready()
    assert ports.secrets.page("default").version > 0


def test_a_cloud_of_an_older_day_is_read_all_the_same(signed: Any) -> None:
    ports = signed("kms-on", unknown_versions=("2026-08-01", "2026-06-01")).ports
    seen = ports.clusters.get(SHOP)
    assert seen.experience is Experience.LEGACY_V2 and not seen.knows_renewed
    ports.clusters.turn_off_kms(seen, {}, Statuses())
    assert ports.clusters.get(SHOP).experience is Experience.OFF


def test_a_command_finds_its_world(signed: Any, tmp_path: Path) -> None:
    cmd = SimpleNamespace(cli_ctx=signed("public-rbac").cli, name="aks kv kms show")
    world = wiring.connect(cmd, "shop-rg", "shop", FakeReporter())
    assert (world.target, world.command, world.caller) == (SHOP, "az aks kv kms show", "systemAssignedIdentity")
    assert world.waits.factor == 0.02 and world.workers == 4
    with world.journal.locked():
        assert list((tmp_path / "azure" / "akskv").iterdir())


def test_looking_writes_nothing_but_asks_for_the_kubeconfig(signed: Any) -> None:
    world = signed("public-rbac")
    vault = world.ports.vaults.find(SUBSCRIPTION, "shop-kv")
    world.ports.keys.versions(vault, "etcd")
    assert not world.ports.keys.deleted(vault, "etcd")
    world.ports.roles.of(VAULT, world.ports.identities.get(IDENTITY).principal_id)
    world.ports.secrets.namespaces()
    [post] = [request for request in world.requests() if not request.startswith("GET ")]
    assert "listClusterUserCredential" in post
