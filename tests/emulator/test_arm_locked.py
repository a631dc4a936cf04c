"""The world `locked`: an Owner who is refused midway, by the lock of a vault and by a policy about clusters."""

from __future__ import annotations

from tests.emulator.arm_client import CRYPTO_USER, GROUP, SUB, VAULT, Arm, code_of, message_of


def test_the_locked_world_refuses_the_grant_and_the_update() -> None:
    client = Arm("locked")
    [lock] = client("GET", f"{VAULT}/providers/Microsoft.Authorization/locks?api-version=2016-09-01").body["value"]
    assert lock["properties"] == {"level": "ReadOnly", "notes": "Ask the security team before changes."}
    name = client.world.ids.uuid("grant")
    grant = {"roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{CRYPTO_USER}"}
    principal = {"principalId": client.world.ids.principal("shop-id"), "principalType": "ServicePrincipal"}
    assignment = f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{name}"
    assert code_of(client("PUT", assignment, {"properties": grant | principal})) == (409, "ScopeLocked")
    refused = client.put_kms()
    assert code_of(refused) == (403, "RequestDisallowedByPolicy")
    assert "Customer-managed keys are not approved" in message_of(refused)
    assert client.put_security({}).status == 200


def test_the_locked_world_can_be_asked_beforehand() -> None:
    client = Arm("locked")
    body = client("GET", f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/shop").body
    body["properties"]["securityProfile"] = {"azureKeyVaultKms": {"enabled": True, "keyId": client.key()}}
    content = {"resourceContent": body | {"type": "Microsoft.ContainerService/managedClusters"}}
    url = f"{GROUP}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions?api-version=2022-03-01"
    told = client("POST", url, {"resourceDetails": content}).body["contentEvaluationResult"]["policyEvaluations"]
    assert [one["policyInfo"]["policyAssignmentId"].rpartition("/")[2] for one in told] == ["no-customer-keys"]
