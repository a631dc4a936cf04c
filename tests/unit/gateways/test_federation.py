"""Whose tokens are taken for an identity's, and what a role of somebody's own allows."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Conflict, Missing, Rejected
from azext_akskv.gateways.identities import ArmIdentities
from azext_akskv.gateways.roles import ArmRoles
from azext_akskv.model.federation import AUDIENCE, FederatedCredential, subject_of, with_client_id
from azext_akskv.model.governance import allowed
from azext_akskv.model.ids import IDENTITY_TYPE
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service
from tests.unit.gateways.test_roles_and_identities import IDENTITY, VAULT, identity_body

ALL = f"{IDENTITY}/federatedIdentityCredentials"
ISSUER, SUBJECT = "https://westeurope.oic.prod-aks.azure.com/t/1/", subject_of("shop", "web")
NEW = FederatedCredential("akskv-web", ISSUER, SUBJECT)
ROLE = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def identities(clients: ClientsOfService) -> ArmIdentities:
    return ArmIdentities(clients)  # type: ignore[arg-type]  # a stand-in


def credential(name: str, **properties: Any) -> dict[str, Any]:
    told = {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE], **properties}
    return {"id": f"{ALL}/{name}", "name": name, "properties": told}


def test_credentials_come_page_by_page(service: Service, identities: ArmIdentities) -> None:
    following = f"{service.url}{ALL}?api-version=2024-11-30&%24skiptoken=x"
    flexible = {"value": "claims['sub'] matches 'x*'", "languageVersion": 1}
    second = credential("two", subject=None, claimsMatchingExpression=flexible)
    service.answers(
        "GET", ALL, Reply(200, {"value": [credential("one")], "nextLink": following}), Reply(200, {"value": [second]})
    )
    one, two = identities.federated(IDENTITY)
    assert one == FederatedCredential("one", ISSUER, SUBJECT, (AUDIENCE,))
    assert (two.subject, two.expression) == ("", "claims['sub'] matches 'x*'")
    assert one.takes(ISSUER, SUBJECT) and not two.takes(ISSUER, SUBJECT)
    assert service.requests[0].query["api-version"] == "2024-11-30"


@pytest.mark.parametrize("status", [200, 201])
def test_a_credential_is_put_whole(service: Service, identities: ArmIdentities, status: int) -> None:
    service.answers("PUT", f"{ALL}/akskv-web", Reply(status, credential("akskv-web"), {"location": f"{ALL}/akskv-web"}))
    identities.federate(IDENTITY, NEW)
    [put] = service.requests
    assert put.body == {"properties": {"issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE]}}


REFUSED = [
    (400, "BadRequest", Rejected),
    (409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity", Conflict),
    (404, "ParentResourceNotFound", Missing),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSED)
def test_a_refusal_keeps_its_code(
    service: Service, identities: ArmIdentities, status: int, code: str, kind: type[Exception]
) -> None:
    service.answers("PUT", f"{ALL}/akskv-web", Reply(status, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(kind) as caught:
        identities.federate(IDENTITY, NEW)
    assert getattr(caught.value, "code", "") == code


def test_an_identity_is_found_by_its_client_id(service: Service, identities: ArmIdentities) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/{IDENTITY_TYPE}"
    other = {**identity_body(), "id": f"{IDENTITY}x", "properties": {"clientId": "client-2", "principalId": "p"}}
    service.answers("GET", path, Reply(200, {"value": [other, identity_body()]}))
    found = identities.all(SUBSCRIPTION)
    one = with_client_id(found, " CLIENT-1 ")
    assert one and one.id == IDENTITY
    assert with_client_id(found, "client-3") is None and with_client_id(found, "") is None


def test_a_role_tells_its_data_actions(service: Service, clients: ClientsOfService) -> None:
    blocks = [
        {"actions": ["*"], "dataActions": []},
        {"dataActions": ["Microsoft.KeyVault/vaults/*"], "notDataActions": ["Microsoft.KeyVault/vaults/keys/*"]},
    ]
    path = f"{VAULT}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
    service.answers("GET", path, Reply(200, {"name": ROLE, "properties": {"permissions": blocks}}))
    roles: Any = ArmRoles(clients)  # type: ignore[arg-type]  # a stand-in
    found = roles.data_actions(VAULT, [ROLE])[ROLE]
    assert allowed(found, "Microsoft.KeyVault/vaults/secrets/getSecret/action")
    assert not allowed(found, "Microsoft.KeyVault/vaults/keys/read")
    assert service.requests[0].query == {"api-version": "2022-04-01"}


def test_a_role_whose_definition_cannot_be_read_is_left_out(service: Service, clients: ClientsOfService) -> None:
    path, other = f"{VAULT}/providers/Microsoft.Authorization/roleDefinitions", ROLE.replace("a", "b")
    service.answers("GET", f"{path}/{ROLE}", Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    service.answers("GET", f"{path}/{other}", Reply(200, {"properties": {"permissions": []}}))
    roles: Any = ArmRoles(clients)  # type: ignore[arg-type]  # a stand-in
    assert roles.data_actions(VAULT, {ROLE, other}) == {other: ()}
    assert roles.data_actions(VAULT, ()) == {}
