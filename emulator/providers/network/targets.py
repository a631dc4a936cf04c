"""What private endpoints lead to. A vault keeps its side of the connection in its own document and decides about it;
of everything else the emulator knows that it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import name_of
from emulator.providers.keyvault import connections
from emulator.providers.keyvault.vaults import VAULTS, host_of

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

APPROVAL = {VAULTS.lower(): f"{VAULTS}/privateEndpointConnectionsApproval/action"}
ZONES = {VAULTS.lower(): "privatelink.vaultcore.azure.net"}
"""[D] The zone in which the names of a target's endpoints are looked up."""
_OTHER_NAMES = {
    "microsoft.storage/storageaccounts": ("{name}.{group}.core.windows.net",),
    "microsoft.containerregistry/registries": ("{name}.{location}.data.azurecr.io", "{name}.azurecr.io"),
    "microsoft.sql/servers": ("{name}.database.windows.net",),
}
_APPROVED = {"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}
_PENDING = {"status": "Pending", "description": "Awaiting approval", "actionsRequired": "None"}
_GONE = {"status": "Disconnected", "description": "", "actionsRequired": "None"}


def type_of(target_id: str) -> str:
    """`microsoft.keyvault/vaults`."""
    return "/".join(target_id.lower().rpartition("/providers/")[2].split("/")[:2])


def approval_action(target_id: str) -> str:
    """[D] The right that makes a connection approved from its beginning."""
    kind = target_id.rpartition("/providers/")[2].rpartition("/")[0]
    return APPROVAL.get(kind.lower(), f"{kind}/privateEndpointConnectionsApproval/action")


def connect(world: EmulatedWorld, endpoint_id: str, target_id: str, approved: bool) -> dict[str, Any]:
    """[REC] The target has the connection from the first moment, Approved or Pending. Answers its state."""
    vault = _vault(world, target_id)
    if vault is None:
        return dict(_APPROVED if approved else _PENDING)
    connections.connect(world, vault, endpoint_id, "Approved" if approved else "Pending")
    return state(world, endpoint_id, target_id, {})


def state(world: EmulatedWorld, endpoint_id: str, target_id: str, elsewhere: dict[str, Any]) -> dict[str, Any]:
    """[REC] A later decision of the target shows at the endpoint. [D] Disconnected: the target's side is gone. For a
    target that decides nothing here it is `elsewhere`."""
    if world.resources.get(target_id) is None:
        return _GONE
    vault = _vault(world, target_id)
    if vault is None:
        return elsewhere
    connection = connections.connection_of(vault, endpoint_id)
    if connection is None:
        return _GONE
    return {"description": "", **connection["properties"]["privateLinkServiceConnectionState"]}


def disconnect(world: EmulatedWorld, endpoint_id: str, target_id: str) -> None:
    """[INF] The target's side goes with the endpoint."""
    vault = _vault(world, target_id)
    connection = connections.connection_of(vault, endpoint_id) if vault else None
    if vault is not None and connection is not None:
        connections.disconnect(world, vault, connection)


def names(target: Resource, groups: Sequence[str]) -> list[str]:
    """[REC] By which names a target is called through an endpoint, one address each."""
    name, kind = name_of(target.id), type_of(target.id)
    if kind == VAULTS.lower():
        return [host_of(name)]
    known = {"name": name, "group": next(iter(groups), ""), "location": target.body.get("location", "")}
    return [pattern.format(**known) for pattern in _OTHER_NAMES.get(kind, ())]


def _vault(world: EmulatedWorld, target_id: str) -> Resource | None:
    return world.resources.get(target_id) if type_of(target_id) == VAULTS.lower() else None
