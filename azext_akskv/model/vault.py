"""A key vault: how it lets callers in, and from where; and the decoder for ARM's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.members import Json, child, children, flag, text, texts, whole
from azext_akskv.model.times import parse_time


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
    """What one access policy lets one principal do with keys, secrets and certificates, in lower case."""

    object_id: str
    permissions: frozenset[str]
    secrets: frozenset[str] = frozenset()
    certificates: frozenset[str] = frozenset()
    application: str = ""
    """Only by way of this application may the principal do that: an identity of a node never comes by one. [D]"""

    def gives(self, kind: str) -> frozenset[str]:
        """With `keys`, `secrets` or `certificates`."""
        return {"keys": self.permissions, "secrets": self.secrets, "certificates": self.certificates}[kind]


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

    def grants_secrets_to(self, principal_id: str) -> bool:
        """Whether an access policy lets the principal read secrets."""
        own = [p.secrets for p in self.policies if p.object_id.lower() == principal_id.lower()]
        return not self.rbac and any({"get", "all"} & each for each in own)


def parse_vault(raw: Json, seen_at: datetime) -> Vault:
    """Raises BadInput when the JSON is not a vault."""
    properties = child(whole(raw), "properties")
    return Vault(
        id=ResourceId.parse(text(raw, "id")),
        location=text(raw, "location"),
        tenant=text(properties, "tenantId"),
        host=host_of(text(properties, "vaultUri")),
        rbac=bool(flag(properties, "enableRbacAuthorization")),
        openness=openness_of(properties),
        trusted_services="AzureServices" in (text(child(properties, "networkAcls"), "bypass") or "AzureServices"),
        soft_delete=flag(properties, "enableSoftDelete") is not False,
        purge_protection=bool(flag(properties, "enablePurgeProtection")),
        policies=tuple(parse_policy(policy) for policy in children(properties, "accessPolicies")),
        connections=tuple(parse_connection(each) for each in children(properties, "privateEndpointConnections")),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
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
    time = parse_time(text(child(raw, "systemData"), "lastModifiedAt"))
    return time if time and time.year > 1970 else None


def host_of(uri: str) -> str:
    """The host in a vault's address; empty where there is none. Raises BadInput."""
    try:
        host = urlsplit(uri).netloc.lower().removesuffix(":443")
    except ValueError:  # half an IPv6 address, for one
        raise BadInput("vaultUri: it is not an address") from None
    if " " in host or not host.isprintable():
        raise BadInput("vaultUri: it is not an address")
    return host


def openness_of(properties: Mapping[str, Any]) -> Openness:
    """`publicNetworkAccess` is absent in older answers, which means Enabled; `networkAcls` is absent until set."""
    if text(properties, "publicNetworkAccess").lower() == "disabled":
        return Openness.PRIVATE
    closed = text(child(properties, "networkAcls"), "defaultAction").lower() == "deny"
    return Openness.SELECTED if closed else Openness.PUBLIC


def parse_policy(raw: Json) -> KeyPolicy:
    granted = child(raw, "permissions")
    keys, secrets, certificates = (
        frozenset(each.lower() for each in texts(granted, kind)) for kind in ("keys", "secrets", "certificates")
    )
    return KeyPolicy(text(raw, "objectId"), keys, secrets, certificates, text(raw, "applicationId"))


def parse_connection(raw: Json) -> EndpointConnection:
    properties = child(raw, "properties")
    state = child(properties, "privateLinkServiceConnectionState")
    endpoint = text(child(properties, "privateEndpoint"), "id")
    return EndpointConnection(text(raw, "id"), endpoint, text(state, "status") or "Unknown")
