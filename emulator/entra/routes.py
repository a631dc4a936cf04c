"""login.emulator.test: what clients read of a tenant. Nobody logs in here: az uses a managed identity."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.entra.metadata import LOGIN

ROUTES = Routes()


@ROUTES.route("GET", "/{tenant}/v2.0/.well-known/openid-configuration")
@ROUTES.route("GET", "/{tenant}/.well-known/openid-configuration")
def openid_configuration(call: Call) -> Answer:
    """The three members that MSAL reads. [CLI]"""
    tenant = f"{LOGIN}/{call.params['tenant']}"
    return Answer(
        200,
        {
            "issuer": f"{tenant}/v2.0",
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
        },
    )


def answer(call: Call) -> Answer:
    """Answers one request at the login host."""
    if found := ROUTES.find(call.method, call.path):
        route, call.params = found
        return route.handler(call)
    return Answer(404, {"error": "invalid_request", "error_description": "AADSTS900561: there is no such endpoint."})
