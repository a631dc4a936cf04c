"""The routes of secrets: `https://<vault>.vault.emulator.test/secrets/...`."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.dataplane.keyvault.asking import allow, deleted_members, page
from emulator.dataplane.keyvault.secrets import SecretVersion

ROUTES = Routes()


def _bundle(call: Call, version: SecretVersion, *, with_value: bool = False) -> Answer:
    return Answer(200, version.bundle(call.world.keyvault.recovery(call.host), with_value=with_value))


def _version(call: Call) -> SecretVersion:
    return call.world.keyvault.secrets.shelf.version(call.host, call.params["name"], call.params.get("version"))


@ROUTES.route("PUT", "/secrets/{name}")
def set_secret(call: Call) -> Answer:
    """[REC] The answer has the value."""
    allow(call, "secret", "set")
    made = call.world.keyvault.secrets.set(call.host, call.params["name"], call.json() or {})
    return _bundle(call, made, with_value=True)


@ROUTES.route("GET", "/secrets")
def list_secrets(call: Call) -> Answer:
    """[D] Disabled and expired ones too, without their values."""
    allow(call, "secret", "list")
    recovery = call.world.keyvault.recovery(call.host)
    living = call.world.keyvault.secrets.shelf.living(call.host)
    return page(call, [one.newest.item(f"https://{call.host}/secrets/{one.name}", recovery) for one in living])


@ROUTES.route("GET", "/secrets/{name}/versions")
def list_versions(call: Call) -> Answer:
    """[D] All versions, without their values; [INF] in the order of their ids, as those of keys are."""
    allow(call, "secret", "list")
    recovery = call.world.keyvault.recovery(call.host)
    versions = call.world.keyvault.secrets.shelf.get(call.host, call.params["name"]).versions
    return page(call, [one.item(one.id, recovery) for one in sorted(versions, key=lambda one: one.version)])


@ROUTES.route("GET", "/secrets/{name}")
@ROUTES.route("GET", "/secrets/{name}/{version}")
def get(call: Call) -> Answer:
    """The newest version when none is named, also when it is disabled [D]."""
    allow(call, "secret", "get")
    version = _version(call)
    version.refuse_unless_readable()
    return _bundle(call, version, with_value=True)


@ROUTES.route("PATCH", "/secrets/{name}")
@ROUTES.route("PATCH", "/secrets/{name}/{version}")
def update(call: Call) -> Answer:
    allow(call, "secret", "update")
    version = _version(call)
    call.world.keyvault.secrets.update(version, call.json() or {})
    return _bundle(call, version)


@ROUTES.route("DELETE", "/secrets/{name}")
def delete(call: Call) -> Answer:
    allow(call, "secret", "delete")
    secrets = call.world.keyvault.secrets
    found = secrets.delete(call.host, call.params["name"])
    bundle = found.newest.bundle(call.world.keyvault.recovery(call.host), with_value=False)
    return Answer(200, {**deleted_members(call, secrets.shelf, found), **bundle})


@ROUTES.route("GET", "/deletedsecrets")
def list_deleted(call: Call) -> Answer:
    allow(call, "secret", "list")
    shelf, recovery = call.world.keyvault.secrets.shelf, call.world.keyvault.recovery(call.host)
    return page(
        call,
        [
            {
                **deleted_members(call, shelf, one),
                **one.newest.item(f"https://{call.host}/secrets/{one.name}", recovery),
            }
            for one in shelf.deleted(call.host)
        ],
    )


@ROUTES.route("GET", "/deletedsecrets/{name}")
def get_deleted(call: Call) -> Answer:
    allow(call, "secret", "get deleted")
    shelf = call.world.keyvault.secrets.shelf
    found = shelf.get_deleted(call.host, call.params["name"])
    bundle = found.newest.bundle(call.world.keyvault.recovery(call.host), with_value=False)
    return Answer(200, {**deleted_members(call, shelf, found), **bundle})


@ROUTES.route("POST", "/deletedsecrets/{name}/recover")
def recover(call: Call) -> Answer:
    allow(call, "secret", "recover")
    shelf = call.world.keyvault.secrets.shelf
    return _bundle(call, shelf.recover(call.host, call.params["name"]).newest)


@ROUTES.route("DELETE", "/deletedsecrets/{name}")
def purge(call: Call) -> Answer:
    allow(call, "secret", "purge")
    call.world.keyvault.secrets.shelf.purge(call.host, call.params["name"])
    return Answer(204)
