"""The routes of keys: `https://<vault>.vault.emulator.test/keys/...`."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.dataplane.keyvault import algorithms
from emulator.dataplane.keyvault.asking import allow, deleted_members, page
from emulator.dataplane.keyvault.versions import KeyVersion

ROUTES = Routes()


def _bundle(call: Call, version: KeyVersion) -> Answer:
    return Answer(200, version.bundle(call.world.keyvault.recovery(call.host)))


def _version(call: Call) -> KeyVersion:
    name, version = call.params["name"], call.params.get("version")
    return call.world.keyvault.version("/".join(filter(None, [f"https://{call.host}/keys", name, version])))


@ROUTES.route("POST", "/keys/{name}/create")
def create(call: Call) -> Answer:
    allow(call, "key", "create")
    return _bundle(call, call.world.keyvault.create(call.host, call.params["name"], call.json() or {}))


@ROUTES.route("POST", "/keys/{name}/rotate")
def rotate(call: Call) -> Answer:
    """A new version like the newest one; its window of validity is not carried over [D]."""
    allow(call, "key", "rotate")
    newest = call.world.keyvault.key(call.host, call.params["name"]).versions[-1]
    public = newest.bundle({})["key"]
    request = {"kty": newest.kty, "key_ops": newest.key_ops, "tags": newest.tags, "crv": public.get("crv")}
    request["key_size"] = newest.private_key.key_size
    return _bundle(call, call.world.keyvault.create(call.host, newest.name, request))


@ROUTES.route("GET", "/keys")
def list_keys(call: Call) -> Answer:
    allow(call, "key", "list")
    recovery = call.world.keyvault.recovery(call.host)
    keys = call.world.keyvault.living(call.host)
    return page(call, [key.versions[-1].item(f"https://{call.host}/keys/{key.name}", recovery) for key in keys])


@ROUTES.route("GET", "/keys/{name}/versions")
def list_versions(call: Call) -> Answer:
    """All versions in the order of their ids, which is not the order of their making [REC]."""
    allow(call, "key", "list")
    recovery = call.world.keyvault.recovery(call.host)
    versions = call.world.keyvault.key(call.host, call.params["name"]).versions
    return page(call, [one.item(one.kid, recovery) for one in sorted(versions, key=lambda one: one.version)])


@ROUTES.route("GET", "/keys/{name}")
@ROUTES.route("GET", "/keys/{name}/{version}")
def get(call: Call) -> Answer:
    allow(call, "key", "get")
    return _bundle(call, _version(call))


@ROUTES.route("PATCH", "/keys/{name}")
@ROUTES.route("PATCH", "/keys/{name}/{version}")
def update(call: Call) -> Answer:
    allow(call, "key", "update")
    version = _version(call)
    version.change(call.json() or {}, int(call.world.clock.now().timestamp()))
    return _bundle(call, version)


@ROUTES.route("DELETE", "/keys/{name}")
def delete(call: Call) -> Answer:
    allow(call, "key", "delete")
    key = call.world.keyvault.delete(call.host, call.params["name"])
    bundle = key.versions[-1].bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**deleted_members(call, call.world.keyvault.keys, key), **bundle})


@ROUTES.route("GET", "/deletedkeys")
def list_deleted(call: Call) -> Answer:
    allow(call, "key", "list")
    recovery = call.world.keyvault.recovery(call.host)
    return page(
        call,
        [
            {
                **deleted_members(call, call.world.keyvault.keys, key),
                **key.versions[-1].item(f"https://{call.host}/keys/{key.name}", recovery),
            }
            for key in call.world.keyvault.deleted(call.host)
        ],
    )


@ROUTES.route("GET", "/deletedkeys/{name}")
def get_deleted(call: Call) -> Answer:
    allow(call, "key", "get")
    key = call.world.keyvault.keys.get_deleted(call.host, call.params["name"])
    bundle = key.versions[-1].bundle(call.world.keyvault.recovery(call.host))
    return Answer(200, {**deleted_members(call, call.world.keyvault.keys, key), **bundle})


@ROUTES.route("POST", "/deletedkeys/{name}/recover")
def recover(call: Call) -> Answer:
    allow(call, "key", "recover")
    return _bundle(call, call.world.keyvault.recover(call.host, call.params["name"]).versions[-1])


@ROUTES.route("DELETE", "/deletedkeys/{name}")
def purge(call: Call) -> Answer:
    allow(call, "key", "purge")
    call.world.keyvault.purge(call.host, call.params["name"])
    return Answer(204)


def _crypto(call: Call, operation: str) -> Answer:
    """`{alg, value}` in, `{kid, value}` out; without a version in the path the newest one is used."""
    allow(call, "key", operation)
    request = call.json() or {}
    version = _version(call)
    value = algorithms.decoded(request.get("value", ""))
    result = call.world.keyvault.apply(version, operation, request.get("alg", ""), value)
    return Answer(200, {"kid": version.kid, "value": algorithms.encoded(result)})


@ROUTES.route("POST", "/keys/{name}/encrypt")
@ROUTES.route("POST", "/keys/{name}/{version}/encrypt")
def encrypt(call: Call) -> Answer:
    return _crypto(call, "encrypt")


@ROUTES.route("POST", "/keys/{name}/decrypt")
@ROUTES.route("POST", "/keys/{name}/{version}/decrypt")
def decrypt(call: Call) -> Answer:
    return _crypto(call, "decrypt")


@ROUTES.route("POST", "/keys/{name}/wrapkey")
@ROUTES.route("POST", "/keys/{name}/{version}/wrapkey")
def wrap_key(call: Call) -> Answer:
    return _crypto(call, "wrapKey")


@ROUTES.route("POST", "/keys/{name}/unwrapkey")
@ROUTES.route("POST", "/keys/{name}/{version}/unwrapkey")
def unwrap_key(call: Call) -> Answer:
    return _crypto(call, "unwrapKey")
