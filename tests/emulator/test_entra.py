"""Signing in as a person, and what Microsoft Graph says about principals; driven by stock az where it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator import environment
from emulator.entra.metadata import ARM, GRAPH, LOGIN
from emulator.entra.sign_in import PASSWORD, REFRESH_TOKEN, USERNAME
from emulator.worlds.secrets_provider import Application
from emulator.worlds.spec import CALLER, SUBSCRIPTION, TENANT
from tests.emulator.conftest import Running, StockAz

GROUP = "shop-rg"
TOKENS = f"{LOGIN}/{TENANT}/oauth2/v2.0/token"
GROUPS = f"{ARM}/subscriptions/{SUBSCRIPTION}/resourcegroups?api-version=2024-11-01"
BY_PASSWORD = {"grant_type": "password", "username": USERNAME, "password": PASSWORD}
BY_REFRESH_TOKEN = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
FOR_ARM = {"scope": f"{ARM}/.default offline_access", "client_id": "az"}
NEW_VAULT = ("keyvault", "create", "-n", "more-kv", "-g", GROUP, "--enable-rbac-authorization", "false")
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
Client = Callable[..., requests.Session]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("person")


@pytest.fixture(scope="module")
def her_az(folder: Path) -> Iterator[StockAz]:
    """An az with a configuration of its own, for a person's login."""
    stock = StockAz(folder)
    yield stock
    stock.close()


def graph(session: requests.Session, path: str, **query: str) -> Any:
    answer = session.get(f"{GRAPH}/v1.0/{path}", params=query)
    return answer.json()["value"] if answer.ok else answer.json()["error"]["message"]


def test_az_finds_a_person_logged_in_as_its_own_login_would_leave_her(
    running: Running, her_az: StockAz, folder: Path
) -> None:
    emulation = running()
    environment.log_in_person(emulation, folder)
    assert (folder / "azure" / "msal_token_cache.json").stat().st_mode & 0o777 == 0o600
    before = her_az(emulation, "account", "list").json
    assert GROUP in [group["name"] for group in her_az(emulation, "group", "list").json]
    again = her_az(emulation, "login", "--username", USERNAME, f"--password={PASSWORD}", "--tenant", TENANT)
    assert again.code == 0, again.output
    assert her_az(emulation, "account", "list").json == before


def test_a_persons_token_names_the_person_and_the_program(running: Running, client: Client) -> None:
    emulation = running()
    session = client(emulation, audience=None)
    for grant in (BY_PASSWORD, BY_REFRESH_TOKEN):
        answer = session.post(TOKENS, data=grant | FOR_ARM).json()
        assert answer["refresh_token"] == REFRESH_TOKEN
        claims = emulation.world.tokens.read(answer["access_token"])
        assert claims is not None
        me = emulation.world.ids.principal(CALLER)
        assert (claims["oid"], claims["upn"], claims["appid"], claims["idtyp"]) == (me, USERNAME, "az", "user")
        allowed = session.get(GROUPS, headers={"Authorization": f"Bearer {answer['access_token']}"})
        assert allowed.status_code == 200


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (BY_PASSWORD | FOR_ARM | {"password": "guessed"}, "AADSTS50126"),
        (BY_REFRESH_TOKEN | FOR_ARM | {"refresh_token": "guessed"}, "AADSTS9002313"),
        (FOR_ARM | {"grant_type": "client_credentials"}, "AADSTS70003"),
        (BY_PASSWORD, "AADSTS70011"),
    ],
)
def test_nobody_signs_in_without_the_password_or_a_token(
    running: Running, client: Client, form: dict[str, str], code: str
) -> None:
    answer = client(running(), audience=None).post(TOKENS, data=form)
    assert answer.status_code == 400 and answer.json()["error_description"].startswith(code)


