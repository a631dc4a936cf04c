"""Who may do what with what is in a vault: the firewall first, then roles or access policies, never both."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from emulator.core.resources import Resource
from emulator.dataplane.keyvault import refusals

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Path = Literal["public", "private", "trusted"]
"""`trusted`: as one of the services that Azure trusts to pass a vault's firewall."""

# The address that the emulator's user comes from over the internet (a documentation range, RFC 5737).
CLIENT_ADDRESS = "198.51.100.7"

Kind = Literal["key", "secret", "certificate"]

# What is done -> the permission of an access policy and the data action of a role that allow it [D]; deleted keys are
# read with the right to read keys. The value of a secret needs another action than the rest of it.
_RIGHTS: dict[Kind, dict[str, tuple[str, str]]] = {
    "key": {
        "get": ("get", "read"),
        "list": ("list", "read"),
        "create": ("create", "create/action"),
        "update": ("update", "update/action"),
        "delete": ("delete", "delete"),
        "recover": ("recover", "recover/action"),
        "purge": ("purge", "purge/action"),
        "rotate": ("rotate", "rotate/action"),
        "encrypt": ("encrypt", "encrypt/action"),
        "decrypt": ("decrypt", "decrypt/action"),
        "wrapKey": ("wrapKey", "wrap/action"),
        "unwrapKey": ("unwrapKey", "unwrap/action"),
    },
    "secret": {
        "get": ("get", "getSecret/action"),
        "get deleted": ("get", "readMetadata/action"),
        "list": ("list", "readMetadata/action"),
        "set": ("set", "setSecret/action"),
        "update": ("set", "update/action"),
        "delete": ("delete", "delete"),
        "recover": ("recover", "recover/action"),
        "purge": ("purge", "purge/action"),
    },
    "certificate": {
        "get": ("get", "read"),
        "list": ("list", "read"),
        "create": ("create", "create/action"),
        "import": ("import", "import/action"),
        "update": ("update", "update/action"),
        "delete": ("delete", "delete"),
        "recover": ("recover", "recover/action"),
        "purge": ("purge", "purge/action"),
    },
}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to do (`get`, `list`, `encrypt`, ...) to things of one kind: to the one of this name, or with
    an empty name to the vault's."""

    kind: Kind
    does: str
    name: str = ""

    @property
    def permission(self) -> str:
        """As access policies call it."""
        return _RIGHTS[self.kind][self.does][0]

    @property
    def action(self) -> str:
        """The data action."""
        return f"Microsoft.KeyVault/vaults/{self.kind}s/{_RIGHTS[self.kind][self.does][1]}"

    def scope(self, vault: Resource) -> str:
        return f"{vault.id}/{self.kind}s/{self.name}" if self.name else vault.id


@dataclass(frozen=True)
class ControlPlane:
    """A part of Azure that works as a principal of the customer's, such as AKS as a cluster's identity."""

    principal_id: str
    path: Path


@dataclass(frozen=True)
class Caller:
    """`path` is how the request reaches the vault: over the internet, or through a private endpoint if one is approved.
    `address` is None for Azure's own control plane, whose addresses no customer can allow."""

    principal_id: str
    tenant_id: str
    path: Path = "public"
    app_id: str | None = None
    address: str | None = CLIENT_ADDRESS

    def __str__(self) -> str:
        appid = f"appid={self.app_id};" if self.app_id else ""
        return f"{appid}oid={self.principal_id};iss=https://sts.windows.net/{self.tenant_id}/"


def vault_text(vault: Resource) -> str:
    """The vault as the service's texts name it."""
    return f"{vault.body['name']};location={vault.body['location']}"


def refuse_unless_reachable(vault: Resource, caller: Caller) -> None:
    """The vault's firewall; it covers the data plane only, and private endpoints pass it, as do the services that Azure
    trusts where it says so, whatever else is closed [D].

    Raises Refusal: 403 ForbiddenByConnection or ForbiddenByFirewall.
    """
    properties = vault.body["properties"]
    if caller.path == "private" and _has_approved_endpoint(properties):
        return
    if caller.path == "trusted" and "AzureServices" in str((properties.get("networkAcls") or {}).get("bypass")):
        return
    if str(properties.get("publicNetworkAccess") or "Enabled").lower() == "disabled":
        raise refusals.by_connection(str(caller), vault_text(vault))
    acls = properties.get("networkAcls") or {}
    if str(acls.get("defaultAction") or "Allow").lower() == "deny" and not _named(acls, caller.address):
        raise refusals.by_firewall(caller.address or "20.61.0.1", str(caller), vault_text(vault))


def refuse_unless_connected(vault: Resource, endpoint_id: str, caller: str = "") -> None:
    """[D] Only an endpoint in an approved state can send traffic; one of another vault has no state here at all. [INF]
    That it is the vault that says so, to whoever asks, and in these words.

    Raises Refusal: 403 ForbiddenByConnection.
    """
    if not endpoint_id:
        return
    for one in vault.body["properties"].get("privateEndpointConnections") or []:
        state = one["properties"].get("privateLinkServiceConnectionState") or {}
        if one["properties"]["privateEndpoint"]["id"].lower() == endpoint_id.lower() and state["status"] == "Approved":
            return
    raise refusals.by_connection(caller, vault_text(vault))


def _has_approved_endpoint(properties: dict[str, Any]) -> bool:
    """Without one the vault's name resolves to its public address."""
    connections = properties.get("privateEndpointConnections") or []
    states = (one["properties"]["privateLinkServiceConnectionState"]["status"] for one in connections)
    return "Approved" in states


def _named(acls: dict[str, Any], address: str | None) -> bool:
    """Whether an IP rule covers the address."""
    if address is None:
        return False
    networks = (ipaddress.ip_network(rule["value"], strict=False) for rule in acls.get("ipRules") or [])
    return any(ipaddress.ip_address(address) in network for network in networks)


def refuse_unless_allowed(world: EmulatedWorld, vault: Resource, caller: Caller, wish: Wish) -> None:
    """The permission model of the vault: with enableRbacAuthorization its access policies mean nothing, without
    it role assignments mean nothing [D].

    Raises Refusal: 403 ForbiddenByRbac, AccessDenied or ForbiddenByPolicy.
    """
    properties = vault.body["properties"]
    if properties.get("enableRbacAuthorization"):
        scope = wish.scope(vault)
        if not world.rights.may(caller.principal_id, wish.action, scope, data=True):
            raise refusals.by_rbac(str(caller), wish.action, scope, vault_text(vault))
    elif not _policy_gives(properties, caller.principal_id, wish):
        raise refusals.by_policy(str(caller), wish.kind, wish.permission, vault_text(vault))


def _policy_gives(properties: dict[str, Any], principal_id: str, wish: Wish) -> bool:
    for policy in properties.get("accessPolicies") or []:
        if policy["objectId"].lower() == principal_id.lower():
            given = {name.lower() for name in (policy.get("permissions") or {}).get(f"{wish.kind}s") or []}
            if wish.permission.lower() in given or "all" in given:
                return True
    return False
