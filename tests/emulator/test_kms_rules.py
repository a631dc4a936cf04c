"""What AKS refuses about a KMS profile: pure functions of the documents."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from emulator.core.http import Refusal
from emulator.providers.containerservice import kms_rules
from emulator.worlds.spec import TENANT
from tests.emulator.arm_client import VAULT

KEY = "https://shop-kv.vault.emulator.test/keys/etcd"
VERSION = f"{KEY}/0123456789abcdef0123456789abcdef"
OTHER_VAULT = "https://other-kv.vault.emulator.test/keys/etcd/0123456789abcdef0123456789abcdef"


def a_cluster(
    kms: dict[str, Any] | None = None,
    *,
    version: str = "1.30.7",
    identity: str = "UserAssigned",
    integrated: bool = False,
    encryption: str | None = None,
) -> dict[str, Any]:
    security: dict[str, Any] = {}
    if kms is not None:
        security["azureKeyVaultKms"] = kms
    if encryption:
        security["kubernetesResourceObjectEncryptionProfile"] = {"infrastructureEncryption": encryption}
    properties: dict[str, Any] = {"kubernetesVersion": version, "securityProfile": security}
    if integrated:
        properties["apiServerAccessProfile"] = {"enableVnetIntegration": True, "subnetId": ""}
    return {"identity": {"type": identity}, "properties": properties}


def on(key: str = VERSION, access: str | None = "Public", vault: str = "") -> dict[str, Any]:
    return {"enabled": True, "keyId": key, "keyVaultNetworkAccess": access, "keyVaultResourceId": vault}


def a_vault(tenant: str = TENANT) -> dict[str, Any]:
    return {"name": "shop-kv", "properties": {"tenantId": tenant}}


def refusal(
    after: dict[str, Any],
    before: dict[str, Any] | None = None,
    vault: dict[str, Any] | None = None,
    api_version: str = "2026-06-01",
) -> str | None:
    """The text of the 400, None when the documents are accepted."""
    try:
        kms_rules.refuse(before or a_cluster(), after, vault or a_vault(), api_version)
    except Refusal as refused:
        assert refused.answer.status == 400
        assert set(refused.answer.body) == {"code", "details", "message", "subcode"}
        assert refused.answer.body["code"] == "BadRequest"
        return str(refused.answer.body["message"])
    return None


def test_a_public_vault_with_a_versioned_key_is_accepted() -> None:
    assert refusal(a_cluster(on())) is None


def test_a_cluster_without_kms_is_nobodys_business() -> None:
    assert refusal(a_cluster(identity="SystemAssigned", version="1.25.15")) is None


def test_a_system_assigned_identity_is_refused_in_these_words() -> None:
    text = "AzureKeyVaultKms feature does not support cluster identity type {}, supported value is 'UserAssigned'"
    assert refusal(a_cluster(on(), identity="SystemAssigned")) == text.format("SystemAssigned")


@pytest.mark.parametrize("key", ["", "https://shop-kv.vault.emulator.test/secrets/etcd/1", "etcd", f"{VERSION}/more"])
def test_something_that_is_no_key_id_is_refused(key: str) -> None:
    assert "ey ID" in str(refusal(a_cluster(on(key))))


def test_network_access_must_be_said() -> None:
    text = "KeyVault network access is unspecified for Azure Key Vault KMS."
    assert refusal(a_cluster(on(access=None))) == text
    assert "is not supported" in str(refusal(a_cluster(on(access="Hidden"))))


def test_a_private_vault_needs_its_resource_id() -> None:
    text = "KeyVault resource ID is empty when KeyVault network access is Private."
    assert refusal(a_cluster(on(access="Private"), integrated=True)) == text
    assert "is not valid" in str(refusal(a_cluster(on(access="Private", vault="shop-kv"), integrated=True)))


def test_a_private_vault_needs_vnet_integration() -> None:
    text = "Vnet integration should be enabled when KeyVault network access is Private."
    assert refusal(a_cluster(on(access="Private", vault=VAULT))) == text
    assert refusal(a_cluster(on(access="Private", vault=VAULT), integrated=True)) is None


def test_a_vault_of_another_tenant_is_refused() -> None:
    refused = refusal(a_cluster(on()), vault=a_vault("11111111-0000-4000-8000-000000000000"))
    assert "another tenant" in str(refused)


@pytest.mark.parametrize(("now", "then"), [("Public", "Private"), ("Private", "Public")])
def test_the_mode_of_the_attached_vault_cannot_change_while_kms_is_on(now: str, then: str) -> None:
    before, after = (a_cluster(on(access=access, vault=VAULT), integrated=True) for access in (now, then))
    assert f"from {now} to {then} is not allowed" in str(refusal(after, before))
    off = copy.deepcopy(before)
    off["properties"]["securityProfile"]["azureKeyVaultKms"]["enabled"] = False
    assert refusal(off, before) is None
    assert refusal(after, off) is None


def test_another_vault_may_have_another_mode() -> None:
    before = a_cluster(on(OTHER_VAULT), integrated=True)
    assert refusal(a_cluster(on(access="Private", vault=VAULT), integrated=True), before) is None


def test_switching_off_takes_what_lingers() -> None:
    off = {"enabled": False, "keyId": VERSION, "keyVaultNetworkAccess": "Public", "keyVaultResourceId": ""}
    assert refusal(a_cluster(off), a_cluster(on())) is None


def test_kms_v1_is_not_upgraded_to_v2() -> None:
    before = a_cluster(on(), version="1.26.12")
    assert "it uses KMS v1" in str(refusal(a_cluster(on(), version="1.27.9"), before))
    assert refusal(a_cluster(on(), version="1.26.13"), before) is None
    assert (
        refusal(a_cluster({"enabled": False}, version="1.27.9"), a_cluster({"enabled": False}, version="1.26.12"))
        is None
    )
    assert refusal(a_cluster(on(), version="1.28.12"), a_cluster(on(), version="1.27.9")) is None


def test_the_new_experience_begins_with_kubernetes_1_33() -> None:
    for after in (a_cluster(encryption="Enabled"), a_cluster(on(KEY), encryption="Enabled")):
        assert "1.33.0 or later, the version of the cluster is 1.30.7" in str(refusal(after, None, None, "2026-08-01"))
    assert refusal(a_cluster(version="1.33.1", encryption="Enabled")) is None
    assert refusal(a_cluster(on(KEY), version="1.33.1", encryption="Enabled")) is None


def test_a_key_id_without_version_needs_an_api_version_that_knows_the_new_experience() -> None:
    after = a_cluster(on(KEY), version="1.33.1")
    assert "must contain a key version" in str(refusal(after))
    assert refusal(after, None, None, "2026-07-01") is None
    assert refusal(after, None, None, "2026-07-02-preview") is None


def test_there_is_no_way_back_from_the_new_experience() -> None:
    before = a_cluster(version="1.33.1", encryption="Enabled")
    assert "cannot be disabled" in str(refusal(a_cluster(version="1.33.1", encryption="Disabled"), before))
    assert "cannot be disabled" in str(refusal(a_cluster(on(), version="1.33.1"), before))


def test_a_profile_reads_its_vault_from_the_key_id() -> None:
    profile = kms_rules.profile_of(a_cluster(on("https://Shop-KV.vault.emulator.test:443/keys/etcd/1")))
    assert (profile.host, profile.vault_name, profile.versioned) == ("shop-kv.vault.emulator.test", "shop-kv", True)
    assert kms_rules.profile_of({}) == kms_rules.KmsProfile()
