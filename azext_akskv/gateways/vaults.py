"""Key vaults through ARM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from azext_akskv.failures import Missing, Rejected
from azext_akskv.gateways.answers import Answer, Json, answer
from azext_akskv.gateways.clients import API_VERSIONS, Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.gateways.lists import listed
from azext_akskv.gateways.operations import Unwatched, WatchedPolling
from azext_akskv.model.ids import VAULT_TYPE, ResourceId
from azext_akskv.model.members import child, text, texts
from azext_akskv.model.reading import PolicyLacking
from azext_akskv.model.vault import EndpointConnection, Vault, new_vault, parse_vault

NO_TIME = datetime.fromtimestamp(0, timezone.utc)
"""Lists do not tell the service's time."""


class ArmVaults:
    """Fills ports.Vaults. `poll_seconds` between two looks at a vault that is being made."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._clients = clients
        self._poll_seconds = poll_seconds

    def get(self, vault: ResourceId) -> Vault:
        with asking(f"read the vault {vault.name}"):
            found: Answer = self._vaults(vault.subscription).get(vault.group, vault.name, cls=answer)
            return parse_vault(found.json, found.at)

    def all(self, subscription: str) -> list[Vault]:
        with asking("list the vaults of the subscription"):
            return [parse_vault(item, NO_TIME) for item in self._listed(subscription)]

    def find(self, subscription: str, name: str) -> Vault | None:
        with asking(f"look for the vault {name}"):
            ids = [ResourceId.parse(text(item, "id")) for item in self._listed(subscription)]
        found = [vault for vault in ids if vault.name.lower() == name.lower()]
        return self.get(found[0]) if found else None

    def deleted(self, subscription: str, name: str, location: str) -> bool:
        try:
            with asking(f"look for a deleted vault {name}"):
                self._vaults(subscription).get_deleted(name, location)
        except Missing:
            return False
        return True

    def private_zone(self, vault: Vault) -> str:
        """Raises Rejected where the service names none, or several."""
        doing = f"read which private DNS zone the vault {vault.id.name} needs"
        with asking(doing):
            found = listed(
                self._clients, vault.id.subscription, f"{vault.id}/privateLinkResources", API_VERSIONS["vaults"]
            )
            names = {name for each in found for name in texts(child(each, "properties"), "requiredZoneNames")}
        if len(names) != 1:
            raise Rejected(doing, "UnknownZone", f"the service names {', '.join(sorted(names)) or 'none'}")
        return names.pop()

    def create(self, vault: ResourceId, location: str, tenant: str, tags: Mapping[str, str]) -> Vault:
        """Key Vault has no If-None-Match: the caller has looked that there is no such vault."""
        body = new_vault(location, tenant, tags)
        # A vault says `RegisteringDns` for a while, without the headers of an operation. [REC]
        doing = f"create the vault {vault.name}"
        polling = WatchedPolling(doing, Unwatched(), self._poll_seconds)
        with asking(doing):
            vaults = self._vaults(vault.subscription)
            made = vaults.begin_create_or_update(vault.group, vault.name, body, polling=polling, cls=answer).result()
            return parse_vault(made.json, made.at)

    def open_to_public(self, vault: Vault) -> None:
        acls = {**child(child(vault.raw, "properties"), "networkAcls"), "defaultAction": "Allow"}
        with asking(f"open the vault {vault.id.name} to public networks"):
            self._change(vault, {"publicNetworkAccess": "Enabled", "networkAcls": acls})

    def close_to_public(self, vault: Vault) -> None:
        with asking(f"close the vault {vault.id.name} to public networks"):
            self._change(vault, {"publicNetworkAccess": "Disabled"})

    def let_trusted_services_in(self, vault: Vault) -> None:
        acls = {**child(child(vault.raw, "properties"), "networkAcls"), "bypass": "AzureServices"}
        acls.setdefault("defaultAction", "Deny")
        with asking(f"let trusted services into the vault {vault.id.name}"):
            self._change(vault, {"networkAcls": acls})

    def approve(self, vault: Vault, connection: EndpointConnection) -> None:
        name = ResourceId.parse(connection.id).name
        state = {"status": "Approved", "description": "approved with az aks kv"}
        with asking(f"approve a private endpoint of the vault {vault.id.name}"):
            self._clients.vaults(vault.id.subscription).private_endpoint_connections.put(
                vault.id.group, vault.id.name, name, {"properties": {"privateLinkServiceConnectionState": state}}
            )

    def allow_keys(self, vault: Vault, principal_id: str, permissions: frozenset[str]) -> None:
        self._allow(vault, principal_id, {"keys": sorted(permissions)})

    def allow_reading(self, vault: Vault, principal_id: str, lacking: PolicyLacking) -> None:
        self._allow(vault, principal_id, {lacking.kind: sorted(lacking.permissions)})

    def _allow(self, vault: Vault, principal_id: str, permissions: dict[str, list[str]]) -> None:
        """`add` leaves the other policies alone, and this principal's other permissions too."""
        policy = {"tenantId": vault.tenant, "objectId": principal_id, "permissions": permissions}
        with asking(f"add an access policy to the vault {vault.id.name}"):
            self._vaults(vault.id.subscription).update_access_policy(
                vault.id.group, vault.id.name, "add", {"properties": {"accessPolicies": [policy]}}
            )

    def _change(self, vault: Vault, properties: Json) -> None:
        """A PATCH: what it does not name stays as it is."""
        vaults = self._vaults(vault.id.subscription)
        vaults.update(vault.id.group, vault.id.name, {"properties": properties}, cls=answer)

    def _listed(self, subscription: str) -> Iterator[Json]:
        return listed(
            self._clients, subscription, f"/subscriptions/{subscription}/providers/{VAULT_TYPE}", API_VERSIONS["vaults"]
        )

    def _vaults(self, subscription: str) -> Any:
        return self._clients.vaults(subscription).vaults
