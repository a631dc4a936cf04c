"""Private endpoint connections of a vault: they live in the vault's own document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import name_of, same_id

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_LIST = "privateEndpointConnections"


def connections_of(vault: Resource) -> list[dict[str, Any]]:
    """[REC] Absent from a vault that has none."""
    found: list[dict[str, Any]] = vault.body["properties"].get(_LIST) or []
    return found


def connection_named(vault: Resource, name: str) -> dict[str, Any] | None:
    return next((one for one in connections_of(vault) if same_id(name_of(one["id"]), name)), None)


def connection_of(vault: Resource, endpoint_id: str) -> dict[str, Any] | None:
    """The connection of a private endpoint."""
    found = connections_of(vault)
    return next((one for one in found if same_id(one["properties"]["privateEndpoint"]["id"], endpoint_id)), None)


def connect(world: EmulatedWorld, vault: Resource, endpoint_id: str, status: str = "Pending") -> dict[str, Any]:
    """A private endpoint asks for this vault: the connection is Pending until somebody approves it, or Approved from
    the beginning. [REC] It has no etag and no description until somebody decides about it."""
    name = world.ids.uuid("privateEndpointConnection", vault.id.lower(), endpoint_id.lower()).replace("-", "")
    connection = {
        "id": f"{vault.id}/privateEndpointConnections/{name}",
        "properties": {
            "provisioningState": "Succeeded",
            "privateEndpoint": {"id": endpoint_id},
            "privateLinkServiceConnectionState": {"status": status, "actionsRequired": "None"},
        },
    }
    vault.body["properties"].setdefault(_LIST, []).append(connection)
    return connection


def decide(world: EmulatedWorld, connection: dict[str, Any], request: dict[str, Any]) -> None:
    """[REC] Approves or rejects: only the connection's state is taken from the request."""
    wanted = (request.get("properties") or {}).get("privateLinkServiceConnectionState") or {}
    state = connection["properties"]["privateLinkServiceConnectionState"]
    state.update({key: wanted[key] for key in ("status", "description") if key in wanted})
    connection["etag"] = world.ids.next("etag").replace("-", "")
    world.endpoint_decided(connection["properties"]["privateEndpoint"]["id"])


def disconnect(world: EmulatedWorld, vault: Resource, connection: dict[str, Any]) -> None:
    """Removes a connection; the list goes with its last one."""
    rest = [one for one in connections_of(vault) if one is not connection]
    vault.body["properties"].pop(_LIST)
    if rest:
        vault.body["properties"][_LIST] = rest
    world.endpoint_decided(connection["properties"]["privateEndpoint"]["id"])


def document(vault: Resource, connection: dict[str, Any]) -> dict[str, Any]:
    """The connection as a resource of its own [REC]; inside the vault it has neither name nor type nor location."""
    return {
        "id": connection["id"],
        "name": name_of(connection["id"]),
        "type": "Microsoft.KeyVault/vaults/privateEndpointConnections",
        "location": vault.body["location"],
        **{key: value for key, value in connection.items() if key != "id"},
    }
