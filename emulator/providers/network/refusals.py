"""How Microsoft.Network says no, and what Resource Manager says when a right on a linked resource is missing."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.entra.tokens import client_of
from emulator.providers.errors import arm_error


def network_error(status: int, code: str, message: str, *details: dict[str, str]) -> Refusal:
    """[REC] `{"error": {code, message, details: []}}`."""
    return Refusal(Answer(status, {"error": {"code": code, "message": message, "details": list(details)}}))


def child_not_found(child_id: str) -> Refusal:
    """[REC] The network is there and what lies in it is not: the provider itself answers."""
    return network_error(404, "NotFound", f"Resource {child_id} not found.")


def refuse_unless_linked(call: Call, own_action: str, scope: str, action: str, linked: str) -> None:
    """Raises Refusal: 403 LinkedAuthorizationFailed [3P], the same for what lies in an unknown subscription [INF]."""
    subscription = linked.lower().partition("/subscriptions/")[2].partition("/")[0]
    known = subscription in call.world.spec.subscriptions
    if known and call.world.rights.may(call.claims["oid"], action, linked):
        return
    raise arm_error(
        403,
        "LinkedAuthorizationFailed",
        f"The client '{client_of(call.claims)}' with object id '{call.claims['oid']}' has permission to perform action "
        f"'{own_action}' on scope '{scope}'; however, it does not have permission to perform action(s) '{action}' on "
        f"the linked scope(s) '{linked}' (respectively) or the linked scope(s) are invalid.",
        gateway=True,
    )


def referenced(call: Call, linked: str, by: str) -> Resource:
    """What an id in a request names. Raises Refusal: 400 InvalidResourceReference [ISS]."""
    found = call.world.resources.get(linked)
    if found is None:
        raise not_referenced(linked, by)
    return found


def not_referenced(linked: str, by: str) -> Refusal:
    return network_error(
        400,
        "InvalidResourceReference",
        f"Resource {linked} referenced by resource {by} was not found. Please make sure that the referenced resource "
        "exists, and that both resources are in the same region.",
    )


def refuse_unless_matching(call: Call, etag: str | None) -> None:
    """[SPEC] If-Match on a write. Raises Refusal: 412 PreconditionFailed [D]."""
    wanted = call.headers.get("if-match", "")
    if wanted and wanted not in ("*", etag):
        message = f"Precondition failed. Etag {wanted} does not match the resource's current etag {etag}."
        raise network_error(412, "PreconditionFailed", message)


def require_location(request: dict[str, Any]) -> None:
    """Raises Refusal: 400 LocationRequired [3P]."""
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)


def refuse_other_location(call: Call, existing: Resource, request: dict[str, Any]) -> None:
    """[3P] A resource does not move by a PUT with another location. Raises Refusal: 409 InvalidResourceLocation."""
    name, location = existing.body["name"], existing.body["location"]
    if str(request["location"]).replace(" ", "").lower() != str(location).replace(" ", "").lower():
        raise arm_error(
            409,
            "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{location}' in resource group "
            f"'{call.params['group']}'. A resource with the same name cannot be created in location "
            f"'{request['location']}'. Please select a new resource name.",
            gateway=True,
        )
