"""Microsoft.KeyVault: vaults, deleted vaults, access policies, names. Their keys and endpoints are in child_routes."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.keyvault import policies, vault_rules, vaults
from emulator.providers.keyvault.child_routes import declare_child_routes

ROUTES = Routes()
_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
_VAULTS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults"
_VAULT = _VAULTS + "/{vault}"
_DELETED = _SUBSCRIPTION + "/locations/{location}/deletedVaults/{vault}"


def vault_of(call: Call) -> Resource:
    """The vault in the path. Raises Refusal: 404 ResourceNotFound."""
    found = call.world.resources.get(call.path.lower().partition("/vaults/")[0] + "/vaults/" + call.params["vault"])
    if found is None:
        raise resource_not_found(vaults.VAULTS, call.params["vault"], call.params["group"])
    return found


def _shown(call: Call, vault: Resource) -> dict[str, Any]:
    return vaults.shown(call.world, vault, call.query["api-version"])


declare_child_routes(ROUTES, _VAULT, vault_of)


@ROUTES.route("GET", _SUBSCRIPTION + "/vaults")
@ROUTES.route("GET", _VAULTS)
def list_vaults(call: Call) -> Answer:
    """[REC] A page that is not empty names a next one, which is."""
    scope = call.path.lower().partition("/providers/")[0]
    return _page(call, [_shown(call, vault) for vault in call.world.resources.under(scope, vaults.VAULTS)])


def _page(call: Call, listed: list[dict[str, Any]]) -> Answer:
    if not listed or "$skiptoken" in call.query:
        return Answer(200, {"value": []})
    version = call.query["api-version"]
    link = f"{ARM}{call.path}?api-version={version}&$skiptoken=ServiceBased,Tm9uZSw="
    return Answer(200, {"value": listed, "nextLink": link})


@ROUTES.route("GET", _VAULT)
def get_vault(call: Call) -> Answer:
    return Answer(200, _shown(call, vault_of(call)))


@ROUTES.route("PUT", _VAULT)
def put_vault(call: Call) -> Answer:
    """[REC] 200 at once, without a long-running operation."""
    world, request, name = call.world, call.json() or {}, call.params["vault"]
    existing = world.resources.get(call.path)
    if existing is None:
        request = vaults.with_defaults(request, call.query["api-version"])
    asked = request.get("properties") or {}
    vault_rules.refuse_bad_name(name)
    vault_rules.refuse_incomplete(request)
    vault_rules.refuse_undoing_protection(existing, asked)
    if asked.get("createMode") == "recover":
        return Answer(200, _recovered(call).body)
    if existing is None:
        wanted_id = vaults.vault_id(call.params["subscription"], call.params["group"], name)
        vault_rules.refuse_taken_name(world, wanted_id, name)
        created = vaults.create(world, wanted_id, request, world.clock.now())
        return Answer(200, vaults.of_version(vaults.as_created(created), call.query["api-version"]))
    vault_rules.refuse_move(existing, request, call.params["group"])
    vaults.replace(world, existing, request)
    return Answer(200, _shown(call, existing))


def _recovered(call: Call) -> Resource:
    deleted = vaults.deleted_named(call.world, call.params["vault"])
    if deleted is None:
        raise _deleted_not_found(call.params["vault"])
    return vaults.recover(call.world, deleted)


@ROUTES.route("PATCH", _VAULT)
def patch_vault(call: Call) -> Answer:
    vault, request = vault_of(call), call.json() or {}
    vault_rules.refuse_undoing_protection(vault, request.get("properties") or {})
    vaults.change(call.world, vault, request)
    return Answer(200, _shown(call, vault))


@ROUTES.route("DELETE", _VAULT)
def delete_vault(call: Call) -> Answer:
    """[REC] 200 with an empty body."""
    vault = call.world.resources.get(call.path)
    if vault is None:
        return Answer(204)
    vaults.delete(call.world, vault)
    return Answer(200)


@ROUTES.route("PUT", _VAULT + "/accessPolicies/{operation}")
def put_access_policies(call: Call) -> Answer:
    """[SPEC] The answer holds the vault's access policies after the change; with RBAC they mean nothing."""
    vault = vault_of(call)
    asked = ((call.json() or {}).get("properties") or {}).get("accessPolicies") or []
    policies.update(vault, call.params["operation"], asked)
    body = {
        "id": f"{vault.id}/accessPolicies/",
        "type": f"{vaults.VAULTS}/accessPolicies",
        "properties": {"accessPolicies": vault.body["properties"]["accessPolicies"]},
    }
    return Answer(200, body)


