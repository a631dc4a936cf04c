"""The HTTP face of the vaults: `https://<vault>.vault.emulator.test/keys/...`."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.dataplane.keyvault import access, algorithms, refusals
from emulator.dataplane.keyvault.keys import Key
from emulator.dataplane.keyvault.versions import KeyVersion
from emulator.entra.tokens import TokenRefused

AUDIENCE = "https://vault.emulator.test"
API_VERSIONS = (
    "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5-preview.1", "7.5", "7.6-preview.1", "7.6-preview.2", "7.6",
    "2025-06-01-preview", "2025-07-01", "2026-01-01-preview",
)  # fmt: skip
_PAGE = 25
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
    access.refuse_unless_connected(vault, call.endpoint_id, str(_caller(call)))
    access.refuse_unless_reachable(vault, _caller(call))
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


def _caller(call: Call) -> access.Caller:
    caller = access.Caller(call.claims["oid"], call.claims["tid"], app_id=call.claims.get("appid"))
    if call.endpoint_id:
        return replace(caller, path="private", address=call.source)
    return replace(caller, address=call.source) if call.source else caller


def _allow(call: Call, permission: str) -> None:
    """Raises Refusal: 403 when the caller lacks the permission for the key in the path, or for all keys."""
    vault = call.world.keyvault.vault(call.host)
    assert vault is not None
    access.refuse_unless_allowed(call.world, vault, _caller(call), permission, call.params.get("name", ""))


def _bundle(call: Call, version: KeyVersion) -> Answer:
    return Answer(200, version.bundle(call.world.keyvault.recovery(call.host)))


def _version(call: Call) -> KeyVersion:
    name, version = call.params["name"], call.params.get("version")
    return call.world.keyvault.version("/".join(filter(None, [f"https://{call.host}/keys", name, version])))


def _page(call: Call, items: Sequence[Mapping[str, Any]]) -> Answer:
    """One page; where it goes on is in an opaque `$skiptoken` of nextLink."""
    limit = call.query.get("maxresults", str(_PAGE))
    if not limit.isdigit() or not 1 <= int(limit) <= _PAGE:
        raise refusals.bad_parameter("maxresults must be in range from 1 to 25")
    try:
        start = int(base64.urlsafe_b64decode(call.query.get("$skiptoken", "MA==")))
    except ValueError as error:
        raise refusals.bad_parameter("The skiptoken is invalid.") from error
    end = start + int(limit)
    link = None
    if end < len(items):
        token = base64.urlsafe_b64encode(str(end).encode()).decode()
        version = call.query["api-version"]
        link = f"https://{call.host}{call.path}?api-version={version}&$skiptoken={token}&maxresults={limit}"
    return Answer(200, {"value": list(items[start:end]), "nextLink": link})


def _deleted(call: Call, key: Key) -> dict[str, Any]:
    """What a deleted key's answers have before its bundle or item."""
    return {
        "recoveryId": f"https://{call.host}/deletedkeys/{key.name}",
        "deletedDate": key.deleted,
        "scheduledPurgeDate": call.world.keyvault.purge_date(call.host, key),
    }


@routes.route("POST", "/keys/{name}/create")
def create(call: Call) -> Answer:
    _allow(call, "create")
    return _bundle(call, call.world.keyvault.create(call.host, call.params["name"], call.json() or {}))


@routes.route("POST", "/keys/{name}/rotate")
def rotate(call: Call) -> Answer:
    """A new version like the newest one; its window of validity is not carried over [D]."""
    _allow(call, "rotate")
    newest = call.world.keyvault.key(call.host, call.params["name"]).versions[-1]
    public = newest.bundle({})["key"]
    request = {"kty": newest.kty, "key_ops": newest.key_ops, "tags": newest.tags, "crv": public.get("crv")}
    request["key_size"] = newest.private_key.key_size
    return _bundle(call, call.world.keyvault.create(call.host, newest.name, request))


