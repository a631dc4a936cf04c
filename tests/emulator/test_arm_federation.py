"""Federated identity credentials in Resource Manager, and what Entra makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.entra.client_secret import client_secret_token
from emulator.entra.directory import SignInRefused
from emulator.entra.federation import Assertion, federated_token
from emulator.worlds.secrets_provider import Application, Federation, SecretsProvider
from emulator.worlds.spec import OTHER_TENANT, TENANT, Cluster, Delays, Secrets
from tests.emulator.arm_client import CLUSTER, IDENTITY, Arm, code_of, message_of
from tests.emulator.conftest import Running, StockAz

ALL = f"{IDENTITY}/federatedIdentityCredentials"
AUDIENCE = "api://AzureADTokenExchange"
SUBJECT = "system:serviceaccount:default:app"
FEW = Secrets(count=0)


def properties(number: int = 1, **more: Any) -> dict[str, Any]:
    subject = f"system:serviceaccount:default:app{number}"
    return {"issuer": "https://oidc.example/", "subject": subject, "audiences": [AUDIENCE], **more}


def put(arm: Arm, name: str = "one", **asked: Any) -> Any:
    return arm("PUT", f"{ALL}/{name}", {"properties": properties(**asked)})


def federated(**overrides: Any) -> Arm:
    """An identity that trusts the tokens of one service account of a cluster."""
    cluster = Cluster(secrets=FEW, workload_identity=True, secrets_provider=SecretsProvider())
    return Arm(clusters=(cluster,), federations=(Federation("shop-id"),), **overrides)


def issuer(arm: Arm) -> str:
    found: str = arm("GET", CLUSTER).body["properties"]["oidcIssuerProfile"]["issuerURL"]
    return found


def client_id(arm: Arm) -> str:
    found: str = arm("GET", IDENTITY).body["properties"]["clientId"]
    return found


def refused(arm: Arm, tenant: str = TENANT, client: str = "", **differs: str) -> SignInRefused:
    """How Entra refuses the right assertion, but for what differs."""
    assertion = Assertion(**{"issuer": issuer(arm), "subject": SUBJECT, "audience": AUDIENCE, **differs})
    with pytest.raises(SignInRefused) as caught:
        federated_token(arm.world, tenant, client or client_id(arm), assertion)
    return caught.value


def test_a_credential_is_made_changed_listed_and_deleted() -> None:
    arm = Arm()
    made = put(arm)
    assert (made.status, made.headers["location"]) == (201, made.body["id"])
    assert made.body["type"] == "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials"
    assert made.body["properties"] == properties()
    assert put(arm, number=2).status == 200
    assert arm("GET", f"{ALL}/one").body["properties"]["subject"].endswith("app2")
    assert [one["name"] for one in arm("GET", ALL).body["value"]] == ["one"]
    assert [arm("DELETE", f"{ALL}/one").status for _ in range(2)] == [200, 204]
    assert code_of(arm("GET", f"{ALL}/one")) == (404, "ResourceNotFound")
    assert code_of(arm("GET", f"{IDENTITY}-none/federatedIdentityCredentials")) == (404, "ParentResourceNotFound")


def test_issuer_and_subject_are_one_credentials_alone() -> None:
    arm = Arm()
    put(arm)
    again = put(arm, "two")
    assert code_of(again) == (400, "BadRequest")
    assert message_of(again) == "Issuer and subject combination already exists for this Managed Identity."
    assert put(arm).status == 200


def test_an_identity_has_no_more_than_twenty() -> None:
    arm = Arm()
    assert {put(arm, f"name-{number}", number=number).status for number in range(20)} == {201}
    assert code_of(put(arm, "name-20", number=20)) == (400, "BadRequest")
    assert put(arm, "name-1", number=21).status == 200


def test_a_credential_that_cannot_be_is_refused() -> None:
    arm = Arm()
    assert message_of(put(arm, "no")) == "Federated Identity Credential name 'no' is invalid."
    assert "empty properties" in message_of(put(arm, subject=""))
    assert "exactly 1 audience" in message_of(put(arm, audiences=[AUDIENCE, "another"]))


def test_credentials_go_with_their_identity() -> None:
    arm = Arm()
    put(arm)
    arm("DELETE", IDENTITY)
    assert arm.world.resources.get(f"{ALL}/one") is None


def test_a_cluster_with_workload_identity_has_an_issuer() -> None:
    shown = federated()("GET", CLUSTER).body["properties"]
    assert shown["securityProfile"] == {"workloadIdentity": {"enabled": True}}
    assert shown["oidcIssuerProfile"]["enabled"] is True
    assert shown["oidcIssuerProfile"]["issuerURL"].endswith("/")


def test_who_brings_the_right_token_is_the_identity() -> None:
    arm = federated()
    token = federated_token(arm.world, TENANT, client_id(arm), Assertion(issuer(arm), SUBJECT, AUDIENCE))
    claims = arm.world.tokens.read(token)
    assert claims is not None
    assert (claims["oid"], claims["appid"]) == (arm.world.ids.principal("shop-id"), client_id(arm))
    assert (claims["aud"], claims["tid"]) == ("https://vault.emulator.test", TENANT)


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("issuer", "https://other.example/", 700211),
        ("subject", "system:serviceaccount:Default:app", 700213),
        ("audience", "api://other", 700212),
    ],
)
def test_what_does_not_match_is_named(part: str, value: str, code: int) -> None:
    found = refused(federated(), **{part: value})
    assert (found.status, found.code, found.body["error"]) == (401, code, "invalid_client")
    expected = (
        f"AADSTS{code}: No matching federated identity record found for presented assertion {part} '{value}'. Please "
        "check your federated identity credential Subject, Audience and Issuer against the presented assertion. Trace"
    )
    assert found.body["error_description"].startswith(expected)
    assert found.body["error_codes"] == [code]


def test_an_issuer_without_its_closing_slash_is_another() -> None:
    arm = federated()
    assert refused(arm, issuer=issuer(arm).rstrip("/")).code == 700211


def test_an_identity_without_credentials_is_named() -> None:
    arm = federated()
    addon = arm("GET", CLUSTER).body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]["identity"]
    found = refused(arm, client=addon["clientId"])
    assert (found.status, found.code) == (401, 70025)
    assert f"'{addon['clientId']}'(azurekeyvaultsecretsprovider-shop) has no" in found.body["error_description"]


def test_an_unknown_client_or_tenant_is_not_found() -> None:
    arm = federated()
    principal = arm.world.ids.principal("shop-id")
    found = refused(arm, client=principal)
    assert (found.status, found.code, found.body["error"]) == (400, 700016, "unauthorized_client")
    assert f"Application with identifier '{principal}' was not found in the directory" in str(found.body)
    assert refused(arm, OTHER_TENANT).code == 700016
    assert refused(arm, "11111111-2222-4333-8444-555555555555").code == 90002
    assert refused(arm, "nowhere").code == 900023


def test_a_new_credential_takes_a_while_to_spread() -> None:
    arm = Arm(clusters=(Cluster(secrets=FEW, workload_identity=True),), delays=Delays(federation=60.0))
    put(arm, issuer=issuer(arm), subject=SUBJECT)
    found = refused(arm)
    assert (found.status, found.code) == (400, 70021)
    assert f"Assertion Issuer: '{issuer(arm)}'. Assertion Subject: '{SUBJECT}'." in found.body["error_description"]
    arm.wait(60)
    assert federated_token(arm.world, TENANT, client_id(arm), Assertion(issuer(arm), SUBJECT, AUDIENCE))


def test_an_application_brings_its_secret() -> None:
    arm = federated(applications=(Application(), Application("old-app", expired=True)))
    ids = {name: arm.world.ids.uuid("client", arm.world.ids.principal(name)) for name in ("shop-app", "old-app")}
    token = client_secret_token(arm.world, TENANT, ids["shop-app"], Application().secret)
    claims = arm.world.tokens.read(token)
    assert claims is not None and claims["oid"] == arm.world.ids.principal("shop-app")
    found = {}
    for client, secret in (("shop-app", "its-id"), ("old-app", Application().secret)):
        with pytest.raises(SignInRefused) as caught:
            client_secret_token(arm.world, TENANT, ids[client], secret)
        found[client] = caught.value
    assert [(one.status, one.code) for one in found.values()] == [(401, 7000215), (401, 7000222)]
    assert "AADSTS7000215: Invalid client secret provided." in found["shop-app"].body["error_description"]
    assert f"'{ids['old-app']}' are expired. Visit" in found["old-app"].body["error_description"]
    with pytest.raises(SignInRefused, match="AADSTS7000215"):
        client_secret_token(arm.world, TENANT, client_id(arm), "")
    assert refused(arm, client=ids["shop-app"]).code == 70025


def test_az_makes_an_issuer_and_credentials_for_it(running: Running, az: StockAz) -> None:
    emulation = running("public-rbac", clusters=(Cluster(secrets=FEW),))

    def run(*arguments: str) -> Any:
        done = az(emulation, *arguments, "-g", "shop-rg", "-o", "json", "--only-show-errors")
        assert done.code == 0, done.output
        return done.json if done.output.strip() else None

    flags = ("--enable-oidc-issuer", "--enable-workload-identity")
    cluster = run("aks", "update", "-n", "shop", *flags)
    assert cluster["securityProfile"]["workloadIdentity"] == {"enabled": True}
    url = cluster["oidcIssuerProfile"]["issuerUrl"]
    group = ("identity", "federated-credential")
    named = ("--identity-name", "shop-id", "-n", "app")
    asked = ("--issuer", url, "--subject", SUBJECT, "--audiences", AUDIENCE)
    assert run(*group, "create", *named, *asked)["issuer"] == url
    assert run(*group, "update", *named, *asked[:-3], f"{SUBJECT}2", *asked[-2:])["subject"] == f"{SUBJECT}2"
    assert run(*group, "show", *named)["audiences"] == [AUDIENCE]
    assert len(run(*group, "list", "--identity-name", "shop-id")) == 1
    run(*group, "delete", *named, "-y")
    assert run(*group, "list", "--identity-name", "shop-id") == []
