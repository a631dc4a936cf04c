"""Entra's sign-in host: where its endpoints are, and tokens for a person, by password or refresh token. The person is
the caller of the world."""

from __future__ import annotations

import base64
import json
import secrets
from urllib.parse import parse_qsl

from emulator.core.http import Answer, Call
from emulator.entra.metadata import LOGIN
from emulator.worlds.spec import CALLER, TENANT

USERNAME = f"{CALLER}@shop.example"
PASSWORD = secrets.token_urlsafe(24)
REFRESH_TOKEN = secrets.token_urlsafe(48)
"""Both are of the process: whoever was logged in before a reset of the world is so after it."""
_DISCOVERY = "/v2.0/.well-known/openid-configuration"
_TOKEN = "/oauth2/v2.0/token"
_TENANTS = (TENANT, "organizations", "common")


def answer(call: Call) -> Answer:
    """One request to the sign-in host; what it does not have is a 404."""
    tenant, slash, rest = call.path.lstrip("/").partition("/")
    endpoint = slash + rest
    if tenant in _TENANTS and (call.method, endpoint) == ("GET", _DISCOVERY):
        return Answer(200, _discovery(tenant))
    if tenant in _TENANTS and (call.method, endpoint) == ("POST", _TOKEN):
        return _token(call)
    return Answer(404)


def _discovery(tenant: str) -> dict[str, str]:
    """[D] What clients read before they ask for a token."""
    return {
        "issuer": f"{LOGIN}/{TENANT}/v2.0",
        "authorization_endpoint": f"{LOGIN}/{tenant}/oauth2/v2.0/authorize",
        "token_endpoint": f"{LOGIN}/{tenant}{_TOKEN}",
        "device_authorization_endpoint": f"{LOGIN}/{tenant}/oauth2/v2.0/devicecode",
    }


def _token(call: Call) -> Answer:
    """[RFC] The grants password and refresh_token. The audience is the scope that ends in `/.default` [D]."""
    form = dict(parse_qsl(call.body.decode()))
    grant = form.get("grant_type")
    if grant not in ("password", "refresh_token"):
        return _refused("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
    if grant == "password" and (form.get("username"), form.get("password")) != (USERNAME, PASSWORD):
        text = "AADSTS50126: Error validating credentials due to invalid username or password."
        return _refused("invalid_grant", text)
    if grant == "refresh_token" and form.get("refresh_token") != REFRESH_TOKEN:
        return _refused("invalid_grant", "AADSTS9002313: Invalid request. Request is malformed or invalid.")
    wanted = [scope for scope in form.get("scope", "").split(" ") if scope.endswith("/.default")]
    if not wanted:
        return _refused("invalid_scope", "AADSTS70011: The provided request must include a 'scope' input parameter.")
    return Answer(200, _tokens_for(call, wanted[0], form.get("client_id", "")))


def _tokens_for(call: Call, scope: str, client: str) -> dict[str, object]:
    """[D] A person's tokens name the person (oid, upn) and the program that asked (appid)."""
    tokens, oid = call.world.tokens, call.world.ids.principal(CALLER)
    access, _ = tokens.issue(oid, scope.removesuffix("/.default"), idtyp="user", upn=USERNAME, appid=client)
    identity, _ = tokens.issue(oid, client, preferred_username=USERNAME, ver="2.0")
    return {
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": int(tokens.lifetime_seconds),
        "access_token": access,
        "refresh_token": REFRESH_TOKEN,
        "id_token": identity,
        "client_info": base64.urlsafe_b64encode(json.dumps({"uid": oid, "utid": TENANT}).encode()).decode(),
    }


def _refused(error: str, description: str) -> Answer:
    return Answer(400, {"error": error, "error_description": description})
