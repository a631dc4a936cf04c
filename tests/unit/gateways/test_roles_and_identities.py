"""Role assignments are never made twice; identities come back with what grants need."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Rejected
from azext_akskv.gateways.identities import ArmIdentities
from azext_akskv.gateways.roles import ArmRoles, assignment_name, parse_grant
from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER, OWNER
from azext_akskv.model.ids import identity_id, vault_id
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service

VAULT = vault_id(SUBSCRIPTION, "rg1", "kv1")
PRINCIPAL = "9d0c7f3e-41f5-4d0c-9a8b-6f2a1d2b3c4d"
ASSIGNMENTS = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments"
IDENTITY = identity_id(SUBSCRIPTION, "rg1", "id1")


def assignment(role: str = KEY_VAULT_CRYPTO_USER, scope: str = str(VAULT)) -> dict[str, Any]:
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role.upper()}"
    created = "2026-11-20T09:05:39.5280820Z"
    properties = {"roleDefinitionId": definition, "principalId": PRINCIPAL, "scope": scope, "createdOn": created}
    return {"id": f"{ASSIGNMENTS}/1", "name": "1", "properties": properties}


@pytest.fixture
def roles(clients: ClientsOfService) -> ArmRoles:
    return ArmRoles(clients)  # type: ignore[arg-type]  # a stand-in


@pytest.fixture
def identities(clients: ClientsOfService) -> ArmIdentities:
    return ArmIdentities(clients)  # type: ignore[arg-type]  # a stand-in


def test_a_principals_assignments_are_those_here_and_above(service: Service, roles: ArmRoles) -> None:
    above = f"/subscriptions/{SUBSCRIPTION}"
    following = f"{service.url}{ASSIGNMENTS}?api-version=2022-04-01&%24skiptoken=x"
    pages = (
        Reply(200, {"value": [assignment()], "nextLink": following}),
        Reply(200, {"value": [assignment(OWNER, above)]}),
    )
    service.answers("GET", ASSIGNMENTS, *pages)
    here, inherited = roles.of(VAULT, PRINCIPAL)
    assert (here.role, here.scope, here.principal_id) == (KEY_VAULT_CRYPTO_USER, str(VAULT), PRINCIPAL)
    assert here.created == datetime(2026, 11, 20, 9, 5, 39, tzinfo=timezone.utc)
    assert (inherited.role, inherited.scope) == (OWNER, above)
    assert service.requests[0].query["$filter"] == f"atScope() and assignedTo('{PRINCIPAL}')"
    assert service.requests[0].query["api-version"] == "2022-04-01"


def test_those_of_what_is_in_a_scope_come_when_they_are_asked_for(service: Service, roles: ArmRoles) -> None:
    inside = f"{VAULT}/secrets/db"
    service.answers("GET", ASSIGNMENTS, Reply(200, {"value": [assignment(OWNER, inside)]}))
    assert [each.scope for each in roles.of(VAULT, PRINCIPAL, below=True)] == [inside]
    assert service.requests[0].query["$filter"] == f"assignedTo('{PRINCIPAL}')"


def test_a_grant_says_what_kind_of_principal_it_is_for(service: Service, roles: ArmRoles) -> None:
    name = assignment_name(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)
    service.answers("PUT", f"{ASSIGNMENTS}/{name}", Reply(201, assignment()))
    assert roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL).role == KEY_VAULT_CRYPTO_USER
    [put] = service.requests
    definition = (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{KEY_VAULT_CRYPTO_USER}"
    )
    assert put.body["properties"] == {
        "roleDefinitionId": definition,
        "principalId": PRINCIPAL,
        "principalType": "ServicePrincipal",
    }


def test_the_same_grant_has_the_same_name_whatever_the_letter_case() -> None:
    shouted = vault_id(SUBSCRIPTION, "RG1", "KV1")
    name = assignment_name(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)
    assert assignment_name(shouted, KEY_VAULT_CRYPTO_USER.upper(), PRINCIPAL) == name
    assert assignment_name(VAULT, OWNER, PRINCIPAL) != name


def exists(service: Service, *listed: dict[str, Any]) -> None:
    name = assignment_name(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)
    error = {"error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}}
    service.answers("PUT", f"{ASSIGNMENTS}/{name}", Reply(409, error))
    service.answers("GET", ASSIGNMENTS, Reply(200, {"value": list(listed)}))


def test_a_grant_that_somebody_made_under_another_name_counts(service: Service, roles: ArmRoles) -> None:
    exists(service, assignment(OWNER), assignment())
    assert roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL) == parse_grant(assignment())


def test_a_conflict_without_such_a_grant_stays_one(service: Service, roles: ArmRoles) -> None:
    exists(service, assignment(scope=f"/subscriptions/{SUBSCRIPTION}"))
    with pytest.raises(Conflict):
        roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)


def test_a_principal_that_is_not_known_yet_is_told_apart(service: Service, roles: ArmRoles) -> None:
    name = assignment_name(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)
    error = {"error": {"code": "PrincipalNotFound", "message": "does not exist in the directory"}}
    service.answers("PUT", f"{ASSIGNMENTS}/{name}", Reply(400, error))
    with pytest.raises(Rejected) as caught:
        roles.grant(VAULT, KEY_VAULT_CRYPTO_USER, PRINCIPAL)
    assert caught.value.code == "PrincipalNotFound"


def identity_body() -> dict[str, Any]:
    properties = {"principalId": PRINCIPAL, "clientId": "client-1", "tenantId": "tenant-1"}
    group = str(IDENTITY).replace("resourceGroups", "resourcegroups")
    return {"id": group, "name": "id1", "location": "westeurope", "properties": properties}


def test_an_identity_is_read(service: Service, identities: ArmIdentities) -> None:
    service.answers("GET", str(IDENTITY), Reply(200, identity_body()))
    found = identities.get(IDENTITY)
    assert (found.id, found.principal_id, found.client_id) == (IDENTITY, PRINCIPAL, "client-1")
    assert (found.location, found.tenant) == ("westeurope", "tenant-1")


def test_an_identity_is_made_with_its_tags(service: Service, identities: ArmIdentities) -> None:
    service.answers("PUT", str(IDENTITY), Reply(201, identity_body(), {"Location": str(IDENTITY)}))
    assert identities.create(IDENTITY, "westeurope", {"akskv-run": "run1"}).principal_id == PRINCIPAL
    [put] = service.requests
    assert put.body == {"location": "westeurope", "tags": {"akskv-run": "run1"}}
