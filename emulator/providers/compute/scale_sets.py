"""Scale sets: the machines of a node pool, and the identities that programs on them may work as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, same_id
from emulator.worlds.spec import SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"


@dataclass(frozen=True)
class Machines:
    """What a scale set has: `prefix` is the beginning of its machines' names, `os` Linux or Windows."""

    prefix: str
    size: str
    count: int
    os: str = "Linux"


def scale_set_id(group: str, name: str) -> str:
    """[D] This provider writes `resourceGroups`."""
    return f"{group_id(SUBSCRIPTION, group)}/providers/{SCALE_SETS}/{name}"


def create(
    world: EmulatedWorld, new_id: str, request: dict[str, Any], machines: Machines, created: datetime
) -> Resource:
    """A scale set as AKS makes them; `request` has location and tags. [SPEC] The shape. [D] The upgrade mode."""
    disk = {"osType": machines.os, "createOption": "FromImage", "caching": "ReadOnly"}
    body: dict[str, Any] = {
        "name": new_id.rpartition("/")[2],
        "id": new_id,
        "type": SCALE_SETS,
        **request,
        "sku": {"name": machines.size, "tier": "Standard", "capacity": machines.count},
        "properties": {
            "provisioningState": "Succeeded",
            "orchestrationMode": "Uniform",
            "overprovision": False,
            "singlePlacementGroup": False,
            "upgradePolicy": {"mode": "Manual"},
            "uniqueId": world.ids.uuid("scale set", new_id.lower()),
            "virtualMachineProfile": {
                "osProfile": {"computerNamePrefix": machines.prefix},
                "storageProfile": {"osDisk": disk},
            },
        },
    }
    return world.resources.put(Resource(new_id, body, created))


def identities_of(scale_set: Resource) -> tuple[str, ...]:
    """The ids of the user-assigned identities, as they were written."""
    return tuple((scale_set.body.get("identity") or {}).get("userAssignedIdentities") or ())


def assign(world: EmulatedWorld, scale_set: Resource, identity_id: str) -> None:
    """Gives the machines one identity more."""
    if not any(same_id(one, identity_id) for one in identities_of(scale_set)):
        _set(world, scale_set, (*identities_of(scale_set), identity_id), system=_has_system(scale_set))


def take_away(world: EmulatedWorld, scale_set: Resource, identity_id: str) -> None:
    """The machines have it no more."""
    kept = [one for one in identities_of(scale_set) if not same_id(one, identity_id)]
    _set(world, scale_set, kept, system=_has_system(scale_set))


def change_identity(world: EmulatedWorld, scale_set: Resource, asked: dict[str, Any], *, whole: bool) -> None:
    """[SPEC] What a request says of the identity. A PATCH adds what it names and removes what it sets to null; with a
    PUT (`whole`) the rest is gone."""
    kind = str(asked.get("type") or "None")
    named = dict.fromkeys(() if whole else identities_of(scale_set), True)
    for identity_id, value in (asked.get("userAssignedIdentities") or {}).items():
        own = next((one for one in named if same_id(one, identity_id)), identity_id)
        named[own] = value is not None
    wanted = [one for one, stays in named.items() if stays] if "UserAssigned" in kind else []
    _set(world, scale_set, wanted, system="SystemAssigned" in kind)


def _has_system(scale_set: Resource) -> bool:
    return "SystemAssigned" in str((scale_set.body.get("identity") or {}).get("type"))


def _set(world: EmulatedWorld, scale_set: Resource, identity_ids: list[str] | tuple[str, ...], *, system: bool) -> None:
    """[D] Without any there is no `identity`."""
    kinds = [name for name, there in (("SystemAssigned", system), ("UserAssigned", bool(identity_ids))) if there]
    scale_set.body.pop("identity", None)
    if not kinds:
        return
    identity: dict[str, Any] = {"type": ", ".join(kinds)}
    if system:
        identity |= {"principalId": world.ids.principal(scale_set.id.lower()), "tenantId": TENANT}
    if identity_ids:
        identity["userAssignedIdentities"] = {one: _ids(world, one) for one in identity_ids}
    scale_set.body["identity"] = identity


def _ids(world: EmulatedWorld, identity_id: str) -> dict[str, str]:
    found = world.resources.get(identity_id)
    properties = found.body["properties"] if found is not None else {}
    return {name: properties[name] for name in ("clientId", "principalId") if name in properties}
