"""A key vault: how it lets callers in, and from where; and the decoder for ARM's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.times import parse_time

Json = dict[str, Any]


class Openness(str, Enum):
    """From where the vault's data plane can be reached; legacy KMS knows only the first and the last."""

    PUBLIC = "Public"
    SELECTED = "SelectedNetworks"
    PRIVATE = "Private"


@dataclass(frozen=True)
class EndpointConnection:
    """A private endpoint connection as the vault sees it."""

    id: str
    endpoint: str
    status: str
    """Approved, Pending, Rejected or Disconnected."""


@dataclass(frozen=True)
class KeyPolicy:
    """What one access policy lets one principal do with keys, in lower case."""

    object_id: str
    permissions: frozenset[str]


@dataclass(frozen=True)
class Vault:
    id: ResourceId
    location: str
    tenant: str
    host: str
    """The host of `vaultUri`: the only one that may get a vault token."""
    rbac: bool
    openness: Openness
    trusted_services: bool
    soft_delete: bool
    purge_protection: bool
    policies: tuple[KeyPolicy, ...]
    connections: tuple[EndpointConnection, ...]
    provisioning_state: str
    seen_at: datetime
    raw: Json = field(repr=False, compare=False)
    changed_at: datetime | None = None
    """When the vault's settings were last changed: no access policy in it is younger."""

    def policy_of(self, principal_id: str) -> frozenset[str]:
        """The key permissions of a principal, all its policies together."""
        own = [p.permissions for p in self.policies if p.object_id.lower() == principal_id.lower()]
        return frozenset().union(*own)


def parse_vault(raw: Json, seen_at: datetime) -> Vault:
    """Raises BadInput when the JSON is not a vault."""
    properties = raw.get("properties") or {}
    acls = properties.get("networkAcls") or {}
    return Vault(
        id=ResourceId.parse(raw.get("id", "")),
        location=raw.get("location", ""),
        tenant=properties.get("tenantId", ""),
        host=(urlsplit(properties.get("vaultUri", "")).netloc or "").lower(),
        rbac=bool(properties.get("enableRbacAuthorization")),
        openness=openness_of(properties),
        trusted_services="AzureServices" in (acls.get("bypass") or "AzureServices"),
        soft_delete=properties.get("enableSoftDelete") is not False,
        purge_protection=bool(properties.get("enablePurgeProtection")),
        policies=tuple(parse_policy(policy) for policy in properties.get("accessPolicies") or ()),
        connections=tuple(parse_connection(each) for each in properties.get("privateEndpointConnections") or ()),
        provisioning_state=properties.get("provisioningState") or "Unknown",
        seen_at=seen_at,
        raw=raw,
        changed_at=_changed_at(raw),
    )


def new_vault(location: str, tenant: str, tags: Mapping[str, str]) -> Json:
    """The body that makes a vault with Azure RBAC, soft delete and purge protection, open to public networks."""
    properties = {
        "tenantId": tenant,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        # A purged key takes the cluster's secrets with it. [AKS docs]
        "enablePurgeProtection": True,
        "publicNetworkAccess": "Enabled",
        "accessPolicies": [],
    }
    return {"location": location, "tags": dict(tags), "properties": properties}


def _changed_at(raw: Json) -> datetime | None:
    """Key Vault has been seen to answer days of January 1970 here: no time at all. [REC]"""
    time = parse_time((raw.get("systemData") or {}).get("lastModifiedAt"))
    return time if time and time.year > 1970 else None


def openness_of(properties: Mapping[str, Any]) -> Openness:
    """`publicNetworkAccess` is absent in older answers, which means Enabled; `networkAcls` is absent until set."""
    if (properties.get("publicNetworkAccess") or "Enabled").lower() == "disabled":
        return Openness.PRIVATE
    acls = properties.get("networkAcls") or {}
    return Openness.SELECTED if (acls.get("defaultAction") or "Allow").lower() == "deny" else Openness.PUBLIC


def parse_policy(raw: Json) -> KeyPolicy:
    keys = (raw.get("permissions") or {}).get("keys") or ()
    return KeyPolicy(raw.get("objectId", ""), frozenset(permission.lower() for permission in keys))


def parse_connection(raw: Json) -> EndpointConnection:
    properties = raw.get("properties") or {}
    state = properties.get("privateLinkServiceConnectionState") or {}
    endpoint = (properties.get("privateEndpoint") or {}).get("id", "")
    return EndpointConnection(raw.get("id", ""), endpoint, state.get("status", "Unknown"))
