"""What a `field` of the policy language means: top-level members, tags, and aliases of properties."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

MISSING = object()
"""The value of a field that the resource does not have."""
TOP_LEVEL = ("name", "fullName", "kind", "type", "location", "id", "identity.type", "tags")
_TAG = re.compile(r"tags(?:\.|\[)'?(.+?)'?\]?", re.IGNORECASE)
_ALIASED = {
    "Microsoft.ContainerService/managedClusters": (
        *("aadProfile", "addonProfiles", "agentPoolProfiles", "apiServerAccessProfile", "autoUpgradeProfile"),
        *("disableLocalAccounts", "enableRBAC", "kubernetesVersion", "networkProfile", "nodeResourceGroup"),
        *("oidcIssuerProfile", "publicNetworkAccess", "securityProfile", "servicePrincipalProfile"),
        *("storageProfile", "workloadAutoScalerProfile"),
    ),
    "Microsoft.KeyVault/vaults": (
        *("accessPolicies", "createMode", "enablePurgeProtection", "enableRbacAuthorization", "enableSoftDelete"),
        *("enabledForDeployment", "enabledForDiskEncryption", "enabledForTemplateDeployment", "networkAcls"),
        *("publicNetworkAccess", "softDeleteRetentionInDays", "tenantId", "vaultUri"),
    ),
    "Microsoft.Authorization/roleAssignments": ("principalId", "principalType", "roleDefinitionId"),
}
"""The first name behind `<type>/` of an alias: `<type>/securityProfile.azureKeyVaultKms.enabled` is
`properties.securityProfile.azureKeyVaultKms.enabled` [D]. `sku` and `kind` stand beside the properties."""
_BESIDE_PROPERTIES = ("sku", "kind")

Path = tuple[str, ...]
"""Names of members; `*` is every item of an array."""


def path_of(field: str) -> Path:
    """Where a field is in a resource. Raises ValueError for a field that Azure does not know."""
    if top := next((name for name in TOP_LEVEL if name.lower() == field.lower()), None):
        return tuple(top.split("."))
    if tag := _TAG.fullmatch(field):
        return ("tags", tag[1])
    resource_type, _, alias = field.rpartition("/")
    names = tuple(alias.replace("[*]", ".*").split("."))
    heads = next((found for known, found in _ALIASED.items() if known.lower() == resource_type.lower()), ())
    if names[0] in heads:
        return ("properties", *names)
    if heads and names[0] in _BESIDE_PROPERTIES:
        return names
    raise ValueError(f"Azure Policy knows no field {field!r}")


def values_of(resource: Mapping[str, Any], field: str) -> list[tuple[str, Any]]:
    """Path and value of a field; several for an alias with `[*]`, and MISSING where there is nothing.

    [D] A field of another type is missing.
    """
    path, resource_type = path_of(field), field.rpartition("/")[0].lower()
    if resource_type and resource_type != str(resource.get("type")).lower() and not _TAG.fullmatch(field):
        return [(".".join(path), MISSING)]
    return list(_walk(resource, path, ""))


def with_value(resource: Mapping[str, Any], field: str, value: str) -> dict[str, Any]:
    """The resource as it would be with another value of a field."""
    changed = copy.deepcopy(dict(resource))
    *parents, last = path_of(field)
    place: Any = changed
    for name in parents:
        place = place.setdefault(_own_name(place, name), {})
    place[_own_name(place, last)] = value
    return changed


def _walk(found: Any, path: Path, written: str) -> Iterator[tuple[str, Any]]:
    if not path:
        yield written, found
    elif path[0] == "*":
        for number, item in enumerate(found if isinstance(found, list) else ()):
            yield from _walk(item, path[1:], f"{written}[{number}]")
    else:
        name = _own_name(found, path[0]) if isinstance(found, Mapping) else path[0]
        below = found.get(name, MISSING) if isinstance(found, Mapping) else MISSING
        if below is None:
            below = MISSING
        shown = f"{written}[{path[0]}]" if written == "tags" else f"{written}.{path[0]}".lstrip(".")
        yield from _walk(below, path[1:], shown)


def _own_name(place: Mapping[str, Any], name: str) -> str:
    """[D] Names have no letter case."""
    return next((own for own in place if own.lower() == name.lower()), name)
