"""Locks, permissions, policy, audit log and login, read from what ARM answers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from azext_akskv.failures import Denied
from azext_akskv.gateways.governance import ArmGovernance, keeps_audit_log
from azext_akskv.gateways.login import login_kind
from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER, new_grant
from azext_akskv.model.governance import Intent, Lock, LoginKind, Permission, PolicyRefusal, allowed
from azext_akskv.model.ids import cluster_id, vault_id
from tests.unit.gateways.conftest import SUBSCRIPTION, ClientsOfService, Reply, Service

CLUSTER, VAULT = cluster_id(SUBSCRIPTION, "rg1", "prod"), vault_id(SUBSCRIPTION, "rg1", "kv1")
EVERYWHERE, GROUP = f"/subscriptions/{SUBSCRIPTION}", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1"
LOCKS = "/providers/Microsoft.Authorization/locks"
RESTRICTIONS = f"{GROUP}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions"
FORBIDDEN = Reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}})


@pytest.fixture
def governance(clients: ClientsOfService) -> ArmGovernance:
    return ArmGovernance(clients, SUBSCRIPTION)  # type: ignore[arg-type]  # a stand-in


def a_lock(scope: str, name: str, level: str = "ReadOnly") -> dict[str, Any]:
    return {"id": f"{scope}{LOCKS}/{name}", "name": name, "properties": {"level": level}}


def test_the_locks_of_the_subscription_come_with_what_they_are_on(service: Service, governance: ArmGovernance) -> None:
    following = f"{service.url}{EVERYWHERE}{LOCKS}?api-version=2016-09-01&%24skiptoken=x"
    service.answers(
        "GET",
        f"{EVERYWHERE}{LOCKS}",
        Reply(200, {"value": [a_lock(EVERYWHERE, "all")], "nextLink": following}),
        Reply(200, {"value": [a_lock(str(VAULT), "frozen", "CanNotDelete")]}),
    )
    found = governance.locks(CLUSTER)
    assert found == (Lock("all", "ReadOnly", EVERYWHERE.lower()), Lock("frozen", "CanNotDelete", str(VAULT).lower()))
    assert found[0].stops_writing(CLUSTER) and not found[1].stops_writing(VAULT)


def test_who_may_not_see_the_subscriptions_locks_sees_the_groups(service: Service, governance: ArmGovernance) -> None:
    service.answers("GET", f"{EVERYWHERE}{LOCKS}", FORBIDDEN)
    service.answers("GET", f"{GROUP}{LOCKS}", Reply(200, {"value": [a_lock(GROUP, "frozen")]}))
    assert [lock.name for lock in governance.locks(VAULT)] == ["frozen"]
    service.answers("GET", f"{GROUP}{LOCKS}", FORBIDDEN)
    with pytest.raises(Denied):
        governance.locks(VAULT)


def test_a_next_page_is_asked_of_arm_alone(service: Service, governance: ArmGovernance) -> None:
    """A token of the caller never goes where an answer points to."""
    elsewhere = f"https://elsewhere.example{EVERYWHERE}{LOCKS}?page=2"
    service.answers("GET", f"{EVERYWHERE}{LOCKS}", Reply(200, {"value": [], "nextLink": elsewhere}), Reply(200, {}))
    governance.locks(CLUSTER)
    assert [request.query for request in service.requests][1] == {"page": "2"}


def test_permissions_are_those_of_each_role(service: Service, governance: ArmGovernance) -> None:
    roles = [
        {"actions": ["*"], "notActions": ["Microsoft.Authorization/*/write"], "dataActions": []},
        {"actions": ["Microsoft.KeyVault/vaults/read"], "notActions": []},
    ]
    service.answers("GET", f"{VAULT}/providers/Microsoft.Authorization/permissions", Reply(200, {"value": roles}))
    held = governance.permissions(str(VAULT))
    assert held[0] == Permission(("*",), ("Microsoft.Authorization/*/write",))
    assert not allowed(held, "Microsoft.Authorization/roleAssignments/write")
    assert allowed(held, "microsoft.keyvault/vaults/accessPolicies/WRITE")
    assert not allowed(held[1:], "Microsoft.KeyVault/vaults/readMore")


def test_policy_is_asked_with_the_body_that_will_be_sent(service: Service, governance: ArmGovernance) -> None:
    assignment = f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/private-only"
    expression = {
        "result": "True",
        "path": "x.keyVaultNetworkAccess",
        "expressionValue": "Public",
        "operator": "Equals",
    }
    evaluation = {
        "policyInfo": {"policyAssignmentId": assignment},
        "evaluationResult": "NonCompliant",
        "evaluationDetails": {"evaluatedExpressions": [expression | {"operator": "Equals", "targetValue": "Public"}]},
    }
    service.answers("POST", RESTRICTIONS, Reply(200, {"contentEvaluationResult": {"policyEvaluations": [evaluation]}}))
    intent = Intent("turn on KMS", "x/write", str(CLUSTER), CLUSTER, {"location": "westeurope", "properties": {}})
    reason = "x.keyVaultNetworkAccess is 'Public', Equals 'Public'"
    assert governance.refusals(intent) == (PolicyRefusal("turn on KMS", assignment, reason),)
    [sent] = service.made("POST")
    details = sent.body["resourceDetails"]
    assert details["resourceContent"] == {
        "type": "Microsoft.ContainerService/managedClusters",
        "name": "prod",
        "location": "westeurope",
        "properties": {},
    }
    assert "scope" not in details and details["apiVersion"]


def test_policy_is_asked_about_a_role_assignment_at_its_scope(service: Service, governance: ArmGovernance) -> None:
    service.answers("POST", RESTRICTIONS, Reply(200, {"contentEvaluationResult": {"policyEvaluations": []}}))
    kind = "Microsoft.Authorization/roleAssignments"
    body = {"type": kind, **new_grant(VAULT, KEY_VAULT_CRYPTO_USER, "p")}
    assert governance.refusals(Intent("assign", f"{kind}/write", str(VAULT), VAULT, body)) == ()
    details = service.made("POST")[0].body["resourceDetails"]
    assert details["scope"] == str(VAULT) and details["resourceContent"]["type"] == kind


@pytest.mark.parametrize(
    ("log", "kept"),
    [
        ({"category": "AuditEvent", "enabled": True}, True),
        ({"category": None, "categoryGroup": "audit", "enabled": True}, True),
        ({"categoryGroup": "allLogs", "enabled": True}, True),
        ({"category": "AuditEvent", "enabled": False}, False),
        ({"category": "AzurePolicyEvaluationDetails", "enabled": True}, False),
    ],
)
def test_an_audit_log_is_kept_by_its_category_or_a_group(log: dict[str, Any], kept: bool) -> None:
    assert keeps_audit_log({"properties": {"logs": [log]}}) is kept


def test_the_audit_log_is_that_of_any_setting(service: Service, governance: ArmGovernance) -> None:
    path = f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings"
    metrics = {"properties": {"logs": [], "metrics": [{"category": "AllMetrics", "enabled": True}]}}
    audit = {"properties": {"logs": [{"categoryGroup": "audit", "enabled": True}]}}
    service.answers("GET", path, Reply(200, {"value": [metrics]}), Reply(200, {"value": [metrics, audit]}))
    assert [governance.audited(VAULT), governance.audited(VAULT)] == [False, True]


def test_the_login_tells_its_end(governance: ArmGovernance) -> None:
    login = governance.login()
    assert login.renews and login.expires.timestamp() == 1_800_000_000


def principal_with(kept: object) -> SimpleNamespace:
    return SimpleNamespace(_credential=SimpleNamespace(_msal_app=SimpleNamespace(client_credential=kept)))


@pytest.mark.parametrize(
    ("user", "credential", "kind", "renews"),
    [
        ({"type": "user"}, None, LoginKind.USER, True),
        ({"type": "user", "cloudShellID": True}, None, LoginKind.CLOUD_SHELL, True),
        ({"type": "servicePrincipal", "assignedIdentityInfo": "MSI"}, None, LoginKind.MANAGED_IDENTITY, True),
        ({"type": "servicePrincipal"}, principal_with("a-secret"), LoginKind.SERVICE_PRINCIPAL, True),
        ({"type": "servicePrincipal"}, principal_with({"private_key": "k"}), LoginKind.SERVICE_PRINCIPAL, True),
        ({"type": "servicePrincipal"}, principal_with({"client_assertion": "t"}), LoginKind.FEDERATED, False),
        ({"type": "servicePrincipal"}, object(), LoginKind.OTHER, False),
    ],
)
def test_only_a_federated_login_does_not_renew(user: Any, credential: Any, kind: LoginKind, renews: bool) -> None:
    from datetime import datetime, timezone

    from azext_akskv.model.governance import Login

    assert login_kind(user, credential) is kind
    assert Login(kind, datetime.now(timezone.utc)).renews is renews
