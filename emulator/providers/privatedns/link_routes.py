"""Microsoft.Network/privateDnsZones/virtualNetworkLinks."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import OperationFailed
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import resource_not_found
from emulator.providers.privatedns import links, refusals, zones
from emulator.providers.privatedns.operations import accepted

_WRITE, _JOIN = f"{links.TYPE}/write", f"{links.NETWORKS}/join/action"


def declare_link_routes(routes: Routes, zone: str) -> None:
    """Adds the routes below `zone`, the template of a zone's path."""
    _declare_reading(routes, zone)
    _declare_changes(routes, zone)


def _declare_reading(routes: Routes, zone: str) -> None:
    @routes.route("GET", f"{zone}/virtualNetworkLinks")
    def list_links(call: Call) -> Answer:
        found = [link for link in zones.links_of(call.world, _zone_of(call, "read")) if isinstance(link, links.Link)]
        return Answer(200, {"value": [_shown(call, link) for link in found]})

    @routes.route("GET", f"{zone}/virtualNetworkLinks/{{link}}")
    def get_link(call: Call) -> Answer:
        """[REC] The etag is a header too."""
        link = _found(call)
        return Answer(200, _shown(call, link), {"ETag": link.body["etag"]})


def _declare_changes(routes: Routes, zone: str) -> None:
    template = f"{zone}/virtualNetworkLinks/{{link}}"

    @routes.route("PUT", template)
    def put_link(call: Call) -> Answer:
        """[REC] 202; that it is there already, and conflicts, are found out inside the operation."""
        return _put(call, _zone_of(call, "write"), call.json() or {})

    @routes.route("PATCH", template)
    def patch_link(call: Call) -> Answer:
        """[REC] 202; what it does not name stays [SPEC]."""
        body, request = _found(call).body, call.json() or {}
        whole = {"tags": body.get("tags"), **request}
        whole["properties"] = {**body["properties"], **(request.get("properties") or {})}
        return _put(call, _zone_of(call, "write"), whole)

    @routes.route("DELETE", template)
    def delete_link(call: Call) -> Answer:
        """[REC] 202; 204 when it is not there, or its zone is not."""
        world, link = call.world, call.world.resources.get(_wanted_id(call))
        if link is None:
            return Answer(204)

        def finish() -> None:
            _refuse_too_late(call, link)
            world.resources.remove(link.id)

        return accepted(call, link, finish)


def _put(call: Call, zone: Resource, request: dict[str, Any]) -> Answer:
    world, wanted_id = call.world, _wanted_id(call)
    if call.query["api-version"] < links.WITH_POLICY:
        (request.get("properties") or {}).pop("resolutionPolicy", None)
    _refuse_stranger(call, request)
    links.refuse_bad(world, wanted_id, request)

    def finish() -> None:
        _refuse_too_late(call, world.resources.get(wanted_id))
        links.refuse_conflict(world, wanted_id, request)
        links.put(world, zone, call.params["link"], request, world.clock.now())

    return accepted(call, Resource(wanted_id, {}, world.clock.now()), finish, {})


def _refuse_stranger(call: Call, request: dict[str, Any]) -> None:
    """[3P] Who links a network needs the right to join it.

    Raises Refusal: 403 LinkedAuthorizationFailed.
    """
    network = str(((request.get("properties") or {}).get("virtualNetwork") or {}).get("id") or "")
    if network and not call.world.rights.may(call.claims["oid"], _JOIN, network):
        raise refusals.linked_authorization_failed(call, _WRITE, _wanted_id(call), _JOIN, network)


def _shown(call: Call, link: links.Link) -> dict[str, Any]:
    return links.shown(call.world, link, call.query["api-version"])


def _zone_of(call: Call, verb: str) -> Resource:
    """Raises Refusal: 404 ParentResourceNotFound."""
    wanted = zones.zone_id(call.params["subscription"], call.params["group"], call.params["zone"])
    found = call.world.resources.get(wanted)
    if found is None:
        raise refusals.parent_not_found(verb, f"privateDnsZones/{zones.LINKS}", wanted)
    return found


def _found(call: Call) -> links.Link:
    """Raises Refusal: 404, which is the same whether the zone or only the link is missing [REC]."""
    found = call.world.resources.get(_wanted_id(call))
    if not isinstance(found, links.Link):
        name = f"{call.params['zone']}/virtualNetworkLinks/{call.params['link']}"
        raise resource_not_found(zones.ZONES, name, call.params["group"])
    return found


def _wanted_id(call: Call) -> str:
    zone = zones.zone_id(call.params["subscription"], call.params["group"], call.params["zone"])
    return links.link_id(zone, call.params["link"])


def _refuse_too_late(call: Call, existing: Resource | None) -> None:
    """Raises OperationFailed: PreconditionFailed [REC]."""
    what = f"The Virtual Network link {call.params['link']} for the Private DNS zone {call.params['zone']}"
    if why := zones.too_late(existing, call.headers, what):
        raise OperationFailed("PreconditionFailed", why)
