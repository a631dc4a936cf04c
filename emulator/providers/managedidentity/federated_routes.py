"""Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.managedidentity import federated

ROUTES = Routes()
_IDENTITY = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    "/{identity}"
)
_ALL = f"{_IDENTITY}/{federated.SEGMENT}"
_ONE = f"{_ALL}/{{credential}}"


def _parent(call: Call) -> Resource:
    """The identity. Raises Refusal: 404 ParentResourceNotFound [REC: of another type]."""
    own = "/".join(call.path.split("/")[:9])
    found = call.world.resources.get(own)
    if found is None:
        kind = federated.CREDENTIALS.partition("/")[2]
        message = f"Failed to perform 'read' on resource(s) of type '{kind}', because the parent resource '{own}' "
        raise arm_error(404, "ParentResourceNotFound", f"{message}could not be found.", gateway=True)
    return found


@ROUTES.route("GET", _ALL)
def list_credentials(call: Call) -> Answer:
    return Answer(200, {"value": [one.body for one in federated.all_of(call.world, _parent(call))]})


@ROUTES.route("GET", _ONE)
def get_credential(call: Call) -> Answer:
    _parent(call)
    found = call.world.resources.get(call.path)
    if found is None:
        name = f"{call.params['identity']}/{call.params['credential']}"
        raise resource_not_found(federated.CREDENTIALS, name, call.params["group"])
    return Answer(200, found.body)


@ROUTES.route("PUT", _ONE)
def put_credential(call: Call) -> Answer:
    """[REC] 201 with a relative `location`, which is no long-running operation; 200 when it was there."""
    identity, properties = _parent(call), (call.json() or {}).get("properties") or {}
    there = call.world.resources.get(call.path) is not None
    now = call.world.clock.now()
    made = federated.put(call.world, identity, call.params["credential"], properties, now)
    return Answer(200, made.body) if there else Answer(201, made.body, {"location": made.id})


@ROUTES.route("DELETE", _ONE)
def delete_credential(call: Call) -> Answer:
    """[REC] 200; [SPEC] 204 when there was none."""
    if call.world.resources.get(call.path) is None:
        return Answer(204)
    call.world.resources.remove(call.path)
    return Answer(200)
