"""Vaults as ARM resources: the documents, how a PUT and a PATCH change them, deletion and recovery."""

from __future__ import annotations

import copy
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, name_of, same_id
from emulator.worlds.spec import CALLER, LOCATION, SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

VAULTS = "Microsoft.KeyVault/vaults"
_WITHOUT_PUBLIC_ACCESS, _WITHOUT_SYSTEM_DATA = "2021-04-01-preview", "2019-09-01"
"""The newest versions that are recorded without."""
_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_STICKY = ("privateEndpointConnections", "enablePurgeProtection", "softDeleteRetentionInDays", "vaultUri")
_SETTINGS = (
    "enabledForDeployment",
    "enabledForDiskEncryption",
    "enabledForTemplateDeployment",
    "enableRbacAuthorization",
)


@dataclass
class DeletedVault(Resource):
    """A soft-deleted vault; `vault` is what it was and will be again when it is recovered."""

    vault: Resource


def vault_id(subscription: str, group: str, name: str) -> str:
    """[REC] This provider writes `resourceGroups`."""
    return f"{group_id(subscription, group)}/providers/{VAULTS}/{name}"


def host_of(name: str) -> str:
    """The host name of a vault's data plane."""
    return f"{name.lower()}.vault.emulator.test"


def moment(when: datetime) -> str:
    """[REC] Milliseconds: `2024-03-11T07:38:10.965Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def with_defaults(request: dict[str, Any], api_version: str) -> dict[str, Any]:
    """[D] The body of a PUT for a new vault: since 2026-02-01 roles decide unless the request says otherwise."""
    asked = request.get("properties") or {}
    if api_version < "2026-02-01" or asked.get("enableRbacAuthorization") is not None:
        return request
    return {**request, "properties": {**asked, "enableRbacAuthorization": True}}


def create(world: EmulatedWorld, new_id: str, request: dict[str, Any], created: datetime) -> Resource:
    """A new vault from the body of a PUT: `{location, tags?, properties}`."""
    name = name_of(new_id)
    vault = Resource(new_id, {"id": new_id, "name": name, "type": VAULTS}, created)
    vault.body["systemData"] = {
        "createdBy": world.ids.principal(CALLER),
        "createdByType": "Application",
        "createdAt": moment(created),
    }
    vault.body["properties"] = {"vaultUri": f"https://{host_of(name)}/"}
    replace(world, vault, request)
    return world.resources.put(vault)


def replace(world: EmulatedWorld, vault: Resource, request: dict[str, Any]) -> None:
    """[REC] A PUT says everything: access policies that it leaves out are gone; what cannot be undone stays."""
    asked = request.get("properties") or {}
    kept = {key: vault.body["properties"][key] for key in _STICKY if key in vault.body["properties"]}
    properties: dict[str, Any] = {
        "sku": asked.get("sku") or {"family": "A", "name": "standard"},
        "tenantId": asked.get("tenantId"),
        "accessPolicies": copy.deepcopy(asked.get("accessPolicies") or []),
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": asked.get("softDeleteRetentionInDays") or 90,
        "provisioningState": "Succeeded",
        "publicNetworkAccess": asked.get("publicNetworkAccess") or "Enabled",
        **kept,
    }
    vault.body["properties"] = properties
    vault.body["location"] = request.get("location") or LOCATION
    vault.body["tags"] = request.get("tags") or {}
    change(world, vault, {"properties": {key: asked[key] for key in _CHANGEABLE if key in asked}})


_CHANGEABLE = (*_SETTINGS, "enablePurgeProtection", "networkAcls", "publicNetworkAccess", "sku", "accessPolicies")


def change(world: EmulatedWorld, vault: Resource, request: dict[str, Any]) -> None:
    """A PATCH: what it names changes, the rest stays."""
    asked, properties = request.get("properties") or {}, vault.body["properties"]
    for key in _CHANGEABLE:
        if asked.get(key) is not None:
            properties[key] = copy.deepcopy(asked[key])
    if "networkAcls" in properties:
        acls = normal_acls(properties.pop("networkAcls"))
        if acls:
            properties["networkAcls"] = acls
    if request.get("tags") is not None:
        vault.body["tags"] = dict(request["tags"])
    vault.body["systemData"].update(
        lastModifiedBy=world.ids.principal(CALLER),
        lastModifiedByType="Application",
        lastModifiedAt=moment(world.clock.now()),
    )


def normal_acls(acls: dict[str, Any]) -> dict[str, Any] | None:
    """[REC] A firewall that lets everything in is not shown; addresses come back as CIDR, subnet ids in lower case."""
    if (
        str(acls.get("defaultAction") or "Allow") == "Allow"
        and not acls.get("ipRules")
        and not acls.get("virtualNetworkRules")
    ):
        return None
    return {
        "bypass": acls.get("bypass") or "AzureServices",
        "defaultAction": acls.get("defaultAction") or "Allow",
        "ipRules": [
            {"value": str(ipaddress.ip_network(rule["value"], strict=False))} for rule in acls.get("ipRules") or []
        ],
        "virtualNetworkRules": [{"id": rule["id"].lower()} for rule in acls.get("virtualNetworkRules") or []],
    }


def shown(world: EmulatedWorld, vault: Resource, api_version: str) -> dict[str, Any]:
    """[REC] A new vault is `RegisteringDns` for a while, and its vaultUri then has no closing slash."""
    ready = vault.created + timedelta(seconds=world.spec.delays.vault) <= world.clock.now()
    return of_version(vault.body if ready else as_created(vault), api_version)


def of_version(body: dict[str, Any], api_version: str) -> dict[str, Any]:
    """[REC] What the version of 2019 and the preview of 2021 do not show."""
    properties = {name: value for name, value in body["properties"].items() if name != "publicNetworkAccess"}
    older = {**body, "properties": properties} if api_version <= _WITHOUT_PUBLIC_ACCESS else body
    return {name: value for name, value in older.items() if name != "systemData" or api_version > _WITHOUT_SYSTEM_DATA}


def as_created(vault: Resource) -> dict[str, Any]:
    """What the PUT of a new vault answers."""
    properties = vault.body["properties"]
    fresh = {"provisioningState": "RegisteringDns", "vaultUri": properties["vaultUri"].rstrip("/")}
    return {**vault.body, "properties": {**properties, **fresh}}


def named(world: EmulatedWorld, name: str) -> Resource | None:
    """The vault of this name in any group; vault names are unique in all of Azure."""
    return next((one for one in world.resources.under("/", VAULTS) if same_id(name_of(one.id), name)), None)


def deleted_named(world: EmulatedWorld, name: str) -> DeletedVault | None:
    """The soft-deleted vault of this name; one whose retention has run out is purged by looking at it."""
    return next((one for one in all_deleted(world) if same_id(name_of(one.id), name)), None)


def all_deleted(world: EmulatedWorld) -> list[DeletedVault]:
    """The soft-deleted vaults, the first deleted first."""
    found = [one for one in world.resources if isinstance(one, DeletedVault)]
    for one in found:
        if one.body["properties"]["scheduledPurgeDate"] <= world.clock.now().strftime(_SECONDS):
            purge(world, one)
    return [one for one in found if world.resources.get(one.id) is one]


def delete(world: EmulatedWorld, vault: Resource) -> None:
    """[REC] The name and the keys stay for as long as the retention says."""
    now = world.clock.now()
    properties = vault.body["properties"]
    location, name = vault.body["location"], vault.body["name"]
    deleted_id = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/{location}/deletedVaults/{name}"
    until = now + timedelta(days=properties["softDeleteRetentionInDays"])
    about: dict[str, Any] = {
        "vaultId": vault.id,
        "location": location,
        "tags": vault.body["tags"],
        "deletionDate": now.strftime(_SECONDS),
        "scheduledPurgeDate": until.strftime(_SECONDS),
    }
    if properties.get("enablePurgeProtection"):
        about["purgeProtectionEnabled"] = True
    body = {"id": deleted_id, "name": name, "type": "Microsoft.KeyVault/deletedVaults", "properties": about}
    world.resources.remove(vault.id)
    world.resources.put(DeletedVault(deleted_id, body, now, vault))


def recover(world: EmulatedWorld, deleted: DeletedVault) -> Resource:
    """The vault as it was, private endpoints and access policies included."""
    world.resources.remove(deleted.id)
    return world.resources.put(deleted.vault)


def purge(world: EmulatedWorld, deleted: DeletedVault) -> None:
    """For ever, with all keys."""
    world.resources.remove(deleted.id)
    world.keyvault.forget_vault(host_of(deleted.vault.body["name"]))
