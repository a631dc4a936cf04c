"""Managed clusters and their operations: begun, polled, aborted; clusters made, stopped, started, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.core.http import Answer
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import CLUSTER, IDENTITY, SUB, Arm, code_of, message_of


def put(client: Arm, change: Any = None, **headers: str) -> Answer:
    """The whole cluster back, with `change` applied to it."""
    body = client("GET", CLUSTER).body
    if change:
        change(body)
    return client("PUT", CLUSTER, body, **headers)


def test_a_put_answers_at_once_and_is_an_operation() -> None:
    client = Arm()
    answer = put(client, lambda body: body.update(tags={"a": "b"}))
    assert (answer.status, answer.body["properties"]["provisioningState"]) == (200, "Updating")
    assert answer.body["properties"]["agentPoolProfiles"][0]["provisioningState"] == "Updating"
    assert "Location" not in answer.headers
    seen = []
    for _ in range(4):
        poll = client("GET", answer.headers["Azure-AsyncOperation"])
        seen.append(poll.body["status"])
        assert set(poll.body) == {"name", "status", "startTime"}
        client.wait(0.25)
    assert seen == ["InProgress", "ProvisioningControlPlane", "ReconcilingDNS", "ReconcilingAddons"]
    end = client("GET", answer.headers["Azure-AsyncOperation"]).body
    assert (end["status"], set(end)) == ("Succeeded", {"name", "status", "startTime", "endTime"})
    after = client("GET", CLUSTER).body
    assert (after["tags"], after["properties"]["provisioningState"]) == ({"a": "b"}, "Succeeded")


def test_only_one_operation_runs_at_a_time() -> None:
    client = Arm()
    running = put(client).headers["Azure-AsyncOperation"].rpartition("/")[2].partition("?")[0]
    for refused in (put(client), client("POST", f"{CLUSTER}/stop"), client("PATCH", CLUSTER, {"tags": {}})):
        assert code_of(refused) == (409, "OperationNotAllowed")
        assert set(refused.body) == {"code", "details", "message", "subcode"}
        assert f"(operation ID: {running}) on the managed cluster started on UTC 2026-03-01T12:00:00Z" in message_of(
            refused
        )
    client.wait()
    assert put(client).status == 200


def test_an_operation_can_be_aborted() -> None:
    client = Arm()
    running = put(client)
    aborted = client("POST", f"{CLUSTER}/abort")
    assert (aborted.status, aborted.body["properties"]["provisioningState"]) == (202, "Canceled")
    assert client("GET", running.headers["Azure-AsyncOperation"]).body["status"] == "Canceled"
    assert code_of(client("POST", f"{CLUSTER}/abort")) == (400, "OperationNotAllowed")
    assert put(client).status == 200


def test_a_stopped_cluster_has_no_api_server_until_it_is_started() -> None:
    client = Arm()
    server = client.world.kubernetes.server(CLUSTER)
    stopped = client("POST", f"{CLUSTER}/stop")
    assert (stopped.status, stopped.body) == (202, None)
    assert {"Azure-AsyncOperation", "Location"} <= set(stopped.headers)
    client.finish(stopped)
    assert client("GET", stopped.headers["Location"]).status == 204
    assert client("GET", CLUSTER).body["properties"]["powerState"] == {"code": "Stopped"}
    assert server.away
    assert client.finish(client("POST", f"{CLUSTER}/start"))["status"] == "Succeeded"
    assert not server.away


def test_a_cluster_whose_key_is_gone_does_not_start() -> None:
    client = Arm("kms-on")
    client.finish(client("POST", f"{CLUSTER}/stop"))
    client.world.keyvault.delete("shop-kv.vault.emulator.test", "etcd")
    end = client.finish(client("POST", f"{CLUSTER}/start"))
    assert (end["status"], end["error"]["code"]) == ("Failed", "InternalOperationError")
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Failed"


def test_an_unknown_operation_is_not_found() -> None:
    url = f"{SUB}/providers/Microsoft.ContainerService/locations/westeurope/operations/00"
    assert code_of(Arm()("GET", url)) == (404, "NotFound")


def test_a_cluster_can_be_created() -> None:
    client = Arm(delays=Delays(update=4))
    sent = {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "kubernetesVersion": "1.31",
            "dnsPrefix": "mine",
            "agentPoolProfiles": [{"name": "one", "count": 1}],
        },
    }
    made = client("PUT", f"{CLUSTER}2", sent)
    assert (made.status, made.body["properties"]["provisioningState"]) == (201, "Creating")
    assert made.body["identity"]["userAssignedIdentities"] == {IDENTITY: {}}
    assert "eTag" not in made.body and "identityProfile" not in made.body["properties"]
    assert client.world.kubernetes.server(f"{CLUSTER}2").away
    assert client.finish(made)["status"] == "Succeeded"
    after = client("GET", f"{CLUSTER}2").body
    assert after["properties"]["currentKubernetesVersion"] == "1.31.8"
    assert set(after["identity"]["userAssignedIdentities"][IDENTITY]) == {"clientId", "principalId"}
    assert {"eTag", "kubeletidentity"} <= set(after) | set(after["properties"]["identityProfile"])
    assert not client.world.kubernetes.server(f"{CLUSTER}2").away
    assert code_of(client("PUT", f"{CLUSTER}3", {"properties": {}})) == (400, "LocationRequired")


@pytest.mark.parametrize("vnet_integration", [False, True])
def test_a_new_cluster_has_konnectivity_or_vnet_integration(vnet_integration: bool) -> None:
    client = Arm()
    properties = {"dnsPrefix": "mine", "apiServerAccessProfile": {"enableVnetIntegration": vnet_integration}}
    identity = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
    made = client("PUT", f"{CLUSTER}2", {"location": "westeurope", "identity": identity, "properties": properties})
    assert client.finish(made)["status"] == "Succeeded"
    counts = client.world.kubernetes.server(f"{CLUSTER}2").object_counts()
    assert counts["pods"] == (0 if vnet_integration else 2)


def test_a_deleted_cluster_takes_its_node_resource_group_along() -> None:
    client = Arm()
    deleted = client("DELETE", CLUSTER)
    assert (deleted.status, deleted.body) == (202, None)
    assert client("GET", CLUSTER).body["properties"]["provisioningState"] == "Deleting"
    assert client.finish(deleted)["status"] == "Succeeded"
    assert client("GET", deleted.headers["Location"]).status == 204
    assert code_of(client("GET", CLUSTER)) == (404, "ResourceNotFound")
    assert client("DELETE", CLUSTER).status == 204
    assert [group["name"] for group in client("GET", f"{SUB}/resourcegroups").body["value"]] == ["shop-rg"]


def test_whoever_gives_a_cluster_an_identity_must_be_allowed_to_assign_it() -> None:
    client = Arm(principal="dev")
    client.grant("dev", "Contributor", CLUSTER)
    body = client("GET", CLUSTER).body
    refused = client("PUT", CLUSTER, body)
    assert code_of(refused) == (403, "LinkedAuthorizationFailed")
    assert "'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s)" in message_of(
        refused
    )
    client.grant("dev", "Managed Identity Operator", IDENTITY)
    assert client("PUT", CLUSTER, body).status == 200
    unknown = {**body, "identity": {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITY}9": {}}}}
    client.wait()
    assert code_of(client("PUT", CLUSTER, unknown)) == (400, "FailedIdentityOperation")
