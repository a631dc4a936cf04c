"""What infrastructure-as-code must say after a change of KMS: a template that still holds the former key takes the
cluster back to it with its next apply. [SPEC: managedClusters; azurerm provider: azurerm_kubernetes_cluster]"""

from __future__ import annotations

import json
from typing import Any

from azext_akskv.model.cluster import KmsProfile
from azext_akskv.model.ledger import DIGEST_TAG, ERA_TAGS
from azext_akskv.model.tags import IDENTITY_SINCE_TAG, RUN_TAG


def sentence(kms: KmsProfile) -> str:
    """For `keep`: the one value that every kind of template must hold."""
    if not kms.enabled:
        return "A template that manages this cluster must say that KMS is off, or its next apply turns KMS on again."
    return (
        f"A template that manages this cluster must name the key {kms.key}, or its next apply takes the cluster back."
    )


def snippets(kms: KmsProfile) -> dict[str, list[str]]:
    """Lines to paste, by the kind of template."""
    return {"Terraform": _terraform(kms), "Bicep": _bicep(kms), "ARM": _arm(kms)}


def _terraform(kms: KmsProfile) -> list[str]:
    """The provider finds the vault of a private one by itself. Our tags would be a drift to it."""
    ours = [f'    tags["{tag}"],' for tag in (RUN_TAG, IDENTITY_SINCE_TAG, DIGEST_TAG, *ERA_TAGS)]
    lifecycle = ["lifecycle {", "  ignore_changes = [", *ours, "  ]", "}"]
    if not kms.enabled:
        return ["# no key_management_service block in azurerm_kubernetes_cluster", *lifecycle]
    return [
        "key_management_service {",
        f'  key_vault_key_id         = "{kms.key}"',
        f'  key_vault_network_access = "{kms.network_access or "Public"}"',
        "}",
        *lifecycle,
    ]


def _bicep(kms: KmsProfile) -> list[str]:
    values = [f"{name}: {_bicep_value(value)}" for name, value in _profile(kms).items()]
    return ["securityProfile: {", "  azureKeyVaultKms: {", *(f"    {each}" for each in values), "  }", "}"]


def _bicep_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


def _arm(kms: KmsProfile) -> list[str]:
    whole = json.dumps({"securityProfile": {"azureKeyVaultKms": _profile(kms)}}, indent=2)
    return [line.removeprefix("  ") for line in whole.splitlines()[1:-1]]


def _profile(kms: KmsProfile) -> dict[str, Any]:
    if not kms.enabled:
        return {"enabled": False}
    profile: dict[str, Any] = {"enabled": True, "keyId": str(kms.key)}
    profile["keyVaultNetworkAccess"] = kms.network_access or "Public"
    return profile | ({"keyVaultResourceId": str(kms.vault)} if kms.network_access == "Private" and kms.vault else {})