@routes.route("GET", "/keys")
def list_keys(call: Call) -> Answer:
    _allow(call, "list")
    recovery = call.world.keyvault.recovery(call.host)
    keys = call.world.keyvault.living(call.host)
    return _page(call, [key.versions[-1].item(f"https://{call.host}/keys/{key.name}", recovery) for key in keys])


@routes.route("GET", "/keys/{name}/versions")
def list_versions(call: Call) -> Answer:
    """All versions in the order of their ids, which is not the order of their making [REC]."""
    _allow(call, "list")
    recovery = call.world.keyvault.recovery(call.host)
    versions = call.world.keyvault.key(call.host, call.params["name"]).versions
    return _page(call, [one.item(one.kid, recovery) for one in sorted(versions, key=lambda one: one.version)])


@routes.route("GET", "/keys/{name}")
@routes.route("GET", "/keys/{name}/{version}")
def get(call: Call) -> Answer:
    _allow(call, "get")
    return _bundle(call, _version(call))


@routes.route("PATCH", "/keys/{name}")
@routes.route("PATCH", "/keys/{name}/{version}")
def update(call: Call) -> Answer:
    _allow(call, "update")
    version = _version(call)
    version.change(call.json() or {}, int(call.world.clock.now().timestamp()))
    return _bundle(call, version)


@routes.route("DELETE", "/keys/{name}")
def delete(call: Call) -> Answer:
    _allow(call, "delete")
    key = call.world.keyvault.delete(call.host, call.params["name"])
    bundle = key.versions[-1].bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**_deleted(call, key), **bundle})


@routes.route("GET", "/deletedkeys")
def list_deleted(call: Call) -> Answer:
    _allow(call, "list")
    recovery = call.world.keyvault.recovery(call.host)
    return _page(
        call,
        [
            {**_deleted(call, key), **key.versions[-1].item(f"https://{call.host}/keys/{key.name}", recovery)}
            for key in call.world.keyvault.deleted(call.host)
        ],
    )


@routes.route("GET", "/deletedkeys/{name}")
def get_deleted(call: Call) -> Answer:
    _allow(call, "get")
    key = call.world.keyvault.deleted_key(call.host, call.params["name"])
    bundle = key.versions[-1].bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**_deleted(call, key), **bundle})


@routes.route("POST", "/deletedkeys/{name}/recover")
def recover(call: Call) -> Answer:
    _allow(call, "recover")
    return _bundle(call, call.world.keyvault.recover(call.host, call.params["name"]).versions[-1])


@routes.route("DELETE", "/deletedkeys/{name}")
def purge(call: Call) -> Answer:
    _allow(call, "purge")
    call.world.keyvault.purge(call.host, call.params["name"])
    return Answer(204)


def _crypto(call: Call, operation: str) -> Answer:
    """`{alg, value}` in, `{kid, value}` out; without a version in the path the newest one is used."""
    _allow(call, operation)
    request = call.json() or {}
    version = _version(call)
    value = algorithms.decoded(request.get("value", ""))
    result = call.world.keyvault.apply(version, operation, request.get("alg", ""), value)
    return Answer(200, {"kid": version.kid, "value": algorithms.encoded(result)})


@routes.route("POST", "/keys/{name}/encrypt")
@routes.route("POST", "/keys/{name}/{version}/encrypt")
def encrypt(call: Call) -> Answer:
    return _crypto(call, "encrypt")


@routes.route("POST", "/keys/{name}/decrypt")
@routes.route("POST", "/keys/{name}/{version}/decrypt")
def decrypt(call: Call) -> Answer:
    return _crypto(call, "decrypt")


@routes.route("POST", "/keys/{name}/wrapkey")
@routes.route("POST", "/keys/{name}/{version}/wrapkey")
def wrap_key(call: Call) -> Answer:
    return _crypto(call, "wrapKey")


@routes.route("POST", "/keys/{name}/unwrapkey")
@routes.route("POST", "/keys/{name}/{version}/unwrapkey")
def unwrap_key(call: Call) -> Answer:
    return _crypto(call, "unwrapKey")
