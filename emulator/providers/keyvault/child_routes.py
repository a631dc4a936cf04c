"""What lies below a vault: keys as ARM resources, private endpoint connections, private link resources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM, VAULT_ZONE
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.keyvault import connections
from emulator.providers.keyvault.vaults import VAULTS, host_of

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "secp256k1": "P-256K"}
FindVault = Callable[[Call], Resource]


def declare_child_routes(routes: Routes, vault: str, find: FindVault) -> None:
    """Adds the routes below `vault`, the template of a vault's path."""
    _declare_key_routes(routes, vault, find)
    _declare_endpoint_routes(routes, vault, find)
    _declare_link_route(routes, vault, find)


def _declare_key_routes(routes: Routes, vault: str, find: FindVault) -> None:
    @routes.route("GET", vault + "/keys")
    def list_keys(call: Call) -> Answer:
        owner = find(call)
        keys = call.world.keyvault.living(host_of(owner.body["name"]))
        return Answer(200, {"value": [key_document(owner, key.versions[-1], brief=True) for key in keys]})

    @routes.route("GET", vault + "/keys/{key}")
    def get_key(call: Call) -> Answer:
        return Answer(200, key_document(find(call), _newest(call, find(call))))

    @routes.route("PUT", vault + "/keys/{key}")
    def put_key(call: Call) -> Answer:
        """[ISS ASO#3188] Makes the first version only; a key that is there comes back unchanged. No firewall."""
        owner = find(call)
        try:
            version = _newest(call, owner)
        except Refusal:
            version = call.world.keyvault.create(host_of(owner.body["name"]), call.params["key"], _create_request(call))
        return Answer(200, key_document(owner, version))

    @routes.route("GET", vault + "/keys/{key}/versions")
    def list_versions(call: Call) -> Answer:
        owner = find(call)
        versions = call.world.keyvault.key(host_of(owner.body["name"]), call.params["key"]).versions
        return Answer(200, {"value": [version_document(owner, version, brief=True) for version in versions]})

    @routes.route("GET", vault + "/keys/{key}/versions/{version}")
    def get_version(call: Call) -> Answer:
        owner = find(call)
        kid = f"https://{host_of(owner.body['name'])}/keys/{call.params['key']}/{call.params['version']}"
        return Answer(200, version_document(owner, call.world.keyvault.version(kid)))


def _newest(call: Call, owner: Resource) -> Any:
    """The newest version. Raises Refusal: 404."""
    try:
        return call.world.keyvault.key(host_of(owner.body["name"]), call.params["key"]).versions[-1]
    except Refusal:
        name = f"{owner.body['name']}/{call.params['key']}"
        raise resource_not_found(f"{VAULTS}/keys", name, call.params["group"]) from None


def _create_request(call: Call) -> dict[str, Any]:
    """The data plane's create body for what ARM was asked: the members have other names there [SPEC]."""
    asked = (call.json() or {}).get("properties") or {}
    names = {"kty": "kty", "keySize": "key_size", "curveName": "crv", "keyOps": "key_ops", "attributes": "attributes"}
    request = {other: asked[own] for own, other in names.items() if asked.get(own) is not None}
    if not request.get("kty"):
        raise arm_error(400, "BadRequest", "The property kty is required.")
    return {**request, "tags": (call.json() or {}).get("tags") or {}}


def key_document(owner: Resource, version: Any, brief: bool = False) -> dict[str, Any]:
    """[SPEC] A key as an ARM resource, as its newest version is; a list leaves keyUriWithVersion out."""
    key_id = f"{owner.id}/keys/{version.name}"
    return _document(owner, version, brief) | {"id": key_id, "name": version.name, "type": f"{VAULTS}/keys"}


def version_document(owner: Resource, version: Any, brief: bool = False) -> dict[str, Any]:
    """[SPEC] One version of a key as an ARM resource."""
    version_id = f"{owner.id}/keys/{version.name}/versions/{version.version}"
    own = {"id": version_id, "name": version.version, "type": f"{VAULTS}/keys/versions"}
    return _document(owner, version, brief) | own


def _document(owner: Resource, version: Any, brief: bool) -> dict[str, Any]:
    window = {"nbf": version.nbf, "exp": version.exp}
    attributes = {
        "enabled": version.enabled,
        **{name: value for name, value in window.items() if value is not None},
        "created": version.created,
        "updated": version.updated,
        "exportable": False,
    }
    properties: dict[str, Any] = {"attributes": attributes, "keyUri": version.kid.rpartition("/")[0]}
    if not brief:
        properties |= {"kty": version.kty, "keyOps": list(version.key_ops), "keyUriWithVersion": version.kid}
        private_key = version.private_key
        curve = getattr(private_key, "curve", None)
        properties |= {"curveName": _CURVES[curve.name]} if curve else {"keySize": private_key.key_size}
    return {"location": owner.body["location"], "tags": dict(version.tags), "properties": properties}


def _declare_endpoint_routes(routes: Routes, vault: str, find: FindVault) -> None:
    @routes.route("GET", vault + "/privateEndpointConnections")
    def list_connections(call: Call) -> Answer:
        owner = find(call)
        return Answer(200, {"value": [connections.document(owner, one) for one in connections.connections_of(owner)]})

    @routes.route("GET", vault + "/privateEndpointConnections/{connection}")
    def get_connection(call: Call) -> Answer:
        owner = find(call)
        if "kv-operation" in call.query and connections.connection_named(owner, call.params["connection"]) is None:
            return Answer(204)
        return Answer(200, connections.document(owner, _connection(call, owner)))

    @routes.route("PUT", vault + "/privateEndpointConnections/{connection}")
    def put_connection(call: Call) -> Answer:
        """[REC] 200 and Updating; the operation's URL is the connection's own."""
        owner = find(call)
        connection = _connection(call, owner)
        connections.decide(call.world, connection, call.json() or {})
        document = connections.document(owner, connection)
        document["properties"] = {**document["properties"], "provisioningState": "Updating"}
        return Answer(200, document, {"Azure-AsyncOperation": _poll_url(call, "approve")})

    @routes.route("DELETE", vault + "/privateEndpointConnections/{connection}")
    def delete_connection(call: Call) -> Answer:
        """[REC] 202 with a location."""
        owner = find(call)
        connection = connections.connection_named(owner, call.params["connection"])
        if connection is None:
            return Answer(204)
        connections.disconnect(call.world, owner, connection)
        return Answer(202, None, {"Location": _poll_url(call, "delete")})


def _declare_link_route(routes: Routes, vault: str, find: FindVault) -> None:
    @routes.route("GET", vault + "/privateLinkResources")
    def list_private_link_resources(call: Call) -> Answer:
        resource = {
            "id": f"{find(call).id}/privateLinkResources/vault",
            "name": "vault",
            "type": f"{VAULTS}/privateLinkResources",
            "properties": {
                "groupId": "vault",
                "requiredMembers": ["default"],
                "requiredZoneNames": [VAULT_ZONE],
            },
        }
        return Answer(200, {"value": [resource]})


def _connection(call: Call, owner: Resource) -> dict[str, Any]:
    found = connections.connection_named(owner, call.params["connection"])
    if found is None:
        name = f"{owner.body['name']}/{call.params['connection']}"
        raise resource_not_found(f"{VAULTS}/privateEndpointConnections", name, call.params["group"])
    return found


def _poll_url(call: Call, verb: str) -> str:
    return f"{ARM}{call.path}?api-version={call.query['api-version']}&kv-operation={verb}"
