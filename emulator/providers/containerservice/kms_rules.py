"""What AKS refuses about the KMS profile before it begins, with its codes and texts. Pure functions of the documents.

Texts without a source tag of their own are [INF]: the rule is documented, its words are not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from emulator.core.http import Refusal
from emulator.providers.containerservice.bodies import knows_object_encryption, minor
from emulator.providers.errors import aks_error
from emulator.worlds.spec import TENANT

_KEY_ID = re.compile(r"https://([^/]+)/keys/([^/]+)(?:/([^/]+))?/?", re.IGNORECASE)
_VAULT_ID = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.keyvault/vaults/[^/]+", re.IGNORECASE
)
KMS_V2 = (1, 27)
OBJECT_ENCRYPTION = (1, 33)


@dataclass(frozen=True)
class KmsProfile:
    """The KMS part of a cluster. `platform` is the new experience: infrastructureEncryption Enabled."""

    enabled: bool = False
    key_id: str = ""
    network_access: str = ""
    vault_id: str = ""
    platform: bool = False

    @property
    def host(self) -> str:
        """The vault's host in the key id."""
        return urlsplit(self.key_id).netloc.partition(":")[0].lower()

    @property
    def versioned(self) -> bool:
        """[SPEC] A versioned key id is legacy KMS, one without a version the new experience."""
        match = _KEY_ID.fullmatch(self.key_id)
        return bool(match and match[3])

    @property
    def private(self) -> bool:
        return self.network_access.lower() == "private"

    @property
    def vault_name(self) -> str:
        """The vault that the profile is about, by its key id."""
        return self.host.partition(".")[0]


def profile_of(cluster: Mapping[str, Any] | None) -> KmsProfile:
    """Reads a managed cluster's JSON."""
    properties = (cluster or {}).get("properties") or {}
    security = properties.get("securityProfile") or {}
    kms = security.get("azureKeyVaultKms") or {}
    encryption = security.get("kubernetesResourceObjectEncryptionProfile") or {}
    return KmsProfile(
        enabled=bool(kms.get("enabled")),
        key_id=kms.get("keyId") or "",
        network_access=kms.get("keyVaultNetworkAccess") or "",
        vault_id=kms.get("keyVaultResourceId") or "",
        platform=encryption.get("infrastructureEncryption") == "Enabled",
    )


def refuse(
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    vault: Mapping[str, Any] | None,
    api_version: str,
) -> None:
    """`before` and `after` are the cluster's JSON, `vault` that of the vault that `after` names.

    Raises Refusal: 400.
    """
    old, new = profile_of(before), profile_of(after)
    _refuse_version_change(before, after, old)
    _refuse_way_back(old, new)
    if new.enabled:
        _refuse_identity(after)
        _refuse_key(new)
    if new.platform or (new.enabled and not new.versioned):
        _refuse_new_experience(after, new, api_version)
    if new.enabled:
        _refuse_network(after, new)
        _refuse_vault(vault)
        _refuse_mode_change(old, new)


def _bad(message: str) -> Refusal:
    return aks_error(400, "BadRequest", message)


def _refuse_identity(after: Mapping[str, Any]) -> None:
    kind = (after.get("identity") or {}).get("type") or "None"
    if "UserAssigned" not in kind:  # [ISS AKS-Construction#303]
        raise _bad(
            f"AzureKeyVaultKms feature does not support cluster identity type {kind}, supported value is 'UserAssigned'"
        )


def _refuse_key(new: KmsProfile) -> None:
    if not new.key_id:  # [SPEC] required when enabled
        raise _bad("Key ID is empty for Azure Key Vault KMS.")
    if not _KEY_ID.fullmatch(new.key_id):
        raise _bad(f"Key ID {new.key_id} is not a valid Key Vault key ID for Azure Key Vault KMS.")


def _refuse_network(after: Mapping[str, Any], new: KmsProfile) -> None:
    if not new.network_access:  # [ISS azure-docs#93886]
        raise _bad("KeyVault network access is unspecified for Azure Key Vault KMS.")
    if new.network_access.lower() not in ("public", "private"):
        raise _bad(f"KeyVault network access {new.network_access} is not supported for Azure Key Vault KMS.")
    if not new.private:
        return
    if not new.vault_id:  # [ISS telescope PR 1121]
        raise _bad("KeyVault resource ID is empty when KeyVault network access is Private.")
    if not _VAULT_ID.fullmatch(new.vault_id):
        raise _bad(f"KeyVault resource ID {new.vault_id} is not valid for Azure Key Vault KMS.")
    api_server = after["properties"].get("apiServerAccessProfile") or {}
    if not new.platform and not api_server.get("enableVnetIntegration"):  # [ISS terraform-azurerm-aks PR 599]
        raise _bad("Vnet integration should be enabled when KeyVault network access is Private.")


def _refuse_vault(vault: Mapping[str, Any] | None) -> None:
    """[D] A vault of another tenant cannot be used. An unknown vault fails later, where the identity is tried."""
    if vault is not None and vault["properties"]["tenantId"].lower() != TENANT:
        raise _bad(f"Key vault {vault['name']} is in another tenant than the cluster; that is not supported.")


def _refuse_mode_change(old: KmsProfile, new: KmsProfile) -> None:
    """[D] The attached vault's mode cannot change while KMS is on; another vault may have another mode."""
    if old.enabled and old.host == new.host and old.private != new.private:
        raise _bad(
            f"Changing KeyVault network access of the attached key vault from {old.network_access} to "
            f"{new.network_access} is not allowed while Azure Key Vault KMS is enabled. Disable it first."
        )


def _refuse_new_experience(after: Mapping[str, Any], new: KmsProfile, api_version: str) -> None:
    """[D] From Kubernetes 1.33 on; [SPEC] a key id without version needs an api-version that knows the profile."""
    if not new.platform and not knows_object_encryption(api_version):
        raise _bad(f"Key ID {new.key_id} must contain a key version.")
    version = after["properties"]["kubernetesVersion"]
    if minor(version) < OBJECT_ENCRYPTION:
        raise _bad(
            f"KMS data encryption requires Kubernetes version 1.33.0 or later, the version of the cluster is {version}."
        )


def _refuse_way_back(old: KmsProfile, new: KmsProfile) -> None:
    """[D] There is no way back from the new experience."""
    if old.platform and not new.platform:
        raise _bad("Infrastructure encryption of Kubernetes resource objects cannot be disabled once it is enabled.")


def _refuse_version_change(before: Mapping[str, Any] | None, after: Mapping[str, Any], old: KmsProfile) -> None:
    """[CHG 2023-08-06] A cluster on KMS v1 is not upgraded to a version that has KMS v2."""
    if before is None or not old.enabled:
        return
    now, then = (body["properties"]["kubernetesVersion"] for body in (before, after))
    if minor(now) < KMS_V2 <= minor(then):
        raise _bad(
            f"Upgrading from {now} to {then} is not allowed while Azure Key Vault KMS is enabled: it uses KMS v1. "
            "See https://aka.ms/aks/migrate-to-kmsv2"
        )
