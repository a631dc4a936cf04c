"""User-assigned identities: an ARM resource with a service principal behind it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import same_id
from emulator.worlds.spec import LOCATION, SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"


def identity_id(subscription: str, group: str, name: str) -> str:
    """[REC] This provider writes `resourcegroups` in lower case."""
    return f"/subscriptions/{subscription}/resourcegroups/{group}/providers/{IDENTITIES}/{name}"


def create(world: EmulatedWorld, group: str, name: str, principal_id: str, created: datetime) -> Resource:
    """A new identity with the service principal `principal_id` (an object id)."""
    new_id = identity_id(SUBSCRIPTION, group, name)
    body: dict[str, Any] = {
        "location": LOCATION,
        "tags": {},
        "id": new_id,
        "name": name,
        "type": IDENTITIES,
        "properties": {
            "tenantId": TENANT,
            "principalId": principal_id,
            "clientId": world.ids.uuid("client", principal_id),
        },
    }
    return world.resources.put(Resource(new_id, body, created))


def with_principal(world: EmulatedWorld, principal_id: str) -> Resource | None:
    """The identity whose service principal has this object id."""
    identities = world.resources.under("/", IDENTITIES)
    return next((one for one in identities if same_id(one.body["properties"]["principalId"], principal_id)), None)
