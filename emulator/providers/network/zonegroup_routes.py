"""privateEndpoints/privateDnsZoneGroups."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.ids import name_of, same_id
from emulator.providers.network import operations, refusals, zonegroups
from emulator.providers.network.endpoint_routes import ENDPOINT, endpoint_of, found_at
from emulator.providers.network.refusals import network_error

ROUTES = Routes()
_GROUPS = ENDPOINT + "/privateDnsZoneGroups"
_GROUP = _GROUPS + "/{zonegroup}"
_JOIN = "Microsoft.Network/privateDnsZones/join/action"
_MOST = 5


@ROUTES.route("GET", _GROUPS)
def list_groups(call: Call) -> Answer:
    found = zonegroups.groups_of(call.world, endpoint_of(call))
    return Answer(200, {"value": [one.body for one in found]})


@ROUTES.route("GET", _GROUP)
def get_group(call: Call) -> Answer:
    """Raises Refusal: 404 NotFound [INF: as for a subnet]."""
    endpoint = endpoint_of(call)
    found = call.world.resources.get(call.path)
    if found is None:
        raise refusals.child_not_found(f"{endpoint.id}/privateDnsZoneGroups/{call.params['zonegroup']}")
    return Answer(200, found.body, {"ETag": found.body["etag"]})


@ROUTES.route("PUT", _GROUP)
def put_group(call: Call) -> Answer:
    """[REC] 201 or 200, Updating; no record is written yet."""
    world, endpoint, request = call.world, endpoint_of(call), call.json() or {}
    own = f"{endpoint.id}/privateDnsZoneGroups/{call.params['zonegroup']}"
    existing = world.resources.get(own)
    _refuse_second(call, endpoint, own)
    _refuse_bad(call, own, (request.get("properties") or {}).get("privateDnsZoneConfigs") or [])
    operations.refuse_while_busy(call, endpoint.id, own)
    group = zonegroups.put(world, endpoint, call.params["zonegroup"], request)
    about = Resource(own, endpoint.body, world.clock.now())
    operation = operations.begin(call, about, lambda: zonegroups.finish(world, endpoint, group))
    return operations.put_answer(call, 200 if existing else 201, group.body, operation)


def _refuse_second(call: Call, endpoint: Resource, own: str) -> None:
    """Raises Refusal: 400 MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed [ISS]."""
    if any(not same_id(one.id, own) for one in zonegroups.groups_of(call.world, endpoint)):
        raise network_error(
            400,
            "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
            f"Cannot create more than one private dns zone groups in the private endpoint {endpoint.body['name']}",
        )


def _refuse_bad(call: Call, own: str, configurations: list[dict[str, Any]]) -> None:
    """Raises Refusal: 400 for more than five zones [D], two of one name [ISS], one that is not there [INF]; 403 without
    the right to join a zone [3P]."""
    zones = [str((one.get("properties") or {}).get("privateDnsZoneId") or "") for one in configurations]
    if len(zones) > _MOST:
        raise network_error(400, "InvalidRequestFormat", f"Zone group {own} has more than {_MOST} zones.")
    for names in ([str(one.get("name")) for one in configurations], [name_of(zone) for zone in zones]):
        if len({name.lower() for name in names}) < len(names):
            alike = {"code": "DuplicateResourceName", "message": f"Resource {own} has two children of one name."}
            raise network_error(400, "InvalidRequestFormat", "Cannot parse the request.", alike)
    for zone in zones:
        refusals.refuse_unless_linked(call, f"{zonegroups.ZONE_GROUPS}/write", own, _JOIN, zone)
        refusals.referenced(call, zone, own)


@ROUTES.route("DELETE", _GROUP)
def delete_group(call: Call) -> Answer:
    """[REC] 202; 204 when there was none [SPEC]."""
    world, endpoint, group = call.world, found_at(call), call.world.resources.get(call.path)
    if endpoint is None or group is None:
        return Answer(204)
    operations.refuse_while_busy(call, endpoint.id, group.id)
    about = Resource(group.id, endpoint.body, world.clock.now())
    operation = operations.begin(call, about, lambda: zonegroups.remove(world, endpoint, group))
    return operations.delete_answer(call, operation)
