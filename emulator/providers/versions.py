"""Which api-versions each resource type knows, as `az` 2.91, its SDKs and newer SDKs send them [CLI][SPEC]."""

from __future__ import annotations

import re

from emulator.providers.errors import arm_error
from emulator.worlds.spec import LOCATION

_RESOURCES = (
    *("2015-11-01", "2016-09-01", "2019-06-01", "2019-07-01", "2019-10-01", "2019-11-01", "2020-01-01", "2020-06-01"),
    "2020-10-01",
    *("2021-01-01", "2021-04-01", "2022-01-01", "2022-09-01", "2022-12-01", "2023-07-01", "2024-03-01", "2024-11-01"),
    "2025-04-01",
)
_CLUSTERS = (
    *(
        "2019-10-01",
        "2021-02-01",
        "2021-03-01",
        "2021-05-01",
        "2022-09-01",
        "2023-01-01",
        "2024-01-01",
        "2024-02-01",
        "2024-05-01",
    ),
    "2024-07-02-preview",
    *("2024-07-01", "2024-08-01", "2024-09-01", "2024-09-02-preview", "2024-10-01", "2025-01-01", "2025-02-01"),
    *("2025-03-01", "2025-03-02-preview", "2025-04-01", "2025-05-01", "2025-07-01", "2025-08-01", "2025-09-01"),
    *("2025-09-02-preview", "2025-10-01", "2026-01-01", "2026-02-01", "2026-04-01", "2026-05-01", "2026-06-01"),
    *("2026-07-01", "2026-07-02-preview", "2026-08-01"),
)
_VAULTS = (
    *("2018-02-14", "2019-09-01", "2021-04-01-preview", "2021-10-01", "2022-07-01", "2023-02-01", "2023-07-01"),
    *("2024-11-01", "2025-05-01", "2026-02-01"),
)
_COMPUTE = (
    "2020-12-01",
    "2022-11-01",
    "2023-03-01",
    "2023-09-01",
    "2024-07-01",
    "2024-11-01",
    "2025-04-01",
    "2026-04-01",
)
_ASSIGNMENTS = ("2015-07-01", "2018-01-01-preview", "2020-04-01-preview", "2020-10-01", "2022-04-01")
_PRIVATE_DNS = ("2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01")
_DIAGNOSTICS = ("2016-09-01", "2017-05-01-preview", "2021-05-01-preview")
_NETWORK = (
    *("2017-10-01", "2018-01-01", "2018-03-01", "2018-08-01", "2019-11-01", "2020-05-01", "2020-07-01", "2020-08-01"),
    *("2020-11-01", "2021-02-01", "2021-03-01", "2021-05-01", "2021-08-01", "2022-01-01", "2022-05-01", "2022-07-01"),
    *("2022-09-01", "2022-11-01", "2023-02-01", "2023-04-01", "2023-05-01", "2023-06-01", "2023-09-01", "2023-11-01"),
    *("2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01", "2024-10-01", "2025-01-01", "2025-03-01", "2025-05-01"),
    *("2025-07-01", "2025-09-01", "2026-01-01"),
)
_CONNECTED = (
    *("2020-01-01-preview", "2021-10-01", "2022-05-01-preview", "2022-10-01-preview", "2023-11-01-preview"),
    *("2024-01-01", "2024-02-01-preview", "2024-07-01-preview", "2024-07-15-preview", "2024-12-01-preview"),
    *("2025-08-01-preview", "2025-12-01-preview", "2026-02-01-preview", "2026-03-01", "2026-05-01"),
)
_EXTENSIONS = ("2022-03-01", "2022-07-01", "2022-11-01", "2023-05-01", "2024-11-01", "2025-03-01")
VERSIONS = {
    "Microsoft.Resources/tenants": _RESOURCES,
    "Microsoft.Resources/subscriptions": _RESOURCES,
    "Microsoft.Resources/tags": _RESOURCES,
    "Microsoft.Authorization/denyAssignments": ("2018-07-01-preview", "2022-04-01"),
    "Microsoft.Authorization/locks": ("2016-09-01", "2017-04-01", "2020-05-01"),
    "Microsoft.Authorization/permissions": ("2015-07-01", "2018-07-01", "2022-04-01", "2022-05-01-preview"),
    "Microsoft.Authorization/roleAssignments": _ASSIGNMENTS,
    "Microsoft.Authorization/roleDefinitions": (*_ASSIGNMENTS, "2022-05-01-preview", "2023-07-01-preview"),
    "Microsoft.PolicyInsights/checkPolicyRestrictions": ("2020-07-01", "2022-03-01", "2023-03-01", "2024-10-01"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": (
        *("2015-08-31-preview", "2018-11-30", "2021-09-30-preview", "2022-01-31-preview", "2023-01-31"),
        *("2024-11-30", "2025-01-31-preview", "2025-05-31-preview"),
    ),
    "Microsoft.Insights/diagnosticSettings": _DIAGNOSTICS,
    "Microsoft.Insights/diagnosticSettingsCategories": _DIAGNOSTICS,
    "Microsoft.KeyVault/vaults": _VAULTS,
    "Microsoft.KeyVault/deletedVaults": _VAULTS,
    "Microsoft.KeyVault/locations": _VAULTS,
    "Microsoft.KeyVault/managedHSMs": _VAULTS,
    "Microsoft.KeyVault/deletedManagedHSMs": _VAULTS,
    "Microsoft.KeyVault/checkNameAvailability": _VAULTS,
    **{
        f"Microsoft.Network/{name}": _NETWORK
        for name in (
            *("virtualNetworks", "networkSecurityGroups", "routeTables", "privateEndpoints", "networkInterfaces"),
            "locations",
        )
    },
    "Microsoft.Network/privateDnsZones": _PRIVATE_DNS,
    "Microsoft.Network/privateDnsOperationResults": _PRIVATE_DNS,
    "Microsoft.Network/privateDnsOperationStatuses": _PRIVATE_DNS,
    "Microsoft.Compute/virtualMachineScaleSets": _COMPUTE,
    "Microsoft.Kubernetes/connectedClusters": _CONNECTED,
    "Microsoft.Kubernetes/locations": _CONNECTED,
    "Microsoft.KubernetesConfiguration/extensions": _EXTENSIONS,
    "Microsoft.ContainerService/managedClusters": _CLUSTERS,
    "Microsoft.ContainerService/locations": ("2016-03-30", "2017-08-31", *_CLUSTERS),
}
"""A child type knows what its parent knows: `vaults/keys` what `vaults` does."""


