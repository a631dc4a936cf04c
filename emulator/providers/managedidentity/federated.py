"""Federated identity credentials: whose tokens Entra takes for a user-assigned identity's own."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.errors import arm_error
from emulator.providers.managedidentity.identities import IDENTITIES

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

SEGMENT = "federatedIdentityCredentials"
CREDENTIALS = f"{IDENTITIES}/{SEGMENT}"
_MOST = 20
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{2,119}")


def put(world: EmulatedWorld, identity: Resource, name: str, properties: dict[str, Any], created: datetime) -> Resource:
    """A new credential, or other properties for one that is there: issuer, subject, audiences.

    Raises Refusal: 400 for what cannot be [D].
    """
    own = f"{identity.id}/{SEGMENT}/{name}"
    _refuse(world, identity, own, properties)
    found = world.resources.get(own)
    if found is None:
        found = world.resources.put(Resource(own, {"id": own, "name": name, "type": CREDENTIALS}, created))
    found.created = created
    found.body["properties"] = {key: properties[key] for key in ("issuer", "subject", "audiences")}
    return found


def all_of(world: EmulatedWorld, identity: Resource) -> list[Resource]:
    """In the order of their making."""
    return list(world.resources.children(identity.id, SEGMENT))


def _refuse(world: EmulatedWorld, identity: Resource, own: str, properties: dict[str, Any]) -> None:
    name = own.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise arm_error(400, "BadRequest", f"Federated Identity Credential name '{name}' is invalid.")
    if not properties.get("issuer") or not properties.get("subject"):
        raise arm_error(400, "BadRequest", "Federated Identity Credential from HTTP body has empty properties")
    if len(properties.get("audiences") or ()) != 1:
        raise arm_error(400, "BadRequest", "Federated identity credentials must have exactly 1 audience.")
    others = [one for one in all_of(world, identity) if one.id.lower() != own.lower()]
    if any(_same(one.body["properties"], properties) for one in others):
        raise arm_error(400, "BadRequest", "Issuer and subject combination already exists for this Managed Identity.")
    if len(others) >= _MOST:
        message = f"Too many Federated Identity Credentials for this Managed Identity: there may be {_MOST}."
        raise arm_error(400, "BadRequest", message)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("issuer", "subject"))
