"""Vaults: found by name, made safe, and never rewritten for a grant."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import Denied, Missing
from azext_akskv.gateways.vaults import ArmVaults
from azext_akskv.model.ids import vault_id
from azext_akskv.model.reading import PolicyLacking
from azext_akskv.model.vault import EndpointConnection, Openness
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service, a_vault

VAULT = vault_id(SUBSCRIPTION, "rg1", "kv1")
ALL = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults"
TENANT = "0d2a8f5e-9a51-4b0e-8d39-5b1c5f2d8c77"


def body(state: str = "Succeeded") -> dict[str, Any]:
    raw = dict(a_vault("kv1.vault.azure.net").raw)
    return {**raw, "properties": {**raw["properties"], "provisioningState": state}}


@pytest.fixture
def vaults(clients: ClientsOfService) -> ArmVaults:
    return ArmVaults(clients, poll_seconds=0.01)  # type: ignore[arg-type]  # a stand-in


def test_a_vault_is_read(service: Service, vaults: ArmVaults) -> None:
    service.answers("GET", str(VAULT), Reply(200, body()))
    found = vaults.get(VAULT)
    assert (found.id, found.host, found.rbac, found.openness) == (VAULT, "kv1.vault.azure.net", True, Openness.PUBLIC)
    assert found.seen_at.year == 2026


def test_a_vault_is_found_by_name_on_a_later_page_in_any_letter_case(service: Service, vaults: ArmVaults) -> None:
    other = {**body(), "id": str(VAULT).replace("kv1", "kv10")}
    following = f"{service.url}{ALL}?api-version=2023-07-01&%24skiptoken=2"
    pages = Reply(200, {"value": [other], "nextLink": following}), Reply(200, {"value": [body()]})
    service.answers("GET", ALL, *pages)
    service.answers("GET", str(VAULT), Reply(200, body()))
    found = vaults.find(SUBSCRIPTION, "KV1")
    assert found and found.id == VAULT


def test_a_vault_that_is_nowhere_is_none(service: Service, vaults: ArmVaults) -> None:
    service.answers("GET", ALL, Reply(200, {"value": []}))
    assert vaults.find(SUBSCRIPTION, "kv1") is None


@pytest.mark.parametrize("status", [200, 404])
def test_a_deleted_vault_is_seen(service: Service, vaults: ArmVaults, status: int) -> None:
    deleted = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1"
    service.answers("GET", deleted, Reply(status, {"name": "kv1"} if status == 200 else None))
    assert vaults.deleted(SUBSCRIPTION, "kv1", "westeurope") is (status == 200)


def test_not_being_allowed_to_look_for_deleted_vaults_is_no_answer(service: Service, vaults: ArmVaults) -> None:
    deleted = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1"
    service.answers("GET", deleted, Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    with pytest.raises(Denied):
        vaults.deleted(SUBSCRIPTION, "kv1", "westeurope")


def test_a_vault_is_made_with_rbac_and_against_loss_and_awaited(service: Service, vaults: ArmVaults) -> None:
    service.answers("PUT", str(VAULT), Reply(200, body("RegisteringDns")))
    service.answers("GET", str(VAULT), Reply(200, body("RegisteringDns")), Reply(200, body()))
    made = vaults.create(VAULT, "westeurope", TENANT, {"akskv-run": "run1"})
    assert made.provisioning_state == "Succeeded" and len(service.made("GET")) == 2
    [put] = service.made("PUT")
    properties = put.body["properties"]
    assert put.body["tags"] == {"akskv-run": "run1"} and properties["tenantId"] == TENANT
    assert (
        properties["enableRbacAuthorization"]
        and properties["enablePurgeProtection"]
        and not properties["accessPolicies"]
    )


def test_key_permissions_are_added_beside_what_is_there(service: Service, vaults: ArmVaults) -> None:
    service.answers("PUT", f"{VAULT}/accessPolicies/add", Reply(200, {"properties": {"accessPolicies": []}}))
    vaults.allow_keys(a_vault("kv1.vault.azure.net"), "principal-1", frozenset({"encrypt", "decrypt"}))
    [put] = service.requests
    policy = {"tenantId": TENANT, "objectId": "principal-1", "permissions": {"keys": ["decrypt", "encrypt"]}}
    assert put.body == {"properties": {"accessPolicies": [policy]}}


@pytest.mark.parametrize("kind", ["secrets", "keys", "certificates"])
def test_what_is_lacking_to_read_is_added_beside_what_is_there(service: Service, vaults: ArmVaults, kind: str) -> None:
    service.answers("PUT", f"{VAULT}/accessPolicies/add", Reply(200, {"properties": {"accessPolicies": []}}))
    lacking = PolicyLacking(kind, frozenset({"list", "get"}))
    vaults.allow_reading(a_vault("kv1.vault.azure.net"), "principal-1", lacking)
    [put] = service.requests
    policy = {"tenantId": TENANT, "objectId": "principal-1", "permissions": {kind: ["get", "list"]}}
    assert put.body == {"properties": {"accessPolicies": [policy]}}


def test_a_vault_that_is_not_there_is_missing(service: Service, vaults: ArmVaults) -> None:
    service.answers("GET", str(VAULT), Reply(404, {"error": {"code": "ResourceNotFound", "message": "no"}}))
    with pytest.raises(Missing):
        vaults.get(VAULT)


def test_a_vault_is_opened_and_closed_and_its_rules_stay(service: Service, vaults: ArmVaults) -> None:
    rules = {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "10.0.0.0/8"}]}
    raw = {**body(), "properties": {**body()["properties"], "networkAcls": rules}}
    service.answers("GET", str(VAULT), Reply(200, raw))
    service.answers("PATCH", str(VAULT), Reply(200, raw))
    found = vaults.get(VAULT)
    vaults.open_to_public(found)
    vaults.close_to_public(found)
    opened, closed = (request.body for request in service.made("PATCH"))
    assert opened == {
        "properties": {"publicNetworkAccess": "Enabled", "networkAcls": {**rules, "defaultAction": "Allow"}}
    }
    assert closed == {"properties": {"publicNetworkAccess": "Disabled"}}


def test_a_private_endpoint_is_approved_by_the_name_of_its_connection(service: Service, vaults: ArmVaults) -> None:
    connection = EndpointConnection(f"{VAULT}/privateEndpointConnections/pe-1", "", "Pending")
    service.answers("GET", str(VAULT), Reply(200, body()))
    service.answers("PUT", connection.id, Reply(200, {"id": connection.id}))
    vaults.approve(vaults.get(VAULT), connection)
    state = {"status": "Approved", "description": "approved with az aks kv"}
    assert service.made("PUT")[0].body == {"properties": {"privateLinkServiceConnectionState": state}}
