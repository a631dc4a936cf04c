"""The front of Azure Resource Manager: who is asking, with which api-version, whether they may; then the provider."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from uuid import UUID

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.core.router import Route
from emulator.entra.metadata import ARM, LOGIN
from emulator.entra.tokens import TokenRefused, client_of
from emulator.providers.authorization import denials, locks
from emulator.providers.authorization.routes import ROUTES as AUTHORIZATION
from emulator.providers.compute.routes import ROUTES as COMPUTE
from emulator.providers.containerservice.routes import ROUTES as CONTAINER_SERVICE
from emulator.providers.errors import arm_error
from emulator.providers.insights.routes import ROUTES as INSIGHTS
from emulator.providers.keyvault.routes import ROUTES as KEY_VAULT
from emulator.providers.kubernetes.routes import ROUTES as CONNECTED_CLUSTERS
from emulator.providers.kubernetesconfiguration.routes import ROUTES as EXTENSIONS
from emulator.providers.managedidentity.routes import ROUTES as MANAGED_IDENTITY
from emulator.providers.network.routes import ROUTES as NETWORK
from emulator.providers.policy.denial import refuse_disallowed
from emulator.providers.policy.routes import ROUTES as POLICY_INSIGHTS
from emulator.providers.privatedns.routes import ROUTES as PRIVATE_DNS
from emulator.providers.resources import groups
from emulator.providers.resources.deletion import declare_group_deletion
from emulator.providers.resources.routes import ROUTES as RESOURCES
from emulator.providers.versions import refuse_unknown_version
from emulator.worlds.spec import TENANT

AUDIENCES = (f"{ARM}/", "https://management.core.windows.net/", "https://management.azure.com/")
"""Whom a token may be made out to, with or without the closing slash."""
_PROVIDERS = (
    *(AUTHORIZATION, RESOURCES, MANAGED_IDENTITY, KEY_VAULT, CONTAINER_SERVICE, INSIGHTS, POLICY_INSIGHTS),
    *(NETWORK, PRIVATE_DNS, COMPUTE, CONNECTED_CLUSTERS, EXTENSIONS),
)
_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_POSTS_THAT_READ = {"Microsoft.KeyVault/checkNameAvailability", "Microsoft.PolicyInsights/checkPolicyRestrictions"}
"""[D] Access control counts these POSTs as reading."""
_POLLS = ("/locations/operations", "/locations/operationresults", "/locations/operationstatuses")
"""[INF] Whoever was let in to begin an operation may ask for it, with rights on one resource alone too."""
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_GROUP_MEMBER = re.compile(r"/subscriptions/([^/]+)/resourcegroups/([^/]+)/.+", re.IGNORECASE)


@dataclass(frozen=True)
class Operation:
    """What a route does, as access control names it: `verb` is read, write, delete or action. `on_itself`: the path
    names the resource, not a list or a verb."""

    resource_type: str
    verb: str
    on_itself: bool

    @property
    def action(self) -> str:
        return f"{self.resource_type}/{self.verb}"

    def scope(self, path: str) -> str:
        """What it is done to."""
        return path.rstrip("/") if self.on_itself else path.rstrip("/").rpartition("/")[0]


def answer(call: Call) -> Answer:
    """One request to management.emulator.test, refusals included, with the headers that ARM puts on everything."""
    try:
        reply = _answer(call)
    except Refusal as refused:
        reply = refused.answer
    return Answer(reply.status, reply.body, {**_headers(call), **reply.headers})


@lru_cache(maxsize=256)
def operation_of(method: str, template: str) -> Operation:
    """The literal segments behind the last `/providers/` name the type; the method names the verb [D]."""
    namespace, *segments = template.rpartition("/providers/")[2].split("/")
    if "/providers/" not in template or namespace.startswith("{"):
        namespace, segments = "Microsoft.Resources", template.strip("/").split("/")
    resource_type = "/".join([namespace, *(segment for segment in segments if not segment.startswith("{"))])
    verb = "read" if resource_type in _POSTS_THAT_READ else _VERBS[method]
    return Operation(resource_type, verb, segments[-1].startswith("{"))


def _answer(call: Call) -> Answer:
    call.path = re.sub("//+", "/", call.path)  # [CLI] the locks' SDK leaves an absent parent's path empty
    call.claims = _authenticated(call)
    route, call.params = _route(call)
    operation = operation_of(route.method, route.template)
    _refuse_unknown_subscription(call.path, call.world.spec.subscriptions)
    refuse_unknown_version(operation.resource_type, call.query.get("api-version", ""), call.world.spec.unknown_versions)
    _refuse_unless_allowed(call, operation)
    if member := _GROUP_MEMBER.fullmatch(call.path):
        groups.require(call.world, member[1], member[2])
    if operation.resource_type != locks.LOCKS:
        locks.refuse_locked(call.world, operation.verb, operation.scope(call.path))
    refuse_disallowed(call, operation.resource_type)
    return route.handler(call)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of the first provider that has one, and what its template captured."""
    return next(filter(None, (routes.find(method, path) for routes in _PROVIDERS)), None)


