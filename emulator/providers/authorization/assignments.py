"""Role assignments: which grant what to whom, and what Azure refuses about them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from emulator.core.resources import Resource
from emulator.entra.directory import applications
from emulator.providers.authorization.evaluate import ASSIGNMENTS
from emulator.providers.authorization.roles import role_named, role_with_id
from emulator.providers.errors import arm_error
from emulator.providers.ids import covers, name_of, same_id
from emulator.worlds.spec import CALLER, SUBSCRIPTION, TENANT

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_WHO = re.compile(r"(?:assignedTo\('([^']+)'\)|principalId eq '([^']+)')", re.IGNORECASE)


def timestamp(moment: datetime) -> str:
    """[REC] `2023-08-23T13:05:39.5280820Z`: seven digits after the point."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def role_definition_id(subscription: str, guid: str) -> str:
    """[REC] Definitions are named below the subscription, whatever the scope of the request."""
    return f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def grant(world: EmulatedWorld, principal_id: str, role: str, scope: str, created: datetime) -> Resource:
    """An assignment that stands at the start of a world; `role` is a role's name."""
    name = world.ids.uuid("roleAssignment", scope.lower(), role, principal_id)
    definition = role_definition_id(SUBSCRIPTION, role_named(world, role).guid)
    request = {"roleDefinitionId": definition, "principalId": principal_id, "principalType": "ServicePrincipal"}
    return world.resources.put(_assignment(f"{scope}/providers/{ASSIGNMENTS}/{name}", scope, request, created))


def put(world: EmulatedWorld, scope: str, name: str, request: dict[str, Any], caller: str) -> Resource:
    """Creates or updates the assignment `name` (a GUID). Raises Refusal with the service's own codes."""
    _refuse_bad_request(world, name, request)
    assignment_id = f"{scope}/providers/{ASSIGNMENTS}/{name}"
    existing = world.resources.get(assignment_id)
    _refuse_conflict(world, scope, existing, request)
    if existing:
        existing.body["properties"].update(
            {key: request[key] for key in ("description", "condition", "conditionVersion") if key in request},
            updatedOn=timestamp(world.clock.now()),
            updatedBy=caller,
        )
        return existing
    filled = {"principalType": "ServicePrincipal", **request}
    created = _assignment(assignment_id, scope, filled, world.clock.now())
    created.body["properties"].update(createdBy=caller, updatedBy=caller)
    return world.resources.put(created)


def listed(world: EmulatedWorld, scope: str, wanted: str) -> Iterator[Resource]:
    """The assignments at `scope`, above it and, unless the filter says atScope(), below it.

    Raises Refusal for a filter that the service does not know.
    """
    who = _WHO.search(wanted)
    at_scope = "atscope()" in wanted.lower()
    rest = re.sub(r"atscope\(\)|\band\b|\s", "", _WHO.sub("", wanted), flags=re.IGNORECASE)
    if rest or (at_scope and who and who[2]):
        raise arm_error(
            400,
            "UnsupportedQuery",
            f"The filter '{wanted}' is not supported. Supported filters are either 'atScope()' or "
            "'principalId eq '{value}' or assignedTo('{value}')'.",
        )
    for assignment in world.resources.under("/", ASSIGNMENTS):
        properties = assignment.body["properties"]
        here = covers(properties["scope"], scope) or (not at_scope and covers(scope, properties["scope"]))
        if here and (who is None or same_id(properties["principalId"], who[1] or who[2])):
            yield assignment


def _assignment(assignment_id: str, scope: str, request: dict[str, Any], created: datetime) -> Resource:
    properties = {
        "roleDefinitionId": request["roleDefinitionId"],
        "principalId": request["principalId"],
        "principalType": request["principalType"],
        "scope": scope,
        "condition": request.get("condition"),
        "conditionVersion": request.get("conditionVersion"),
        "createdOn": timestamp(created),
        "updatedOn": timestamp(created),
        "createdBy": None,
        "updatedBy": None,
        "delegatedManagedIdentityResourceId": None,
        "description": request.get("description"),
    }
    body = {"properties": properties, "id": assignment_id, "type": ASSIGNMENTS, "name": name_of(assignment_id)}
    return Resource(assignment_id, body, created)


def _refuse_bad_request(world: EmulatedWorld, name: str, request: dict[str, Any]) -> None:
    try:
        UUID(name)
    except ValueError:
        message = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        raise arm_error(400, "InvalidRoleAssignmentId", message) from None
    missing = [key for key in ("roleDefinitionId", "principalId") if not request.get(key)]
    if missing:
        raise arm_error(400, "InvalidRequestContent", f"The request content was invalid: '{missing[0]}' is required.")
    guid = name_of(request["roleDefinitionId"])
    if role_with_id(world, guid) is None:
        message = f"The specified role definition with ID '{guid.replace('-', '')}' does not exist."
        raise arm_error(404, "RoleDefinitionDoesNotExist", message)
    if request.get("principalType") is None and not _in_directory(world, request["principalId"]):
        principal = request["principalId"].replace("-", "")
        message = f"Principal {principal} does not exist in the directory {TENANT}."
        raise arm_error(400, "PrincipalNotFound", message)


def _in_directory(world: EmulatedWorld, principal_id: str) -> bool:
    """[D] A new identity is known everywhere only after a while; a request with principalType need not wait."""
    settled = [world.ids.principal(CALLER), *(one.principal_id for one in applications(world))]
    if any(same_id(principal_id, one) for one in settled):
        return True
    wait = timedelta(seconds=world.spec.delays.directory)
    identities = world.resources.under("/", IDENTITIES)
    known = {identity.body["properties"]["principalId"].lower(): identity.created for identity in identities}
    created = known.get(principal_id.lower())
    return created is not None and created + wait <= world.clock.now()


def _refuse_conflict(world: EmulatedWorld, scope: str, existing: Resource | None, request: dict[str, Any]) -> None:
    for other in listed(world, scope, "atScope()"):
        properties = other.body["properties"]
        if (
            other is not existing
            and same_id(properties["scope"], scope)
            and same_id(properties["principalId"], request["principalId"])
            and same_id(name_of(properties["roleDefinitionId"]), name_of(request["roleDefinitionId"]))
        ):
            raise arm_error(409, "RoleAssignmentExists", "The role assignment already exists.")
    if existing:
        properties = existing.body["properties"]
        if not same_id(properties["principalId"], request["principalId"]) or not same_id(
            name_of(properties["roleDefinitionId"]), name_of(request["roleDefinitionId"])
        ):
            message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
            raise arm_error(400, "RoleAssignmentUpdateNotPermitted", message)
