"""Resource groups."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error
from emulator.providers.ids import group_id
from emulator.worlds.spec import LOCATION, SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

GROUPS = "Microsoft.Resources/resourceGroups"


def create(world: EmulatedWorld, name: str, created: datetime, **more: Any) -> Resource:
    """A resource group; `more` are further members of its body (`tags`, `managedBy`, `location`)."""
    return create_in(world, SUBSCRIPTION, name, created, **more)


def create_in(world: EmulatedWorld, subscription: str, name: str, created: datetime, **more: Any) -> Resource:
    """As `create`, in any subscription."""
    new_id = group_id(subscription, name)
    body = {
        "id": new_id,
        "name": name,
        "type": GROUPS,
        "location": LOCATION,
        "properties": {"provisioningState": "Succeeded"},
        **more,
    }
    return world.resources.put(Resource(new_id, body, created))


def all_groups(world: EmulatedWorld) -> list[Resource]:
    """In the order of their creation."""
    return [one for one in world.resources if one.body.get("type") == GROUPS]


def require(world: EmulatedWorld, subscription: str, name: str) -> Resource:
    """The group. Raises Refusal: 404 ResourceGroupNotFound."""
    group = world.resources.get(group_id(subscription, name))
    if group is None:
        message = f"Resource group '{name}' could not be found."
        raise arm_error(404, "ResourceGroupNotFound", message, gateway=True)
    return group
