"""Role assignments through ARM."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import quote

from azure.core.rest import HttpRequest

from azext_akskv.failures import Conflict, GatewayError
from azext_akskv.gateways.answers import Answer, Json, answer, items
from azext_akskv.gateways.clients import API_VERSIONS, Clients
from azext_akskv.gateways.errors import asking
from azext_akskv.model.access import ROLE_NAMES, Grant, new_grant
from azext_akskv.model.governance import Permission
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import child, children, text, texts, whole
from azext_akskv.model.times import parse_time

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "akskv/roleAssignments")


class ArmRoles:
    """Fills ports.Roles."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def of(self, scope: ResourceId, principal_id: str, below: bool = False) -> tuple[Grant, ...]:
        """A group's that the principal is in are among them (`assignedTo`)."""
        wanted = f"{'' if below else 'atScope() and '}assignedTo('{principal_id}')"
        with asking(f"read the role assignments at {scope.name}"):
            assignments = self._clients.roles(scope.subscription)
            pages = assignments.list_for_scope(_path(scope), filter=wanted, api_version=API_VERSIONS["roles"])
            return tuple(parse_grant(item) for item in items(pages))

    def data_actions(self, scope: ResourceId, roles: Collection[str]) -> dict[str, tuple[Permission, ...]]:
        found: dict[str, tuple[Permission, ...]] = {}
        for role in sorted(roles):
            with suppress(GatewayError):
                found[role] = self._data_actions(scope, role)
        return found

    def _data_actions(self, scope: ResourceId, role: str) -> tuple[Permission, ...]:
        definition = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{quote(role, safe='')}"
        with asking(f"read what the role {ROLE_NAMES.get(role, role)} allows"):
            request = HttpRequest("GET", f"{quote(definition)}?api-version={API_VERSIONS['roles']}")
            reply = self._clients.send(scope.subscription, request)
            reply.raise_for_status()
            return parse_data_actions(reply.json())

    def grant(self, scope: ResourceId, role: str, principal_id: str) -> Grant:
        """A grant that somebody made under another name counts as done."""
        try:
            with asking(f"assign {ROLE_NAMES.get(role, role)} at {scope.name}"):
                made: Answer = self._clients.roles(scope.subscription).create(
                    _path(scope),
                    assignment_name(scope, role, principal_id),
                    new_grant(scope, role, principal_id),
                    api_version=API_VERSIONS["roles"],
                    cls=answer,
                )
                return parse_grant(made.json)
        except Conflict as conflict:
            if conflict.code != "RoleAssignmentExists":
                raise
            found = [grant for grant in self.of(scope, principal_id) if _same(grant, scope, role)]
            if not found:
                raise
            return found[0]


def assignment_name(scope: ResourceId, role: str, principal_id: str) -> str:
    """The same GUID for the same grant, so that it is never made twice."""
    return str(uuid.uuid5(_OURS, "|".join([str(scope), role, principal_id]).lower()))


def parse_grant(raw: Json) -> Grant:
    """Raises BadInput when the JSON is not a role assignment."""
    properties = child(whole(raw), "properties")
    return Grant(
        role=text(properties, "roleDefinitionId").rpartition("/")[2].lower(),
        scope=text(properties, "scope"),
        principal_id=text(properties, "principalId"),
        created=parse_time(text(properties, "createdOn")),
    )


def parse_data_actions(raw: Json) -> tuple[Permission, ...]:
    """Raises BadInput when the JSON is not a role definition."""
    blocks = children(child(whole(raw), "properties"), "permissions")
    return tuple(Permission(tuple(texts(each, "dataActions")), tuple(texts(each, "notDataActions"))) for each in blocks)


def _path(scope: ResourceId) -> str:
    """As the client's URL template wants a scope: without the slash in front."""
    return str(scope).lstrip("/")


def _same(grant: Grant, scope: ResourceId, role: str) -> bool:
    return grant.role == role and grant.scope.lower() == str(scope).lower()
