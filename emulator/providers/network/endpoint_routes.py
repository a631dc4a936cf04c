"""privateEndpoints, and the network interfaces that they make."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import resource_not_found
from emulator.providers.network import endpoint_rules, endpoints, operations, refusals, zonegroups
from emulator.providers.network.endpoints import Endpoint
from emulator.providers.network.interfaces import INTERFACES
from emulator.providers.network.subnets import ENDPOINTS

ROUTES = Routes()
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
ENDPOINT = _GROUP + "/providers/Microsoft.Network/privateEndpoints/{endpoint}"
_INTERFACES = "/providers/Microsoft.Network/networkInterfaces"


def found_at(call: Call) -> Endpoint | None:
    """The endpoint in the path, or that of what is in the path."""
    found = call.world.resources.get("/".join(call.path.split("/")[:9]))
    return found if isinstance(found, Endpoint) else None


def endpoint_of(call: Call) -> Endpoint:
    """Raises Refusal: 404 ResourceNotFound."""
    found = found_at(call)
    if found is None:
        raise resource_not_found(ENDPOINTS, call.params["endpoint"], call.params["group"])
    return found


@ROUTES.route("GET", _SUBSCRIPTION + "/providers/Microsoft.Network/privateEndpoints")
@ROUTES.route("GET", _GROUP + "/providers/Microsoft.Network/privateEndpoints")
def list_endpoints(call: Call) -> Answer:
    scope, version = call.path.lower().partition("/providers/")[0], call.query["api-version"]
    found = [one for one in call.world.resources.under(scope, ENDPOINTS) if isinstance(one, Endpoint)]
    return Answer(200, {"value": [endpoints.shown(call.world, one, version) for one in found]})


@ROUTES.route("GET", ENDPOINT)
def get_endpoint(call: Call) -> Answer:
    endpoint = endpoint_of(call)
    body = endpoints.shown(call.world, endpoint, call.query["api-version"])
    return Answer(200, body, {"ETag": endpoint.body["etag"]})


@ROUTES.route("PUT", ENDPOINT)
def put_endpoint(call: Call) -> Answer:
    """[REC] 201 or 200, Updating; the interface has its name already."""
    world, request, existing = call.world, call.json() or {}, found_at(call)
    own = endpoints.endpoint_id(call.params["subscription"], call.params["group"], call.params["endpoint"])
    endpoint_rules.refuse_bad(call, own, request, existing)
    if existing is None:
        endpoint = endpoints.create(world, own, request, world.clock.now())
    else:
        endpoint = existing
        operations.refuse_while_busy(call, endpoint.id)
        refusals.refuse_unless_matching(call, endpoint.body["etag"])
        endpoints.replace(world, endpoint, request)
    operation = operations.begin(call, endpoint, lambda: endpoints.mark(world, endpoint, "Succeeded"))
    body = endpoints.shown(world, endpoint, call.query["api-version"])
    return operations.put_answer(call, 200 if existing else 201, body, operation)


@ROUTES.route("DELETE", ENDPOINT)
def delete_endpoint(call: Call) -> Answer:
    """[REC] 202; 204 when there was none [SPEC]. [ISS] The records of its zone groups go too."""
    world, endpoint = call.world, found_at(call)
    if endpoint is None:
        return Answer(204)
    operations.refuse_while_busy(call, endpoint.id)

    def finish() -> None:
        zonegroups.remove_all(world, endpoint)
        endpoints.remove(world, endpoint)

    endpoint.properties["provisioningState"] = "Deleting"
    return operations.delete_answer(call, operations.begin(call, endpoint, finish))


@ROUTES.route("GET", _SUBSCRIPTION + _INTERFACES)
@ROUTES.route("GET", _GROUP + _INTERFACES)
def list_interfaces(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    return Answer(200, {"value": [one.body for one in call.world.resources.under(scope, INTERFACES)]})


def _interface(call: Call) -> Resource:
    found = call.world.resources.get(call.path)
    if found is None:
        raise resource_not_found(INTERFACES, call.params["interface"], call.params["group"])
    return found


@ROUTES.route("GET", _GROUP + _INTERFACES + "/{interface}")
def get_interface(call: Call) -> Answer:
    found = _interface(call)
    return Answer(200, found.body, {"ETag": found.body["etag"]})


@ROUTES.route("DELETE", _GROUP + _INTERFACES + "/{interface}")
def delete_interface(call: Call) -> Answer:
    """[ISS] That of an endpoint goes only with it; there are no others here. 204 when there was none [SPEC]."""
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(204)
    message = f"Network interface {found.id} cannot be deleted because it is currently in use with an private endpoint "
    raise refusals.network_error(400, "NicInUseWithPrivateEndpoint", f"{message}({found.body.get('managedBy')}).")
