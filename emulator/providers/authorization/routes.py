"""Microsoft.Authorization: role definitions, role assignments, the caller's own permissions. Locks are in
lock_routes."""

from __future__ import annotations

import re
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.providers.authorization import assignments, denials
from emulator.providers.authorization.lock_routes import declare_lock_routes
from emulator.providers.authorization.roles import BUILT_IN, role_with_id, roles_of
from emulator.providers.errors import arm_error
from emulator.providers.ids import covers
from emulator.worlds.governance import Role
from emulator.worlds.spec import SUBSCRIPTION

ROUTES = Routes()
_SCOPED = "/{scope:path}/providers/Microsoft.Authorization"
_ROLE_NAME = re.compile(r"roleName eq '((?:[^']|'')*)'", re.IGNORECASE)
_ROLE_TYPE = re.compile(r"type eq '([^']*)'", re.IGNORECASE)
declare_lock_routes(ROUTES)


def _scope(call: Call) -> str:
    return "/" + call.params["scope"]


def _definition(role: Role) -> dict[str, Any]:
    permission = {
        "actions": list(role.actions),
        "notActions": list(role.not_actions),
        "dataActions": list(role.data_actions),
        "notDataActions": list(role.not_data_actions),
    }
    built_in = role in BUILT_IN
    return {
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole" if built_in else "CustomRole",
            "description": role.name,
            "assignableScopes": ["/" if built_in else f"/subscriptions/{SUBSCRIPTION}"],
            "permissions": [permission],
            "createdOn": "2020-05-19T17:52:46.2349235Z",
            "updatedOn": "2021-11-11T20:14:38.1414810Z",
            "createdBy": None,
            "updatedBy": None,
        },
        "id": assignments.role_definition_id(SUBSCRIPTION, role.guid),
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.guid,
    }


@ROUTES.route("GET", _SCOPED + "/roleDefinitions")
def list_role_definitions(call: Call) -> Answer:
    """[REC] `$filter=roleName eq '...'` takes the name in any letter case."""
    wanted = call.query.get("$filter", "")
    name, kind = _ROLE_NAME.search(wanted), _ROLE_TYPE.search(wanted)
    found = [
        _definition(role)
        for role in roles_of(call.world)
        if name is None or role.name.lower() == name[1].replace("''", "'").lower()
    ]
    wanted_kind = kind[1].lower() if kind else ""
    return Answer(200, {"value": [one for one in found if wanted_kind in ("", one["properties"]["type"].lower())]})


@ROUTES.route("GET", _SCOPED + "/roleDefinitions/{definition}")
def get_role_definition(call: Call) -> Answer:
    role = role_with_id(call.world, call.params["definition"])
    if role is None:
        guid = call.params["definition"].replace("-", "")
        message = f"The specified role definition with ID '{guid}' does not exist."
        raise arm_error(404, "RoleDefinitionDoesNotExist", message)
    return Answer(200, _definition(role))


@ROUTES.route("GET", _SCOPED + "/roleAssignments")
def list_role_assignments(call: Call) -> Answer:
    found = assignments.listed(call.world, _scope(call), call.query.get("$filter", ""))
    return Answer(200, {"value": [assignment.body for assignment in found]})


@ROUTES.route("GET", _SCOPED + "/roleAssignments/{assignment}")
def get_role_assignment(call: Call) -> Answer:
    assignment = call.world.resources.get(call.path)
    if assignment is None:
        message = f"The role assignment '{call.params['assignment']}' is not found."
        raise arm_error(404, "RoleAssignmentNotFound", message)
    return Answer(200, assignment.body)


@ROUTES.route("PUT", _SCOPED + "/roleAssignments/{assignment}")
def put_role_assignment(call: Call) -> Answer:
    """[REC] 201 also for an update; the answer to a PUT has no createdBy yet."""
    request = (call.json() or {}).get("properties") or {}
    assignment = assignments.put(call.world, _scope(call), call.params["assignment"], request, call.claims["oid"])
    return Answer(201, {**assignment.body, "properties": {**assignment.body["properties"], "createdBy": None}})


@ROUTES.route("DELETE", _SCOPED + "/roleAssignments/{assignment}")
def delete_role_assignment(call: Call) -> Answer:
    """[REC] The answer is the assignment that was; 204 when there was none."""
    assignment = call.world.resources.get(call.path)
    if assignment is None:
        return Answer(204)
    call.world.resources.remove(assignment.id)
    return Answer(200, assignment.body)


@ROUTES.route("GET", _SCOPED + "/denyAssignments")
def list_deny_assignments(call: Call) -> Answer:
    """[D] Those at, above and below a scope. [OWN] Filters are not looked at."""
    scope = _scope(call)
    found = [(one, one.body["properties"]["scope"]) for one in denials.denials(call.world)]
    return Answer(200, {"value": [one.body for one, where in found if covers(where, scope) or covers(scope, where)]})


@ROUTES.route("GET", _SCOPED + "/permissions")
def list_permissions(call: Call) -> Answer:
    """[D] What the caller's own assignments at this scope and above allow, one entry a role."""
    found = call.world.rights.assignments_of(call.claims["oid"], _scope(call))
    roles = [role_with_id(call.world, assignment.body["properties"]["roleDefinitionId"]) for assignment in found]
    return Answer(200, {"value": [_definition(role)["properties"]["permissions"][0] for role in roles if role]})
