"""Microsoft.Network/privateDnsZones. Record sets and links have modules of their own."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import OperationFailed
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.privatedns import links, refusals, zones
from emulator.providers.privatedns.link_routes import declare_link_routes
from emulator.providers.privatedns.operations import NETWORK, accepted, declare_operation_routes
from emulator.providers.privatedns.record_routes import declare_record_routes

ROUTES = Routes()
_ZONES = NETWORK + "/privateDnsZones"
_ZONE = _ZONES + "/{zone}"


@ROUTES.route("GET", "/subscriptions/{subscription}/providers/Microsoft.Network/privateDnsZones")
@ROUTES.route("GET", _ZONES)
def list_zones(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    return Answer(200, {"value": [zones.shown(call.world, zone) for zone in zones.all_zones(call.world, scope)]})


@ROUTES.route("GET", _ZONE)
def get_zone(call: Call) -> Answer:
    """[REC] The etag, a bare GUID, is a header too."""
    zone = _found(call)
    return Answer(200, zones.shown(call.world, zone), {"ETag": zone.body["etag"]})


@ROUTES.route("PUT", _ZONE)
def put_zone(call: Call) -> Answer:
    """[REC] Everything happens inside the operation, the failure of If-None-Match and If-Match included."""
    request, world = call.json() or {}, call.world
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if request["location"].lower() != "global":
        raise refusals.bad_request(f"The resource location '{request['location']}' is not 'global'.")
    if not zones.name_is_valid(call.params["zone"]):
        raise refusals.bad_request(f"The zone name '{call.params['zone']}' is not valid: it has 2 to 34 labels.")
    wanted_id = _wanted_id(call)

    def finish() -> None:
        existing = world.resources.get(wanted_id)
        _refuse_too_late(call, existing)
        if existing is None:
            zones.create(world, wanted_id, request, world.clock.now())
        else:
            zones.change(world, existing, request)

    return accepted(call, Resource(wanted_id, {}, world.clock.now()), finish, {})


@ROUTES.route("PATCH", _ZONE)
def patch_zone(call: Call) -> Answer:
    zone, request = _found(call), call.json() or {}

    def finish() -> None:
        _refuse_too_late(call, zone)
        zones.change(call.world, zone, request, whole=False)

    return accepted(call, zone, finish, {})


@ROUTES.route("DELETE", _ZONE)
def delete_zone(call: Call) -> Answer:
    """[REC] 202, 204 when it is not there. Record sets go with it, links do not."""
    world, zone = call.world, call.world.resources.get(_wanted_id(call))
    if zone is None:
        return Answer(204)
    if nested := [link.id for link in zones.links_of(world, zone)]:
        raise refusals.nested_resources(nested)

    def finish() -> None:
        _refuse_too_late(call, zone)
        world.resources.remove_all(zone.id)

    return accepted(call, zone, finish)


def _found(call: Call) -> Resource:
    zone = call.world.resources.get(_wanted_id(call))
    if zone is None:
        raise resource_not_found(zones.ZONES, call.params["zone"], call.params["group"])
    return zone


def _wanted_id(call: Call) -> str:
    return zones.zone_id(call.params["subscription"], call.params["group"], call.params["zone"])


def _refuse_too_late(call: Call, existing: Resource | None) -> None:
    """Raises OperationFailed: PreconditionFailed."""
    if why := zones.too_late(existing, call.headers, f"The Zone {call.params['zone']}"):
        raise OperationFailed("PreconditionFailed", why)


def _shown(call: Call, made: Resource) -> dict[str, Any]:
    if isinstance(made, links.Link):
        return links.shown(call.world, made, call.query["api-version"])
    return zones.shown(call.world, made)


declare_operation_routes(ROUTES, _shown)
declare_record_routes(ROUTES, _ZONE)
declare_link_routes(ROUTES, _ZONE)
