"""Identities, role assignments, and which roles let a KMS plugin do its work. Role ids: Azure built-in roles page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azext_akskv.model.ids import ResourceId

KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
KEY_VAULT_CRYPTO_OFFICER = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"
KEY_VAULT_CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
KEY_VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
KEY_VAULT_CRYPTO_SERVICE_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
KEY_VAULT_READER = "21090545-7ca7-4776-b22c-e363652d74d2"
KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
KEY_VAULT_SECRETS_OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
KEY_VAULT_CERTIFICATE_USER = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"
KEY_VAULT_CERTIFICATES_OFFICER = "a4417e6f-fecd-4de8-b567-7b0420556985"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"

ROLE_NAMES = {
    KEY_VAULT_ADMINISTRATOR: "Key Vault Administrator",
    KEY_VAULT_CRYPTO_OFFICER: "Key Vault Crypto Officer",
    KEY_VAULT_CRYPTO_USER: "Key Vault Crypto User",
    KEY_VAULT_CONTRIBUTOR: "Key Vault Contributor",
    KEY_VAULT_CRYPTO_SERVICE_USER: "Key Vault Crypto Service Encryption User",
    KEY_VAULT_READER: "Key Vault Reader",
    KEY_VAULT_SECRETS_USER: "Key Vault Secrets User",
    KEY_VAULT_SECRETS_OFFICER: "Key Vault Secrets Officer",
    KEY_VAULT_CERTIFICATE_USER: "Key Vault Certificate User",
    KEY_VAULT_CERTIFICATES_OFFICER: "Key Vault Certificates Officer",
    READER: "Reader",
    CONTRIBUTOR: "Contributor",
    OWNER: "Owner",
}

USES_KEYS = frozenset({KEY_VAULT_ADMINISTRATOR, KEY_VAULT_CRYPTO_OFFICER, KEY_VAULT_CRYPTO_USER})
"""Roles whose data actions hold keys/encrypt and keys/decrypt. Crypto Service Encryption User is not among them: it
only wraps and unwraps."""

APPROVES_ENDPOINTS = frozenset({KEY_VAULT_CONTRIBUTOR, CONTRIBUTOR, OWNER})
"""Roles that hold Microsoft.KeyVault/vaults/privateEndpointConnectionsApproval/action."""

READS_VAULTS = APPROVES_ENDPOINTS | {KEY_VAULT_READER, READER, KEY_VAULT_ADMINISTRATOR, KEY_VAULT_CRYPTO_OFFICER}
"""Roles that hold Microsoft.KeyVault/vaults/read."""

KEY_POLICY = frozenset({"encrypt", "decrypt"})


@dataclass(frozen=True)
class Identity:
    """A user-assigned managed identity."""

    id: ResourceId
    principal_id: str
    client_id: str
    location: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class Grant:
    """A role assignment. `role` is the role definition's GUID in lower case; `scope` may be above the vault."""

    role: str
    scope: str
    principal_id: str
    created: datetime | None = None


def new_grant(scope: ResourceId, role: str, principal_id: str) -> dict[str, Any]:
    """The body of a role assignment to a service principal."""
    definition = f"/subscriptions/{scope.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    properties = {
        "roleDefinitionId": definition,
        "principalId": principal_id,
        # With it the service does not look the principal up, which fails for minutes after its creation. [D]
        "principalType": "ServicePrincipal",
    }
    return {"properties": properties}
