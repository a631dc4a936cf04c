"""What Azure says of itself to clients: the endpoints of a cloud, and tokens for a managed identity."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.worlds import private_dns
from emulator.worlds.spec import CALLER

CLOUD = "EmulatedAzure"
ARM = "https://management.emulator.test"
LOGIN = "https://login.emulator.test"
GRAPH = "https://graph.emulator.test"
VAULT_SUFFIX = "vault.emulator.test"
VAULTCORE, VAULT_ZONE = private_dns.VAULTCORE, private_dns.VAULT_ZONE


def endpoints(call: Call) -> Answer:
    """GET /metadata/endpoints at ARM's host: one object since 2022-09-01, a list of clouds before. [REC]"""
    cloud = {
        "name": CLOUD,
        "resourceManager": ARM,
        "authentication": {
            "loginEndpoint": LOGIN,
            "audiences": [ARM, f"{ARM}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {"keyVaultDns": VAULT_SUFFIX},
        "microsoftGraphResourceId": f"{GRAPH}/",
    }
    return Answer(200, cloud if call.query.get("api-version", "") >= "2022-09-01" else [cloud])


def managed_identity_token(call: Call, identity_header: str) -> Answer:
    """GET /msi/token, App Service's flavour: `expires_on` in seconds since 1970, as text. [D] The identity is the
    caller of the world."""
    if call.headers.get("x-identity-header") != identity_header:
        return _refused(401, "unauthorized", "X-IDENTITY-HEADER is missing or wrong.")
    if call.query.get("api-version") != "2019-08-01":
        return _refused(400, "invalid_request", "The api-version is not 2019-08-01.")
    resource = call.query.get("resource")
    if not resource:
        return _refused(400, "invalid_request", "The resource is missing.")
    ids = call.world.ids
    app_id = ids.uuid("client", CALLER)
    if call.query.get("client_id", app_id) != app_id:
        return _refused(400, "invalid_request", "No managed identity has this client_id.")
    token, expires_on = call.world.tokens.issue(ids.principal(CALLER), resource, appid=app_id)
    body = {
        "access_token": token,
        "client_id": app_id,
        "expires_on": str(expires_on),
        "resource": resource,
        "token_type": "Bearer",
    }
    return Answer(200, body)


def _refused(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"statusCode": status, "error": code, "message": message})
