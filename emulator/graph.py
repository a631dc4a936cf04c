"""Microsoft Graph, as far as az asks it who somebody is: the person who is logged in, and principals by name or id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.entra.directory import applications
from emulator.entra.metadata import GRAPH
from emulator.entra.sign_in import USERNAME
from emulator.entra.tokens import TokenRefused
from emulator.providers.managedidentity.identities import IDENTITIES
from emulator.worlds.spec import CALLER

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

ROUTES = Routes()
_BY_NAME = re.compile(r"userPrincipalName eq '([^']*)'", re.IGNORECASE)
_BY_SPN = re.compile(r"servicePrincipalNames/any\(c:c eq '([^']*)'\)", re.IGNORECASE)
Principal = dict[str, Any]


def answer(call: Call) -> Answer:
    """One request to Graph's host. Which rights the caller has in the directory is not emulated: every token reads."""
    try:
        call.claims = call.world.tokens.check(call.headers.get("authorization"), (GRAPH,))
    except TokenRefused as refused:
        return _error(401, "InvalidAuthenticationToken", str(refused))
    found = ROUTES.find(call.method, call.path)
    if found is None:
        return _error(400, "BadRequest", f"Resource not found for the segment '{call.path.rpartition('/')[2]}'.")
    route, call.params = found
    return route.handler(call)


@ROUTES.route("GET", "/v1.0/me")
def get_me(call: Call) -> Answer:
    """[CLI] A program's own token has no /me: az then looks for a service principal of its login's name."""
    if call.claims["idtyp"] != "user":
        return _error(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    context = f"{GRAPH}/v1.0/$metadata#users/$entity"
    return Answer(200, {"@odata.context": context, **_person(call.world)})


@ROUTES.route("GET", "/v1.0/users")
def list_users(call: Call) -> Answer:
    """[CLI] By userPrincipalName."""
    wanted = _BY_NAME.search(call.query.get("$filter", ""))
    people = [_person(call.world)]
    return _listed([one for one in people if not wanted or one["userPrincipalName"] == wanted[1].lower()])


@ROUTES.route("GET", "/v1.0/servicePrincipals")
def list_service_principals(call: Call) -> Answer:
    """[CLI] By one of its names, which are its ids: no managed identity is called `systemAssignedIdentity`."""
    wanted = _BY_SPN.search(call.query.get("$filter", ""))
    programs = _service_principals(call.world)
    return _listed([one for one in programs if not wanted or wanted[1] in one["servicePrincipalNames"]])


@ROUTES.route("POST", "/v1.0/directoryObjects/getByIds")
def get_by_ids(call: Call) -> Answer:
    """[CLI] What `az role assignment list` names principals by; an unknown id is left out."""
    ids = {str(one).lower() for one in (call.json() or {}).get("ids") or []}
    person = {"@odata.type": "#microsoft.graph.user", **_person(call.world)}
    programs = [{"@odata.type": "#microsoft.graph.servicePrincipal", **one} for one in _service_principals(call.world)]
    return _listed([one for one in (person, *programs) if one["id"].lower() in ids])


def _person(world: EmulatedWorld) -> Principal:
    return {
        "id": world.ids.principal(CALLER),
        "displayName": CALLER,
        "mail": None,
        "userPrincipalName": USERNAME,
    }


def _service_principals(world: EmulatedWorld) -> Iterator[Principal]:
    """[D] Every user-assigned identity is one, and every application has one."""
    for identity in world.resources.under("/", IDENTITIES):
        ids = identity.body["properties"]
        names = [ids["clientId"], f"https://identity.azure.net/{identity.body['name']}"]
        yield {
            "id": ids["principalId"],
            "appId": ids["clientId"],
            "displayName": identity.body["name"],
            "servicePrincipalNames": names,
            "servicePrincipalType": "ManagedIdentity",
        }
    for one in applications(world):
        yield {
            "id": one.principal_id,
            "appId": one.client_id,
            "displayName": one.name,
            "servicePrincipalNames": [one.client_id],
            "servicePrincipalType": "Application",
        }


def _listed(value: list[Principal]) -> Answer:
    return Answer(200, {"value": value})


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})
