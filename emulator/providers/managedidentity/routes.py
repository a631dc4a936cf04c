"""Microsoft.ManagedIdentity/userAssignedIdentities, and what is below them."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.managedidentity import federated_routes, identities
from emulator.worlds.spec import LOCATION

ROUTES = Routes()
ROUTES.routes += federated_routes.ROUTES.routes
_WITH_SECRET_URL = "2015-08-31-preview"
_TYPE = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_IDENTITY = _GROUP + _TYPE + "/{identity}"


def _found(call: Call) -> Resource:
    identity = call.world.resources.get(call.path)
    if identity is None:
        raise resource_not_found(identities.IDENTITIES, call.params["identity"], call.params["group"])
    return identity


def _shown(call: Call, identity: Resource) -> dict[str, Any]:
    """[REC] The first version also shows where the identity's certificate is to be had."""
    if call.query["api-version"] != _WITH_SECRET_URL:
        return identity.body
    url = f"https://control-{LOCATION}.identity.emulator.test{identity.id}/credentials"
    return {**identity.body, "properties": {**identity.body["properties"], "clientSecretUrl": url}}


@ROUTES.route("GET", "/subscriptions/{subscription}" + _TYPE)
@ROUTES.route("GET", _GROUP + _TYPE)
def list_identities(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    return Answer(
        200, {"value": [_shown(call, one) for one in call.world.resources.under(scope, identities.IDENTITIES)]}
    )


@ROUTES.route("GET", _IDENTITY)
def get_identity(call: Call) -> Answer:
    return Answer(200, _shown(call, _found(call)))


@ROUTES.route("PUT", _IDENTITY)
def put_identity(call: Call) -> Answer:
    """[REC] 201 with a relative `location`, which is no long-running operation; 200 when it was there."""
    request = call.json() or {}
    world, existing = call.world, call.world.resources.get(call.path)
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if existing is not None:
        existing.body["tags"] = request.get("tags") or {}
        return Answer(200, _shown(call, existing))
    principal_id = world.ids.next("principal")
    created = identities.create(world, call.params["group"], call.params["identity"], principal_id, world.clock.now())
    created.body.update(location=request["location"], tags=request.get("tags") or {})
    return Answer(201, _shown(call, created), {"location": created.id})


@ROUTES.route("PATCH", _IDENTITY)
def patch_identity(call: Call) -> Answer:
    identity = _found(call)
    identity.body["tags"] = (call.json() or {}).get("tags") or {}
    return Answer(200, _shown(call, identity))


@ROUTES.route("DELETE", _IDENTITY)
def delete_identity(call: Call) -> Answer:
    """[D] 200, or 204 when there was none; its federated credentials go with it."""
    if call.world.resources.get(call.path) is None:
        return Answer(204)
    call.world.resources.remove_all(call.path)
    return Answer(200)