def _route(call: Call) -> tuple[Route, dict[str, str]]:
    if found := find_route(call.method, call.path):
        return found
    version = call.query.get("api-version", "")
    namespace = call.path.rpartition("/providers/")[2].partition("/")[0]
    if any(find_route(method, call.path) for method in _VERBS):
        message = f"The requested resource does not support http method '{call.method}'."
        raise arm_error(405, "HttpMethodNotSupported", message, gateway=True)
    message = f"The resource type could not be found in the namespace '{namespace}' for api version '{version}'."
    raise arm_error(404, "InvalidResourceType", message, gateway=True)


def _delete(call: Call, resource_id: str) -> None:
    """Has the provider of a resource delete it, as part of a larger deletion. Raises Refusal."""
    inner = replace(call, path=resource_id, body=b"")
    route, inner.params = _route(inner)
    route.handler(inner)


declare_group_deletion(RESOURCES, _delete)


def _authenticated(call: Call) -> dict[str, Any]:
    """The claims of the caller's token. Raises Refusal: 401 with ARM's codes [REC][ISS]."""
    try:
        return call.world.tokens.check(call.headers.get("authorization"), AUDIENCES)
    except TokenRefused as refused:
        raise _unauthorized(call, refused) from refused


def _unauthorized(call: Call, why: TokenRefused) -> Refusal:
    if why.reason == "missing":
        code, message = "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        described = "The authentication failed because of missing 'Authorization' header."
    elif why.reason == "expired":
        code, described = "ExpiredAuthenticationToken", "The access token has expired."
        then, now = (_american(moment) for moment in (_expiry(call), call.world.clock.now()))
        message = f"The access token expiry UTC time '{then}' is earlier than current UTC time '{now}'."
    elif why.reason == "audience":
        code, described = "InvalidAuthenticationTokenAudience", "The access token has an invalid audience."
        allowed = ",".join(f"'{audience}','{audience.rstrip('/')}'" for audience in AUDIENCES)
        message = (
            f"The access token has been obtained for wrong audience or resource '{why.audience}'. It should exactly "
            f"match with one of the allowed audiences {allowed}."
        )
    else:
        code, message = "InvalidAuthenticationToken", "The access token is invalid."
        described = message
    refusal = arm_error(401, code, message, gateway=True)
    refusal.answer.headers["WWW-Authenticate"] = (
        f'Bearer authorization_uri="{LOGIN}/{TENANT}", error="invalid_token", error_description="{described}"'
    )
    return refusal


def _expiry(call: Call) -> datetime:
    claims = call.world.tokens.read(call.headers["authorization"].partition(" ")[2].strip()) or {"exp": 0}
    return datetime.fromtimestamp(claims["exp"], timezone.utc)


def _american(moment: datetime) -> str:
    """[REC] `8/17/2020 3:46:33 AM`."""
    return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M:%S} {moment:%p}"


def _refuse_unknown_subscription(path: str, known: tuple[str, ...]) -> None:
    """Raises Refusal: 400 InvalidSubscriptionId, 404 SubscriptionNotFound [3P]."""
    match = _SUBSCRIPTION.match(path)
    if match is None or match[1].lower() in known:
        return
    try:
        UUID(match[1])
    except ValueError:
        message = f"The provided subscription identifier '{match[1]}' is malformed or invalid."
        raise arm_error(400, "InvalidSubscriptionId", message, gateway=True) from None
    message = f"The subscription '{match[1]}' could not be found."
    raise arm_error(404, "SubscriptionNotFound", message, gateway=True)


def _refuse_unless_allowed(call: Call, operation: Operation) -> None:
    """Raises Refusal: 403 AuthorizationFailed, which names the action and the scope [REC], 403
    DenyAssignmentAuthorizationFailed for who has the right and is denied [ISS]."""
    scope = operation.scope(call.path)
    caller = call.claims["oid"]
    if (
        not scope
        or operation.resource_type.lower().endswith(_POLLS)
        or call.world.rights.may(caller, operation.action, scope)
    ):
        return
    denied = denials.denial_of(call.world, operation.action, scope)
    if denied is not None and call.world.rights.has_role_for(caller, operation.action, scope):
        raise _denied(call, operation, scope, denied)
    raise arm_error(
        403,
        "AuthorizationFailed",
        f"The client '{client_of(call.claims)}' with object id '{caller}' does not have authorization to "
        f"perform action '{operation.action}' over scope '{scope}' or the scope is invalid. If access was recently "
        "granted, please refresh your credentials.",
        gateway=True,
    )


def _denied(call: Call, operation: Operation, scope: str, denied: Resource) -> Refusal:
    named, where = denied.body["properties"]["denyAssignmentName"], denied.body["properties"]["scope"]
    return arm_error(
        403,
        "DenyAssignmentAuthorizationFailed",
        f"The client '{client_of(call.claims)}' with object id '{call.claims['oid']}' has permission to perform action "
        f"'{operation.action}' on scope '{scope}'; however, the access is denied because of the deny assignment with "
        f"name '{named}' and Id '{denied.body['name']}' at scope '{where}'.",
        gateway=True,
    )


def _headers(call: Call) -> dict[str, str]:
    """[D] Every answer can be named in a support request; a correlation id that the client sends is kept."""
    request_id = call.world.ids.next("request")
    correlation = call.headers.get("x-ms-correlation-request-id", request_id)
    moment = call.world.clock.now()
    headers = {
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"WESTEUROPE:{moment:%Y%m%dT%H%M%SZ}:{request_id}",
    }
    if client := call.headers.get("x-ms-client-request-id"):
        headers["x-ms-client-request-id"] = client
    return headers
