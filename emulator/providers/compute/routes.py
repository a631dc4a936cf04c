"""Microsoft.Compute/virtualMachineScaleSets: reading them, and their identities. Nobody but AKS makes any here."""

from __future__ import annotations

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.compute import scale_sets
from emulator.providers.compute.scale_sets import SCALE_SETS
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.managedidentity.assigning import refuse_unassignable

ROUTES = Routes()
_TYPE = f"/providers/{SCALE_SETS}"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_SCALE_SET = _GROUP + _TYPE + "/{scaleset}"


def _found(call: Call) -> Resource:
    """Raises Refusal: 404 ResourceNotFound [REC]."""
    found = call.world.resources.get("/".join(call.path.split("/")[:9]))
    if found is None:
        raise resource_not_found(SCALE_SETS, call.params["scaleset"], call.params["group"])
    return found


@ROUTES.route("GET", "/subscriptions/{subscription}" + _TYPE)
@ROUTES.route("GET", _GROUP + _TYPE)
def list_scale_sets(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    return Answer(200, {"value": [one.body for one in call.world.resources.under(scope, SCALE_SETS)]})


@ROUTES.route("GET", _SCALE_SET)
def get_scale_set(call: Call) -> Answer:
    return Answer(200, _found(call).body)


@ROUTES.route("PATCH", _SCALE_SET)
def patch_scale_set(call: Call) -> Answer:
    """[SPEC] Identity and tags; [OWN] nothing else of it changes, and at once."""
    return _change(call, whole=False)


@ROUTES.route("PUT", _SCALE_SET)
def put_scale_set(call: Call) -> Answer:
    """[OWN] As PATCH, for those that are there. Raises Refusal: 400 for a new one."""
    if call.world.resources.get(call.path) is None:
        raise arm_error(400, "OperationNotAllowed", "Scale sets are made by AKS alone here.")
    return _change(call, whole=True)


def _change(call: Call, *, whole: bool) -> Answer:
    """[D] Whoever gives machines an identity must be allowed to assign it; those that they have are not looked at."""
    scale_set, request = _found(call), call.json() or {}
    if "identity" in request:
        asked = request["identity"] or {}
        had = {one.lower() for one in scale_sets.identities_of(scale_set)}
        named = [one for one, value in (asked.get("userAssignedIdentities") or {}).items() if value is not None]
        refuse_unassignable(call, [one for one in named if one.lower() not in had], f"{SCALE_SETS}/write")
        scale_sets.change_identity(call.world, scale_set, asked, whole=whole)
    if "tags" in request:
        scale_set.body["tags"] = request["tags"] or {}
    return Answer(200, scale_set.body)


@ROUTES.route("POST", _SCALE_SET + "/manualupgrade")
def update_instances(call: Call) -> Answer:
    """[D] What machines need with the upgrade mode Manual. [INF] Identities are on them without."""
    _found(call)
    return Answer(200)


@ROUTES.route("DELETE", _SCALE_SET)
def delete_scale_set(call: Call) -> Answer:
    """With its machines [D]; 204 when there was none."""
    if call.world.resources.get(call.path) is None:
        return Answer(204)
    call.world.resources.remove_all(call.path)
    return Answer(200)
