"""Microsoft.Kubernetes/connectedClusters: what versions show, the issuer of tokens, who may, and who is not heard."""

from __future__ import annotations

from typing import Any

from emulator.worlds.spec import OPERATOR_GRANTS, Grant
from tests.emulator.arm_client import GROUP, SUB, Arm, code_of, message_of
from tests.emulator.edge_client import EDGE, NEW, OLD, OLDEST, Edge

TYPE = "providers/Microsoft.Kubernetes/connectedClusters"
NEWCOMER = f"{GROUP}/{TYPE}/newcomer"
BODY: dict[str, Any] = {
    "location": "westeurope",
    "identity": {"type": "SystemAssigned"},
    "properties": {"agentPublicKeyCertificate": "MIIC", "distribution": "k3s", "infrastructure": "generic"},
}


def profile(**own: Any) -> dict[str, Any]:
    return {**BODY, "properties": {**BODY["properties"], **own}}


def test_it_tells_what_its_agents_have_told() -> None:
    edge = Edge("ss-healthy")
    body = edge.arm("GET", EDGE + NEW).body
    own = body["properties"]
    assert body["type"] == "microsoft.kubernetes/connectedclusters" and body["identity"]["type"] == "SystemAssigned"
    assert own["connectivityStatus"] == "Connected" and own["provisioningState"] == "Succeeded"
    assert own["kubernetesVersion"] == "1.31.5+k3s1" and own["distribution"] == "k3s"
    assert own["totalNodeCount"] == 1 and own["agentVersion"] == "1.27.3"
    assert own["arcAgentProfile"]["agentState"] == "Succeeded"
    issuer = own["oidcIssuerProfile"]["issuerUrl"]
    assert issuer.startswith("https://westeurope.oic.prod-arc.azure.com/") and issuer.endswith("/")
    assert own["securityProfile"] == {"workloadIdentity": {"enabled": False}}
    listed = edge.arm("GET", f"{SUB}/{TYPE}{NEW}").body["value"]
    assert [one["name"] for one in listed] == ["edge"]
    assert edge.arm("GET", f"{GROUP}/{TYPE}{NEW}").body["value"] == listed


def test_older_versions_show_less() -> None:
    edge = Edge("ss-healthy")
    old, oldest = edge.arm("GET", EDGE + OLD).body, edge.arm("GET", EDGE + OLDEST).body
    hidden = {"oidcIssuerProfile", "securityProfile", "arcAgentProfile", "aadProfile", "privateLinkState"}
    assert hidden.isdisjoint(old["properties"]) and old["properties"]["connectivityStatus"] == "Connected"
    assert set(oldest["properties"]) == {"provisioningState", "agentPublicKeyCertificate", "aadProfile"}
    assert "systemData" not in oldest and oldest["type"] == "Microsoft.Kubernetes/connectedClusters"


def test_a_new_one_is_accepted_and_waits_for_its_agents() -> None:
    edge = Edge("ss-healthy")
    answer = edge.arm("PUT", NEWCOMER + NEW, BODY)
    own = answer.body["properties"]
    assert answer.status == 201 and own["provisioningState"] == "Accepted" and own["connectivityStatus"] == "Connecting"
    url = answer.headers["Azure-AsyncOperation"]
    assert "/providers/Microsoft.Kubernetes/locations/WESTEUROPE/operationStatuses/" in url
    assert "/subscriptions/" not in url
    running = edge.arm("GET", url).body
    assert running["status"] == "Accepted" and running["resourceId"] == NEWCOMER and "endTime" not in running
    done = edge.finish(answer)
    assert done["status"] == "Succeeded" and done["endTime"] and done["properties"] is None
    found = edge.arm("GET", NEWCOMER + NEW).body["properties"]
    assert (found["provisioningState"], found["connectivityStatus"]) == ("Succeeded", "Connecting")
    assert code_of(edge.arm("PUT", NEWCOMER + NEW, {"properties": {}})) == (400, "LocationRequired")


def test_one_that_is_not_there_is_not_found() -> None:
    arm = Edge("ss-healthy").arm
    missing = arm("GET", f"{GROUP}/{TYPE}/gone{NEW}")
    assert code_of(missing) == (404, "ResourceNotFound")
    assert "'Microsoft.Kubernetes/connectedClusters/gone' under resource group 'shop-rg'" in message_of(missing)
    assert arm("DELETE", f"{GROUP}/{TYPE}/gone{NEW}").status == 204


