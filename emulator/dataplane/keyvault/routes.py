"""The HTTP face of the vaults: `https://<vault>.vault.emulator.test/secrets/...`: who is let in, then the routes."""

from __future__ import annotations

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.dataplane.keyvault import access, certificate_routes, key_routes, refusals, secret_routes
from emulator.dataplane.keyvault.asking import caller_of
from emulator.entra.tokens import TokenRefused

AUDIENCE = "https://vault.emulator.test"
API_VERSIONS = (
    "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5-preview.1", "7.5", "7.6-preview.1", "7.6-preview.2", "7.6",
    "2025-06-01-preview", "2025-07-01", "2026-01-01-preview",
)  # fmt: skip
_REFUSED_TOKEN = {
    "missing": "AKV10000: Request is missing a Bearer or PoP token.",
    "audience": f"AKV10022: Invalid audience. Expected {AUDIENCE}, found: {{audience}}.",
    "malformed": "[BearerReadAccessTokenFailed] Error validating token: IDX12709: JWT is not well formed.",
    "forged": "[BearerReadAccessTokenFailed] Error validating token: IDX10511: Signature validation failed.",
    "expired": "[BearerReadAccessTokenFailed] Error validating token: IDX10223: Lifetime validation failed. "
    "The token is expired.",
}
"""What is wrong with a token -> the text; the last three are inferred from the library that the service names [INF]."""

routes = Routes()
for _part in (key_routes, secret_routes, certificate_routes):
    routes.routes += _part.ROUTES.routes


def answer(call: Call) -> Answer:
    """One request to a vault; the order of the checks is the service's: token, firewall, version, rights [ISS]."""
    vault = call.world.keyvault.vault(call.host)
    address = call.source or access.CLIENT_ADDRESS
    headers = {
        "x-ms-keyvault-network-info": f"conn_type=Ipv4;addr={address};act_addr_fam=InterNetwork;",
        "x-ms-keyvault-service-version": "1.9.2500.1",
    }
    if vault is None:
        # A name without a vault does not resolve; behind a proxy that is what a gateway says.
        return Answer(502, f"Could not resolve host: {call.host}\n".encode(), {"Content-Type": "text/plain"})
    headers["x-ms-keyvault-region"] = str(vault.body["location"])
    try:
        found = _checked(call, vault)
    except Refusal as refusal:
        found = refusal.answer
    found.headers.update(headers)
    return found


def _checked(call: Call, vault: Resource) -> Answer:
    if call.path == "/healthstatus":
        access.refuse_unless_connected(vault, call.endpoint_id)
        return Answer(200, b"[]\r\n", {"Content-Type": "application/json; charset=utf-8"})
    _authenticate(call, vault)
    access.refuse_unless_connected(vault, call.endpoint_id, str(caller_of(call)))
    access.refuse_unless_reachable(vault, caller_of(call))
    call.world.keyvault.throttle.take(vault)
    version = call.query.get("api-version", "")
    if version not in API_VERSIONS:
        text = f"The specified version ({version}) is not recognized. Consider using the latest supported version "
        raise refusals.bad_parameter(f"{text}({API_VERSIONS[-2]}).")
    found = routes.find(call.method, call.path)
    if found is None:
        raise refusals.bad_parameter("Method not supported for this path.")
    route, call.params = found
    return route.handler(call)


def _authenticate(call: Call, vault: Resource) -> None:
    """Puts the token's claims into the call.

    Raises Refusal: 401 with the challenge; a first request without a token is how clients learn the tenant [REC].
    """
    tenant = vault.body["properties"].get("tenantId")
    challenge = f'Bearer authorization="https://login.emulator.test/{tenant}", resource="{AUDIENCE}"'
    try:
        call.claims = call.world.tokens.check(call.headers.get("authorization"), (AUDIENCE,))
    except TokenRefused as refused:
        text = _REFUSED_TOKEN[refused.reason].format(audience=refused.audience)
        raise refusals.unauthorized(text, challenge) from refused
    if call.claims["tid"].lower() != str(tenant).lower():
        raise refusals.wrong_issuer(str(tenant), call.claims["tid"], challenge)
