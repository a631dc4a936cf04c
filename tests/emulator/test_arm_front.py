"""The front of Resource Manager: tokens, api-versions, rights, envelopes, headers."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import arm
from emulator.core.http import Answer, Call
from emulator.entra.metadata import ARM
from emulator.providers.versions import VERSIONS, known_versions
from emulator.worlds.spec import TENANT
from tests.emulator.arm_client import CLUSTER, GROUP, SUB, VAULT, Arm, code_of, message_of

POLICIES = f"{VAULT}/accessPolicies/add"


def with_authorization(client: Arm, authorization: str | None) -> Answer:
    headers = {"authorization": authorization} if authorization else {}
    return client.send(Call(client.world, "GET", "", GROUP, {"api-version": "2022-09-01"}, headers))


def test_a_request_without_a_token_is_not_authenticated() -> None:
    answer = with_authorization(Arm(), None)
    assert code_of(answer) == (401, "AuthenticationFailed")
    assert answer.headers["WWW-Authenticate"].startswith(
        f'Bearer authorization_uri="https://login.emulator.test/{TENANT}"'
    )
    assert answer.headers["x-ms-failure-cause"] == "gateway"


def test_an_expired_token_is_refused_with_both_times() -> None:
    client = Arm(token_seconds=60)
    token, _ = client.world.tokens.issue("someone", ARM)
    client.world.clock.advance(61)
    answer = with_authorization(client, f"Bearer {token}")
    assert code_of(answer) == (401, "ExpiredAuthenticationToken")
    then, now = "3/1/2026 12:01:00 PM", "3/1/2026 12:01:01 PM"
    text = f"The access token expiry UTC time '{then}' is earlier than current UTC time '{now}'."
    assert message_of(answer) == text


def test_a_token_for_a_vault_is_no_token_for_resource_manager() -> None:
    client = Arm()
    token, _ = client.world.tokens.issue("someone", "https://vault.emulator.test")
    answer = with_authorization(client, f"Bearer {token}")
    assert code_of(answer) == (401, "InvalidAuthenticationTokenAudience")
    assert "for wrong audience or resource 'https://vault.emulator.test'" in message_of(answer)


def test_a_forged_token_is_invalid() -> None:
    client = Arm()
    token, _ = client.world.tokens.issue("someone", ARM)
    assert code_of(with_authorization(client, f"Bearer {token[:-4]}AAAA")) == (401, "InvalidAuthenticationToken")


def test_an_api_version_is_required() -> None:
    assert code_of(Arm()("GET", f"{GROUP}?api-version=")) == (400, "MissingApiVersionParameter")


def test_an_unknown_version_of_resource_managers_own_types_is_invalid() -> None:
    answer = Arm()("GET", f"{GROUP}?api-version=2031-01-01")
    assert code_of(answer) == (400, "InvalidApiVersionParameter")
    assert "The supported versions are '2025-04-01,2024-11-01," in message_of(answer)


def test_an_unknown_version_of_a_provider_names_the_type_and_the_versions() -> None:
    answer = Arm()("GET", f"{CLUSTER}?api-version=2031-01-01")
    assert code_of(answer) == (400, "NoRegisteredProviderFound")
    text = "No registered resource provider found for location 'westeurope' and API version '2031-01-01' for type"
    assert message_of(answer).startswith(f"{text} 'managedClusters'. The supported api-versions are '2019-10-01, ")


def test_an_old_cloud_does_not_know_the_newest_versions() -> None:
    client = Arm(unknown_versions=("2026-07-01", "2026-08-01"))
    assert client("GET", f"{CLUSTER}?api-version=2026-06-01").status == 200
    assert code_of(client("GET", f"{CLUSTER}?api-version=2026-08-01")) == (400, "NoRegisteredProviderFound")


def test_every_route_has_versions() -> None:
    for routes in arm._PROVIDERS:
        for route in routes.routes:
            operation = arm.operation_of(route.method, route.template)
            assert known_versions(operation.resource_type, ()), route.template


def test_the_versions_that_az_and_its_sdks_send_are_known() -> None:
    sent = {
        "Microsoft.ContainerService/managedClusters": {"2026-06-01", "2026-08-01"},
        "Microsoft.KeyVault/vaults": {"2026-02-01"},
        "Microsoft.ManagedIdentity/userAssignedIdentities": {"2024-11-30", "2025-05-31-preview", "2022-01-31-preview"},
        "Microsoft.Authorization/roleAssignments": {"2022-04-01"},
        "Microsoft.Authorization/roleDefinitions": {"2022-05-01-preview"},
        "Microsoft.Resources/subscriptions": {"2022-12-01", "2024-11-01", "2015-11-01"},
    }
    for resource_type, versions in sent.items():
        assert versions <= set(VERSIONS[resource_type])


@pytest.mark.parametrize(
    ("method", "url", "expected"),
    [
        ("GET", f"{GROUP}/providers/Microsoft.Nowhere/things/one", (404, "InvalidResourceType")),
        ("GET", "/subscriptions/not-a-guid/resourcegroups", (400, "InvalidSubscriptionId")),
        ("GET", "/subscriptions/00000000-0000-0000-0000-000000000001", (404, "SubscriptionNotFound")),
        ("GET", f"{SUB}/resourceGroups/nowhere", (404, "ResourceGroupNotFound")),
        ("GET", VAULT.replace("shop-rg", "nowhere"), (404, "ResourceGroupNotFound")),
        ("GET", f"{CLUSTER}2", (404, "ResourceNotFound")),
        ("GET", f"{VAULT}2", (404, "ResourceNotFound")),
        ("POST", GROUP, (405, "HttpMethodNotSupported")),
    ],
)
def test_what_is_not_there_is_said_by_the_gateway(method: str, url: str, expected: tuple[int, str]) -> None:
    answer = Arm()(method, url)
    assert code_of(answer) == expected
    assert answer.headers["x-ms-failure-cause"] == "gateway"


def test_a_missing_resource_is_named_with_its_type_and_group() -> None:
    assert message_of(Arm()("GET", f"{CLUSTER}2")) == (
        "The Resource 'Microsoft.ContainerService/managedClusters/shop2' under resource group 'shop-rg' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


@pytest.mark.parametrize(
    ("method", "url", "body", "action", "scope"),
    [
        ("GET", CLUSTER, None, "Microsoft.ContainerService/managedClusters/read", CLUSTER),
        ("PUT", CLUSTER, {}, "Microsoft.ContainerService/managedClusters/write", CLUSTER),
        ("GET", VAULT.rpartition("/")[0], None, "Microsoft.KeyVault/vaults/read", VAULT.rpartition("/vaults")[0]),
        (
            "POST",
            f"{CLUSTER}/listClusterAdminCredential",
            None,
            "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
            CLUSTER,
        ),
        ("PUT", POLICIES, {}, "Microsoft.KeyVault/vaults/accessPolicies/write", POLICIES),
        ("GET", GROUP, None, "Microsoft.Resources/subscriptions/resourceGroups/read", GROUP),
    ],
)
def test_whoever_has_no_right_is_told_the_action_and_the_scope(
    method: str, url: str, body: Any, action: str, scope: str
) -> None:
    client = Arm(principal="nobody")
    answer = client(method, url, body)
    nobody = client.world.ids.principal("nobody")
    assert code_of(answer) == (403, "AuthorizationFailed")
    assert answer.headers["x-ms-failure-cause"] == "gateway"
    assert message_of(answer) == (
        f"The client '{nobody}' with object id '{nobody}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials."
    )


def test_a_reader_reads_and_changes_nothing() -> None:
    client = Arm(principal="auditor")
    client.grant("auditor", "Reader", SUB)
    body = client("GET", CLUSTER).body
    assert body["name"] == "shop"
    assert code_of(client("PUT", CLUSTER, body)) == (403, "AuthorizationFailed")
    assert code_of(client("POST", f"{CLUSTER}/listClusterUserCredential")) == (403, "AuthorizationFailed")


def test_ids_come_in_any_letter_case() -> None:
    answer = Arm()("GET", CLUSTER.upper().replace("/SUBSCRIPTIONS", "/SubScriptions"))
    assert answer.status == 200
    assert answer.body["id"].startswith(f"{SUB}/resourcegroups/shop-rg/")


def test_every_answer_can_be_traced() -> None:
    client = Arm()
    answers = [client("GET", GROUP, None, x_ms_correlation_request_id="mine"), client("GET", f"{CLUSTER}2")]
    assert answers[0].headers["x-ms-correlation-request-id"] == "mine"
    assert len({answer.headers["x-ms-request-id"] for answer in answers}) == 2
    assert answers[1].headers["x-ms-routing-request-id"].startswith("WESTEUROPE:20260301T120000Z:")