def test_the_issuer_is_published_by_the_agents_a_while_after_it_was_asked_for() -> None:
    edge = Edge("ss-issuer-off")
    assert edge.properties(EDGE)["oidcIssuerProfile"] == {"enabled": False}
    answer = edge.arm("PUT", EDGE + NEW, profile(oidcIssuerProfile={"enabled": True}))
    assert answer.status == 200
    assert edge.properties(EDGE)["arcAgentProfile"]["agentState"] == "Updating"
    assert "issuerUrl" not in edge.properties(EDGE)["oidcIssuerProfile"]
    edge.arm.wait(1)
    assert "issuerUrl" not in edge.properties(EDGE)["oidcIssuerProfile"], (
        "the resource is there, the agents are not done"
    )
    edge.arm.wait(1)
    own = edge.properties(EDGE)
    assert own["arcAgentProfile"]["agentState"] == "Succeeded" and own["oidcIssuerProfile"]["issuerUrl"]
    issuer = own["oidcIssuerProfile"]["issuerUrl"]
    edge.finish(edge.arm("PUT", EDGE + NEW, profile(oidcIssuerProfile={"enabled": True, "issuerUrl": "https://x/"})))
    assert edge.properties(EDGE)["oidcIssuerProfile"]["issuerUrl"] == issuer, "nobody else writes it"


def test_workload_identity_brings_its_webhook() -> None:
    edge = Edge("ss-issuer-off")
    path = "/apis/apps/v1/namespaces/arc-workload-identity/deployments"
    assert edge.api("GET", path).body["items"] == []
    asked = {"oidcIssuerProfile": {"enabled": True}, "securityProfile": {"workloadIdentity": {"enabled": True}}}
    edge.finish(edge.arm("PUT", EDGE + NEW, profile(**asked)))
    edge.wait(1)
    [found] = edge.api("GET", path).body["items"]
    assert found["status"]["readyReplicas"] == 1


def test_agents_that_cannot_be_reached_do_nothing_until_they_can() -> None:
    edge = Edge("ss-issuer-off")
    edge.server.cut_off()
    edge.arm("PUT", EDGE + NEW, profile(oidcIssuerProfile={"enabled": True}))
    edge.arm.wait(900)
    assert edge.properties(EDGE)["arcAgentProfile"]["agentState"] == "Updating"
    edge.server.reconnect()
    edge.arm.wait(61)
    assert edge.properties(EDGE)["oidcIssuerProfile"]["issuerUrl"]


def test_without_heartbeats_it_is_offline_and_after_ninety_days_expired() -> None:
    edge = Edge("ss-healthy")
    edge.server.cut_off()
    before = edge.properties(EDGE)["lastConnectivityTime"]
    edge.arm.wait(600)
    assert edge.properties(EDGE)["connectivityStatus"] == "Connected"
    edge.arm.wait(600)
    own = edge.properties(EDGE)
    assert own["connectivityStatus"] == "Offline" and own["lastConnectivityTime"] == before
    edge.arm.wait(91 * 86400)
    assert edge.properties(EDGE)["connectivityStatus"] == "Expired"
    edge.server.reconnect()
    assert edge.properties(EDGE)["connectivityStatus"] == "Connected"


def test_a_patch_changes_tags_and_a_deletion_leaves_the_cluster_as_it_is() -> None:
    edge = Edge("ss-healthy")
    assert edge.arm("PATCH", EDGE + NEW, {"tags": {"a": "b"}}).body["tags"] == {"a": "b"}
    answer = edge.arm("DELETE", EDGE + NEW)
    assert answer.status == 202 and answer.body["properties"]["provisioningState"] == "Deleting"
    edge.arm.wait(1)
    assert edge.arm("GET", answer.headers["Location"]).body["status"] == "Succeeded"
    assert edge.arm("GET", EDGE + NEW).status == 404
    assert edge.data()["current"] and edge.api("GET", "/api/v1/namespaces/azure-arc").status == 200


def test_roles_say_who_may_what() -> None:
    for role, reads, writes in (("Reader", 200, 403), ("Kubernetes Cluster - Azure Arc Onboarding", 200, 201)):
        grants = (*OPERATOR_GRANTS[:1], Grant("clerk", role, "group"))
        arm = Arm("ss-ready", "clerk", grants=grants)
        assert arm("GET", EDGE + NEW).status == reads
        assert arm("PUT", NEWCOMER + NEW, BODY).status == writes
    refused = Arm("ss-ready", "clerk", grants=())("GET", EDGE + NEW)
    assert "perform action 'Microsoft.Kubernetes/connectedClusters/read'" in message_of(refused)


def test_a_provider_that_is_not_registered_is_registered_first() -> None:
    arm = Arm("ss-unregistered", unregistered=("Microsoft.Kubernetes",))
    provider = f"{SUB}/providers/Microsoft.Kubernetes"
    assert arm("GET", provider).body["registrationState"] == "NotRegistered"
    refused = arm("PUT", NEWCOMER + NEW, BODY)
    assert code_of(refused) == (409, "MissingSubscriptionRegistration")
    assert "not registered to use namespace 'Microsoft.Kubernetes'" in message_of(refused)
    assert arm("POST", f"{provider}/register").body["registrationState"] == "Registered"
    assert arm("PUT", NEWCOMER + NEW, BODY).status == 201