@ROUTES.route("GET", _SUBSCRIPTION + "/deletedVaults")
def list_deleted_vaults(call: Call) -> Answer:
    return _page(call, [one.body for one in vaults.all_deleted(call.world)])


@ROUTES.route("GET", _SUBSCRIPTION + "/managedHSMs")
@ROUTES.route("GET", _SUBSCRIPTION + "/deletedManagedHSMs")
@ROUTES.route("GET", "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/managedHSMs")
def list_no_managed_hsms(call: Call) -> Answer:
    """[CLI] az looks for both kinds when it is only told a name. There are none in these worlds."""
    return Answer(200, {"value": []})


@ROUTES.route("GET", _DELETED)
def get_deleted_vault(call: Call) -> Answer:
    return Answer(200, _deleted(call).body)


@ROUTES.route("POST", _DELETED + "/purge")
def purge_vault(call: Call) -> Answer:
    """[REC] 202 with a location; 405 where purge protection forbids it [3P]."""
    deleted, world = _deleted(call), call.world
    if deleted.body["properties"].get("purgeProtectionEnabled"):
        raise arm_error(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
    operation = world.operations.start(
        deleted, ("NotStarted",), world.spec.delays.vault, lambda: vaults.purge(world, deleted)
    )
    return Answer(202, None, _result_location(call, operation.id) | operation.pace)


@ROUTES.route("GET", _SUBSCRIPTION + "/locations/{location}/operationResults/{operation}")
def get_purge_result(call: Call) -> Answer:
    """[REC] 202 while it runs, then 200; `2023-11-06 12:47:03Z` is how it writes times."""
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        raise arm_error(404, "NotFound", "The operation was not found.")
    body = {"createdDateTime": f"{operation.started:%Y-%m-%d %H:%M:%SZ}", "status": operation.status(operation.started)}
    if operation.ended is None:
        return Answer(202, body, _result_location(call, operation.id) | operation.pace)
    body.update(lastActionDateTime=f"{operation.ended:%Y-%m-%d %H:%M:%SZ}")
    return Answer(200, body)


@ROUTES.route("POST", _SUBSCRIPTION + "/checkNameAvailability")
def check_name(call: Call) -> Answer:
    """[SPEC] reason is AccountNameInvalid or AlreadyExists."""
    name = str((call.json() or {}).get("name") or "")
    if not vault_rules.name_is_valid(name):
        reason, message = "AccountNameInvalid", f"The vault name '{name}' is invalid."
    elif vaults.named(call.world, name) or vaults.deleted_named(call.world, name):
        reason, message = "AlreadyExists", vault_rules.in_use_text(name)
    else:
        return Answer(200, {"nameAvailable": True})
    return Answer(200, {"nameAvailable": False, "reason": reason, "message": message})


def _deleted(call: Call) -> vaults.DeletedVault:
    deleted = vaults.deleted_named(call.world, call.params["vault"])
    if deleted is None:
        raise _deleted_not_found(call.params["vault"])
    return deleted


def _deleted_not_found(name: str) -> Exception:
    return arm_error(404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist.")


def _result_location(call: Call, operation_id: str) -> dict[str, str]:
    path = f"/subscriptions/{call.params['subscription']}/providers/Microsoft.KeyVault/locations/"
    version = call.query["api-version"]
    return {"Location": f"{ARM}{path}{call.params['location']}/operationResults/{operation_id}?api-version={version}"}
