"""Azure Policy: its language, what it denies in Resource Manager's front, and the question what it would deny."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.policyinsights import PolicyInsightsClient

from emulator.providers.policy import language
from emulator.worlds.governance import PolicyAssignment
from tests.emulator.arm_client import CLUSTER, GROUP, IDENTITY, SUB, VAULT, Arm, code_of, message_of
from tests.emulator.conftest import Connect, Running

CLUSTERS, VAULTS = "Microsoft.ContainerService/managedClusters", "Microsoft.KeyVault/vaults"
KMS = f"{CLUSTERS}/securityProfile.azureKeyVaultKms.enabled"
CHECK = "providers/Microsoft.PolicyInsights/checkPolicyRestrictions"
NO_KMS = {"allOf": [{"field": "type", "equals": CLUSTERS}, {"field": KMS, "equals": "true"}]}
TAGGED = {"allOf": [{"field": "type", "equals": VAULTS}, {"field": "tags['env']", "notIn": ["prod", "test"]}]}
IN_EUROPE = {"field": "location", "notIn": ["West Europe", "North Europe"]}


def policy(rule: Mapping[str, Any], **more: str) -> PolicyAssignment:
    return PolicyAssignment("no-kms", "No KMS here", rule, **more)


def under(*policies: PolicyAssignment) -> Arm:
    return Arm(policy_assignments=policies)


def cluster_with(**kms: Any) -> dict[str, Any]:
    return {"type": CLUSTERS, "properties": {"securityProfile": {"azureKeyVaultKms": kms}}}


def ask(client: Arm, content: Any, scope: str = GROUP, version: str = "2024-10-01", **more: Any) -> dict[str, Any]:
    request = {"resourceDetails": {"resourceContent": content}, **more}
    answer = client("POST", f"{scope}/{CHECK}?api-version={version}", request)
    assert answer.status == 200, answer.body
    told: dict[str, Any] = answer.body
    return told


def restricted(client: Arm, content: Any, *pending: dict[str, Any]) -> dict[str, list[tuple[str, list[str]]]]:
    """Field -> (result, values) of each restriction."""
    found = ask(client, content, pendingFields=list(pending))["fieldRestrictions"]
    return {one["field"]: [(each["result"], each.get("values", [])) for each in one["restrictions"]] for one in found}


VAULT_BODY = {
    "type": VAULTS,
    "location": "westeurope",
    "tags": {"Env": "Prod"},
    "sku": {"name": "standard"},
    "properties": {
        "enablePurgeProtection": True,
        "enabledForDeployment": None,
        "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4/32"}, {"value": "1.2.3.5/32"}]},
    },
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"field": "type", "equals": "microsoft.keyvault/VAULTS"}, True),
        ({"field": "location", "equals": "West Europe"}, True),
        ({"field": "location", "in": ["north europe", "east us"]}, False),
        ({"field": f"{VAULTS}/enablePurgeProtection", "equals": "true"}, True),
        ({"field": f"{VAULTS}/enablePurgeProtection", "equals": True}, True),
        ({"field": f"{VAULTS}/enablePurgeProtection", "notEquals": "true"}, False),
        ({"field": f"{VAULTS}/enableRbacAuthorization", "equals": "false"}, False),
        ({"field": f"{VAULTS}/enableRbacAuthorization", "notEquals": "true"}, True),
        ({"field": f"{VAULTS}/enableRbacAuthorization", "exists": "false"}, True),
        ({"field": f"{VAULTS}/enabledForDeployment", "exists": True}, False),
        ({"field": f"{VAULTS}/networkAcls.defaultAction", "exists": "true"}, True),
        ({"field": "tags['env']", "like": "PR*"}, True),
        ({"field": "tags.env", "notLike": "PR*"}, False),
        ({"field": "tags[owner]", "notIn": ["me"]}, True),
        ({"field": "tags['owner']", "contains": "m"}, False),
        ({"field": f"{VAULTS}/networkAcls.defaultAction", "contains": "en"}, True),
        ({"field": f"{VAULTS}/networkAcls.defaultAction", "notContains": "en"}, False),
        ({"field": f"{VAULTS}/networkAcls.ipRules[*].value", "like": "1.2.3.*"}, True),
        ({"field": f"{VAULTS}/networkAcls.ipRules[*].value", "equals": "1.2.3.4/32"}, False),
        ({"field": f"{VAULTS}/sku.name", "in": ["standard"]}, True),
        ({"field": KMS, "exists": "false"}, True),
        ({"not": {"field": "type", "equals": VAULTS}}, False),
        ({"anyOf": [{"field": "kind", "exists": "true"}, {"field": "type", "equals": VAULTS}]}, True),
        ({"allOf": [{"field": "kind", "exists": "true"}, {"field": "type", "equals": VAULTS}]}, False),
    ],
)
def test_conditions_and_operators(condition: dict[str, Any], holds: bool) -> None:
    language.check(condition)
    assert language.holds(condition, VAULT_BODY)[0] is holds


@pytest.mark.parametrize(
    "rule",
    [
        {"field": f"{VAULTS}/notAProperty", "equals": "x"},
        {"field": "Microsoft.Nowhere/things/size", "equals": "x"},
        {"field": "type", "resembles": VAULTS},
        {"field": "type"},
        {"value": "[field('type')]", "equals": VAULTS},
    ],
)
def test_a_rule_that_azure_would_not_take_is_a_bad_world(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        under(policy(rule))


def test_a_denied_put_is_told_the_policy_and_what_it_found() -> None:
    client = under(policy(NO_KMS, scope="group", message="Ask the platform team."))
    refused = client.put_kms()
    assert code_of(refused) == (403, "RequestDisallowedByPolicy")
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    error = refused.body["error"]
    assert error["target"] == "shop"
    assert error["message"] == (
        "Resource 'shop' was disallowed by policy. Reasons: 'Ask the platform team.'. See error details for policy "
        "resource IDs."
    )
    [violation] = error["additionalInfo"]
    assert violation["type"] == "PolicyViolation"
    definition = client.world.ids.uuid("policyDefinition", "no-kms")
    path = "properties.securityProfile.azureKeyVaultKms.enabled"
    told = {"result": "True", "expressionKind": "Field", "operator": "Equals"}
    assert violation["info"] == {
        "evaluationDetails": {
            "evaluatedExpressions": [
                told | {"expression": "type", "path": "type", "expressionValue": CLUSTERS, "targetValue": CLUSTERS},
                told | {"expression": KMS, "path": path, "expressionValue": True, "targetValue": "true"},
            ],
            "reason": "Ask the platform team.",
        },
        "policyDefinitionId": f"{SUB}/providers/Microsoft.Authorization/policyDefinitions/{definition}",
        "policyDefinitionName": definition,
        "policyDefinitionDisplayName": "No KMS here",
        "policyDefinitionEffect": "Deny",
        "policyAssignmentId": f"{GROUP}/providers/Microsoft.Authorization/policyAssignments/no-kms",
        "policyAssignmentName": "no-kms",
        "policyAssignmentDisplayName": "No KMS here",
        "policyAssignmentScope": GROUP,
        "policyAssignmentParameters": {},
        "policyExemptionIds": [],
    }


def test_a_policy_without_a_message_is_named_by_its_identifiers() -> None:
    client = under(policy(NO_KMS))
    name = '{"name":"No KMS here","id":"'
    definition = client.world.ids.uuid("policyDefinition", "no-kms")
    assert message_of(client.put_kms()) == (
        "Resource 'shop' was disallowed by policy. Policy identifiers: '"
        f'[{{"policyAssignment":{name}{SUB}/providers/Microsoft.Authorization/policyAssignments/no-kms"}},'
        f'"policyDefinition":{name}{SUB}/providers/Microsoft.Authorization/policyDefinitions/{definition}"}}}}]\'.'
    )


def test_a_field_that_is_missing_has_no_value_in_the_details() -> None:
    client = under(policy({"allOf": [{"field": "type", "equals": CLUSTERS}, {"field": KMS, "notEquals": "true"}]}))
    refused = client("PUT", CLUSTER, {"location": "westeurope", "properties": {}}).body["error"]
    details = refused["additionalInfo"][0]["info"]["evaluationDetails"]
    assert "expressionValue" not in details["evaluatedExpressions"][1]


def test_what_a_policy_does_not_deny_goes_through() -> None:
    client = under(policy(NO_KMS))
    client.grant("shop-id", "Key Vault Crypto User")
    assert client.put_security({}).status == 200
    audited = under(policy(NO_KMS, effect="Audit"))
    audited.grant("shop-id", "Key Vault Crypto User")
    assert audited.put_kms().status == 200


def test_a_patch_is_judged_by_what_would_come_of_it() -> None:
    client = under(policy(TAGGED))
    assert code_of(client("PATCH", VAULT, {"tags": {"env": "play"}})) == (403, "RequestDisallowedByPolicy")
    assert client("PATCH", VAULT, {"tags": {"env": "prod"}}).status == 200
    assert client("PATCH", VAULT, {"properties": {"enabledForDeployment": True}}).status == 200


def test_the_mode_indexed_looks_at_types_with_location_and_tags_only() -> None:
    rule = {"field": "type", "like": "*"}
    indexed, every = under(policy(rule)), under(policy(rule, mode="All"))
    access = {"properties": {"accessPolicies": []}}
    assert indexed("PUT", f"{VAULT}/accessPolicies/add", access).status == 200
    assert code_of(every("PUT", f"{VAULT}/accessPolicies/add", access)) == (403, "RequestDisallowedByPolicy")
    assert code_of(indexed("PUT", IDENTITY, {"location": "westeurope"})) == (403, "RequestDisallowedByPolicy")


def test_a_policy_of_a_group_does_not_reach_another() -> None:
    client = under(policy({"field": "location", "equals": "westeurope"}, scope="group"))
    client("PUT", f"{SUB}/resourceGroups/more", {"location": "westeurope"})
    elsewhere = IDENTITY.replace("shop-rg", "more")
    assert client("PUT", elsewhere, {"location": "westeurope"}).status == 201
    assert code_of(client("PUT", f"{IDENTITY}2", {"location": "westeurope"})) == (403, "RequestDisallowedByPolicy")


def test_the_question_names_the_policies_that_refuse_the_content() -> None:
    client = under(policy(NO_KMS, message="Ask us."))
    [found] = ask(client, cluster_with(enabled=True))["contentEvaluationResult"]["policyEvaluations"]
    assert found["evaluationResult"] == "NonCompliant"
    assert found["policyInfo"]["policyAssignmentId"].endswith("/policyAssignments/no-kms")
    assert [one["expression"] for one in found["evaluationDetails"]["evaluatedExpressions"]] == ["type", KMS]
    assert (found["evaluationDetails"]["reason"], found["effectDetails"]) == ("Ask us.", {"policyEffect": "Deny"})
    assert ask(client, cluster_with(enabled=False)) == {
        "fieldRestrictions": [],
        "contentEvaluationResult": {"policyEvaluations": []},
    }


def test_effects_and_reasons_are_told_since_2023() -> None:
    client = under(policy(NO_KMS, message="Ask us."))
    told = ask(client, cluster_with(enabled=True), version="2022-03-01")
    [found] = told["contentEvaluationResult"]["policyEvaluations"]
    assert "effectDetails" not in found and "reason" not in found["evaluationDetails"]


def test_policies_that_audit_are_told_when_asked_for() -> None:
    client = under(policy(NO_KMS, effect="Audit"))
    content = cluster_with(enabled=True)
    assert ask(client, content)["contentEvaluationResult"]["policyEvaluations"] == []
    found = ask(client, content, includeAuditEffect=True)
    assert found["contentEvaluationResult"]["policyEvaluations"][0]["effectDetails"] == {"policyEffect": "Audit"}


def test_the_question_at_the_subscription_leaves_out_the_policies_of_groups() -> None:
    client = under(policy(NO_KMS, scope="group"))
    content = cluster_with(enabled=True)
    assert ask(client, content, SUB)["contentEvaluationResult"]["policyEvaluations"] == []
    assert len(ask(client, content, GROUP)["contentEvaluationResult"]["policyEvaluations"]) == 1


def test_pending_fields_are_told_which_values_are_denied_or_required() -> None:
    client = under(policy(IN_EUROPE), policy(TAGGED), policy(NO_KMS))
    vault = {"type": VAULTS, "name": "more-kv", "location": "westeurope"}
    places = {"field": "location", "values": ["westeurope", "eastus"]}
    assert restricted(client, vault, places) == {"location": [("Deny", ["eastus"])]}
    assert restricted(client, vault, {"field": "tags"}) == {"tags['env']": [("Required", ["prod", "test"])]}
    cluster = {"type": CLUSTERS, "location": "westeurope"}
    assert restricted(client, cluster, {"field": KMS}) == {KMS: [("Deny", ["true"])]}
    assert restricted(client, vault, {"field": "name"}) == {}


def test_a_field_that_must_be_there_is_required_without_values() -> None:
    client = under(policy({"field": "tags['owner']", "exists": "false"}))
    assert restricted(client, {"type": VAULTS}, {"field": "tags"}) == {"tags['owner']": [("Required", [])]}


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"resourceDetails": {"resourceContent": {"properties": {}}}},
        {"resourceDetails": {"resourceContent": {"type": VAULTS}}, "pendingFields": [{"field": "nonsense"}]},
    ],
)
def test_a_question_about_nothing_is_refused(request_body: dict[str, Any]) -> None:
    answer = under()("POST", f"{GROUP}/{CHECK}?api-version=2024-10-01", request_body)
    assert code_of(answer) == (400, "InvalidCheckRestrictionsRequest")


def test_whoever_reads_may_ask() -> None:
    client = Arm(principal="auditor", policy_assignments=(policy(NO_KMS),))
    refused = client("POST", f"{GROUP}/{CHECK}?api-version=2024-10-01", {})
    assert "perform action 'Microsoft.PolicyInsights/checkPolicyRestrictions/read'" in message_of(refused)
    client.grant("auditor", "Reader", GROUP)
    assert ask(client, cluster_with(enabled=True))["contentEvaluationResult"]["policyEvaluations"]


def test_the_sdk_asks_before_and_is_refused_after(running: Running, connect: Connect) -> None:
    emulation = running(policy_assignments=(policy(NO_KMS, message="Ask us."),))
    restrictions = connect(emulation, PolicyInsightsClient).policy_restrictions
    details = {"resourceDetails": {"resourceContent": cluster_with(enabled=True)}, "pendingFields": [{"field": KMS}]}
    told = restrictions.check_at_resource_group_scope("shop-rg", details)
    [found] = told.content_evaluation_result.policy_evaluations
    assert found.policy_info.policy_assignment_id.endswith("/policyAssignments/no-kms")
    assert found.evaluation_details.evaluated_expressions[1].path.endswith("azureKeyVaultKms.enabled")
    assert [one.field for one in told.field_restrictions] == [KMS]
    assert restrictions.check_at_subscription_scope(details).content_evaluation_result.policy_evaluations
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    body = clusters.get("shop-rg", "shop").as_dict()
    key = emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[0].kid
    body["properties"]["securityProfile"]["azureKeyVaultKms"] = {"enabled": True, "keyId": key}
    with pytest.raises(HttpResponseError, match="RequestDisallowedByPolicy") as refusal:
        clusters.begin_create_or_update("shop-rg", "shop", body)
    assert refusal.value.error.additional_info[0].type == "PolicyViolation"