def known_versions(resource_type: str, unknown_here: tuple[str, ...]) -> tuple[str, ...]:
    """The versions of `Microsoft.X/type[/child...]`, without those that this cloud does not know; none for an unknown
    type."""
    top = "/".join(resource_type.split("/")[:2])
    return tuple(version for version in VERSIONS.get(top, ()) if version not in unknown_here)


def refuse_unknown_version(resource_type: str, version: str, unknown_here: tuple[str, ...]) -> None:
    """Raises Refusal: 400 MissingApiVersionParameter, InvalidApiVersionParameter or NoRegisteredProviderFound [3P]."""
    known = known_versions(resource_type, unknown_here)
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise arm_error(400, "MissingApiVersionParameter", message, gateway=True)
    if version in known:
        return
    namespace, _, short_type = resource_type.partition("/")
    if namespace == "Microsoft.Resources" or not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", version):
        supported = ",".join(reversed(known))
        message = f"The api-version '{version}' is invalid. The supported versions are '{supported}'."
        raise arm_error(400, "InvalidApiVersionParameter", message, gateway=True)
    raise arm_error(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{LOCATION}' and API version '{version}' for type "
        f"'{short_type}'. The supported api-versions are '{', '.join(known)}'. The supported locations are "
        f"'{LOCATION}'.",
        gateway=True,
    )
