"""Microsoft.Network/privateDnsZones/{A, AAAA, ...}: record sets. What changes them is done at once."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.privatedns import records, refusals, zones


def declare_record_routes(routes: Routes, zone: str) -> None:
    """Adds the routes below `zone`, the template of a zone's path."""
    _declare_list_routes(routes, zone)
    for record_type in zones.RECORD_TYPES:
        _declare_routes_of(routes, zone, record_type)


def _declare_list_routes(routes: Routes, zone: str) -> None:
    @routes.route("GET", zone + "/ALL")
    def list_all(call: Call) -> Answer:
        """[REC] All types together."""
        return _page(call, list(zones.records_of(call.world, _zone_of(call, "read", "ALL"))))

    for record_type in zones.RECORD_TYPES:

        @routes.route("GET", f"{zone}/{record_type}")
        def list_of_type(call: Call, record_type: str = record_type) -> Answer:
            return _page(call, list(call.world.resources.children(_zone_of(call, "read", record_type).id, record_type)))


def _page(call: Call, found: list[Resource]) -> Answer:
    """[SPEC] `$recordsetnamesuffix` and `$top` choose; there is no second page [OWN]."""
    suffix, most = call.query.get("$recordsetnamesuffix", "").lower(), call.query.get("$top", "")
    wanted = [one.body for one in found if one.body["name"].lower().endswith(suffix)]
    return Answer(200, {"value": wanted[: int(most)] if most.isdecimal() else wanted})


def _declare_routes_of(routes: Routes, zone: str, record_type: str) -> None:
    template = f"{zone}/{record_type}/{{record}}"

    @routes.route("GET", template)
    def get_record_set(call: Call) -> Answer:
        """[REC] The etag, a bare GUID, is a header too."""
        found = _found(call, record_type)
        return Answer(200, found.body, {"ETag": found.body["etag"]})

    @routes.route("PUT", template)
    def put_record_set(call: Call) -> Answer:
        """[REC] 201 when it is new, else 200."""
        parent = _zone_of(call, "write", record_type)
        existing = call.world.resources.get(records.record_id(parent, record_type, call.params["record"]))
        _refuse_too_late(call, existing)
        return _put(call, parent, record_type, _asked(call), 200 if existing else 201)

    @routes.route("PATCH", template)
    def patch_record_set(call: Call) -> Answer:
        """[SPEC] What it does not name stays."""
        existing = _found(call, record_type)
        _refuse_too_late(call, existing)
        kept = existing.body["properties"]
        return _put(call, _zone_of(call, "write", record_type), record_type, {**kept, **_asked(call)}, 200)

    @routes.route("DELETE", template)
    def delete_record_set(call: Call) -> Answer:
        """[REC] 200; 204 when it is not there [D]. The SOA record set lives as long as its zone [D]."""
        existing = call.world.resources.get(call.path.rstrip("/"))
        if existing is None:
            return Answer(204)
        if record_type == "SOA":
            raise refusals.bad_request("The record set of type 'SOA' cannot be deleted.")
        _refuse_too_late(call, existing)
        call.world.resources.remove(existing.id)
        return Answer(200)


def _put(call: Call, zone: Resource, record_type: str, asked: dict[str, Any], status: int) -> Answer:
    where = (record_type, call.params["record"])
    made = records.put(call.world, zone, where, asked, call.world.clock.now())
    return Answer(status, made.body, {"ETag": made.body["etag"]})


def _asked(call: Call) -> dict[str, Any]:
    asked: dict[str, Any] = (call.json() or {}).get("properties") or {}
    return asked


def _zone_of(call: Call, verb: str, record_type: str) -> Resource:
    """Raises Refusal: 404 ParentResourceNotFound [REC]."""
    wanted = zones.zone_id(call.params["subscription"], call.params["group"], call.params["zone"])
    found = call.world.resources.get(wanted)
    if found is None:
        raise refusals.parent_not_found(verb, f"privateDnsZones/{record_type}", wanted)
    return found


def _found(call: Call, record_type: str) -> Resource:
    """Raises Refusal: 404, flat [REC]."""
    zone = _zone_of(call, "read", record_type)
    found = call.world.resources.get(records.record_id(zone, record_type, call.params["record"]))
    if found is None:
        raise _not_found(call)
    return found


def _not_found(call: Call) -> Refusal:
    return refusals.dns_error(
        404,
        "NotFound",
        f"The resource record '{call.params['record']}' does not exist in resource group '{call.params['group']}' of "
        f"subscription '{call.params['subscription']}'.",
    )


def _refuse_too_late(call: Call, existing: Resource | None) -> None:
    """Raises Refusal: 412, flat [REC]."""
    if why := zones.too_late(existing, call.headers, f"The Record set {call.params['record']}"):
        raise refusals.dns_error(412, "PreconditionFailed", why)