def test_a_refusal_calls_a_person_by_name(running: Running, client: Client) -> None:
    emulation = running()
    token, _ = emulation.world.tokens.issue(emulation.world.ids.principal("stranger"), ARM, upn="stranger@shop.example")
    answer = client(emulation, audience=None).get(GROUPS, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["error"]["message"].startswith("The client 'stranger@shop.example' with object id")


def test_a_person_has_a_me_and_the_vaults_that_she_makes_are_hers(
    running: Running, her_az: StockAz, folder: Path
) -> None:
    emulation = running()
    environment.log_in_person(emulation, folder)
    me = her_az(emulation, "ad", "signed-in-user", "show").json
    assert (me["id"], me["userPrincipalName"]) == (emulation.world.ids.principal(CALLER), USERNAME)
    [policy] = her_az(emulation, *NEW_VAULT).json["properties"]["accessPolicies"]
    assert policy["objectId"] == me["id"] and policy["permissions"]["keys"] == ["all"]
    key = her_az(emulation, "keyvault", "key", "create", "--vault-name", "more-kv", "-n", "etcd")
    assert key.code == 0, key.output


def test_a_managed_identity_has_no_me_and_makes_no_vault_with_policies(running: Running, az: StockAz) -> None:
    emulation = running()
    asked = az(emulation, "ad", "signed-in-user", "show")
    assert asked.code == 1 and "/me request is only valid with delegated authentication flow." in asked.output
    refused = az(emulation, *NEW_VAULT)
    assert refused.code == 1 and "Unable to query active directory" in refused.output


def test_role_assignments_are_listed_with_the_names_of_their_principals(running: Running, az: StockAz) -> None:
    emulation = running("kms-on")
    named = {one["principalName"] for one in az(emulation, "role", "assignment", "list", "--all").json}
    identity = emulation.world.ids.uuid("client", emulation.world.ids.principal("shop-id"))
    assert named == {USERNAME, identity}


def test_principals_are_found_by_their_names(running: Running, client: Client) -> None:
    emulation = running()
    session = client(emulation, audience=GRAPH)
    [person] = graph(session, "users", **{"$filter": f"userPrincipalName eq '{USERNAME}'"})
    assert person["id"] == emulation.world.ids.principal(CALLER)
    assert graph(session, "users", **{"$filter": "userPrincipalName eq 'nobody@shop.example'"}) == []
    identity = emulation.world.ids.uuid("client", emulation.world.ids.principal("shop-id"))
    [program] = graph(session, "servicePrincipals", **{"$filter": f"servicePrincipalNames/any(c:c eq '{identity}')"})
    assert program["id"] == emulation.world.ids.principal("shop-id")
    assert graph(session, "servicePrincipals", **{"$filter": "servicePrincipalNames/any(c:c eq 'x')"}) == []


def test_an_application_is_a_principal_like_any(running: Running, client: Client) -> None:
    emulation = running(applications=(Application(),))
    ids = emulation.world.ids
    app = ids.uuid("client", ids.principal("shop-app"))
    session = client(emulation, audience=GRAPH)
    [found] = graph(session, "servicePrincipals", **{"$filter": f"servicePrincipalNames/any(c:c eq '{app}')"})
    assert (found["id"], found["servicePrincipalType"]) == (ids.principal("shop-app"), "Application")
    scope = f"{ARM}/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-rg/providers/Microsoft.Authorization"
    role = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    asked = {"properties": {"roleDefinitionId": role, "principalId": found["id"]}}
    url = f"{scope}/roleAssignments/{ids.uuid('assignment')}?api-version=2022-04-01"
    assert client(emulation).put(url, json=asked).status_code == 201


def test_graph_needs_a_token_of_its_own_and_has_little_else(running: Running, client: Client) -> None:
    emulation = running()
    assert client(emulation, audience=None).get(f"{GRAPH}/v1.0/users").status_code == 401
    assert client(emulation).get(f"{GRAPH}/v1.0/users").status_code == 401
    assert graph(client(emulation, audience=GRAPH), "groups") == "Resource not found for the segment 'groups'."
