"""Roles: the built-in ones with their permissions, as the public list of Azure built-in roles gives them [D], and a
world's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from emulator.worlds.governance import Role

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_COMMON = (
    "Microsoft.Authorization/*/read",
    "Microsoft.Insights/alertRules/*",
    "Microsoft.Resources/deployments/*",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Support/*",
)
_VAULT_READ = (
    *_COMMON,
    "Microsoft.KeyVault/checkNameAvailability/read",
    "Microsoft.KeyVault/deletedVaults/read",
    "Microsoft.KeyVault/locations/*/read",
    "Microsoft.KeyVault/vaults/*/read",
    "Microsoft.KeyVault/operations/read",
)
_AKS_USER = ("Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",)
_AKS_READ = "Microsoft.ContainerService/managedClusters/read"

BUILT_IN = (
    Role(
        "Owner",
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        ("*",),
    ),
    Role(
        "Contributor",
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        ("*",),
        (
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
        ),
    ),
    Role("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7", ("*/read",)),
    Role(
        "User Access Administrator",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        "Key Vault Administrator",
        "00482a5a-887f-4fb3-b363-3b7fe8e74483",
        _VAULT_READ,
        data_actions=("Microsoft.KeyVault/vaults/*",),
    ),
    Role(
        "Key Vault Contributor",
        "f25e0fa2-a7c8-4377-a976-54943a77a395",
        (*_COMMON, "Microsoft.KeyVault/*"),
        (
            "Microsoft.KeyVault/locations/deletedVaults/purge/action",
            "Microsoft.KeyVault/hsmPools/*",
            "Microsoft.KeyVault/managedHsms/*",
        ),
    ),
    Role(
        "Key Vault Crypto Officer",
        "14b46e9e-c2b7-41b4-b07b-48a6ebf60603",
        _VAULT_READ,
        data_actions=("Microsoft.KeyVault/vaults/keys/*", "Microsoft.KeyVault/vaults/keyrotationpolicies/*"),
    ),
    Role(
        "Key Vault Crypto User",
        "12338af0-0e69-4776-bea7-57ae8d297424",
        data_actions=tuple(
            f"Microsoft.KeyVault/vaults/keys/{operation}"
            for operation in (
                "read",
                "update/action",
                "backup/action",
                "encrypt/action",
                "decrypt/action",
                "wrap/action",
                "unwrap/action",
                "sign/action",
                "verify/action",
            )
        ),
    ),
    Role(
        "Key Vault Crypto Service Encryption User",
        "e147488a-f6f5-4113-8e2d-b22465e65bf6",
        (
            "Microsoft.EventGrid/eventSubscriptions/write",
            "Microsoft.EventGrid/eventSubscriptions/read",
            "Microsoft.EventGrid/eventSubscriptions/delete",
        ),
        data_actions=(
            "Microsoft.KeyVault/vaults/keys/read",
            "Microsoft.KeyVault/vaults/keys/wrap/action",
            "Microsoft.KeyVault/vaults/keys/unwrap/action",
        ),
    ),
    Role(
        "Key Vault Reader",
        "21090545-7ca7-4776-b22c-e363652d74d2",
        _VAULT_READ,
        data_actions=("Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
    ),
    Role(
        "Key Vault Secrets User",
        "4633458b-17de-408a-b874-0445c86b69e6",
        data_actions=(
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        ),
    ),
    Role(
        "Key Vault Secrets Officer",
        "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
        _VAULT_READ,
        data_actions=("Microsoft.KeyVault/vaults/secrets/*",),
    ),
    Role(
        "Key Vault Certificate User",
        "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
        data_actions=(
            "Microsoft.KeyVault/vaults/certificates/read",
            "Microsoft.KeyVault/vaults/secrets/getSecret/action",
            "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
            "Microsoft.KeyVault/vaults/keys/read",
        ),
    ),
    Role(
        "Key Vault Certificates Officer",
        "a4417e6f-fecd-4de8-b567-7b0420556985",
        _VAULT_READ,
        data_actions=(
            "Microsoft.KeyVault/vaults/certificatecas/*",
            "Microsoft.KeyVault/vaults/certificates/*",
            "Microsoft.KeyVault/vaults/certificatecontacts/write",
        ),
    ),
    Role(
        "Private DNS Zone Contributor",
        "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
        (
            *_COMMON,
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
        ),
    ),
    Role(
        "DNS Zone Contributor",
        "befefa01-2a29-4197-83a8-272ff33ce314",
        (*_COMMON, "Microsoft.Network/dnsZones/*", "Microsoft.ResourceHealth/availabilityStatuses/read"),
    ),
    Role(
        "Monitoring Metrics Publisher",
        "3913510d-42f4-4e42-8a64-420c390055eb",
        (
            "Microsoft.Insights/Register/Action",
            "Microsoft.Support/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ),
        data_actions=("Microsoft.Insights/Metrics/Write",),
    ),
    Role("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d", ("Microsoft.ContainerRegistry/registries/pull/read",)),
    Role(
        "Network Contributor",
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
        (*_COMMON, "Microsoft.Network/*", "Microsoft.ResourceHealth/availabilityStatuses/read"),
    ),
    Role(
        "Managed Identity Operator",
        "f1a07417-d97a-45cb-824c-7a7467783830",
        (
            *_COMMON,
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ),
    ),
    Role(
        "Azure Kubernetes Service RBAC Cluster Admin",
        "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
        (*_COMMON, *_AKS_USER),
        data_actions=("Microsoft.ContainerService/managedClusters/*",),
    ),
    Role(
        "Azure Kubernetes Service Cluster User Role",
        "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
        (*_AKS_USER, _AKS_READ),
    ),
    Role(
        "Azure Kubernetes Service Cluster Admin Role",
        "0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        (
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            "Microsoft.ContainerService/managedClusters/accessProfiles/listCredential/action",
            "Microsoft.ContainerService/managedClusters/runcommand/action",
            _AKS_READ,
        ),
    ),
    Role(
        "Kubernetes Extension Contributor",
        "85cb6faf-e071-4c9b-8136-154b5a04f717",
        (
            *_COMMON,
            "Microsoft.KubernetesConfiguration/extensions/write",
            "Microsoft.KubernetesConfiguration/extensions/read",
            "Microsoft.KubernetesConfiguration/extensions/delete",
            "Microsoft.KubernetesConfiguration/extensions/operations/read",
        ),
    ),
    Role(
        "Kubernetes Cluster - Azure Arc Onboarding",
        "34e09817-6cbe-4d01-b1a2-e0eac5743d41",
        (
            *_COMMON,
            "Microsoft.Kubernetes/connectedClusters/Write",
            "Microsoft.Kubernetes/connectedClusters/read",
            "Microsoft.Kubernetes/register/action",
        ),
    ),
)


def roles_of(world: EmulatedWorld) -> tuple[Role, ...]:
    """The built-in roles, and the world's own."""
    own = (replace(role, guid=world.ids.uuid("role", role.name.lower())) for role in world.spec.roles)
    return (*BUILT_IN, *own)


def role_named(world: EmulatedWorld, name: str) -> Role:
    """The role with this name, in any letter case. Raises KeyError when there is none."""
    for role in roles_of(world):
        if role.name.lower() == name.lower():
            return role
    raise KeyError(name)


def role_with_id(world: EmulatedWorld, definition_id: str) -> Role | None:
    """The role that a role definition id (`.../roleDefinitions/<guid>`) or a bare GUID means."""
    guid = definition_id.rpartition("/")[2].lower()
    return next((role for role in roles_of(world) if role.guid == guid), None)
