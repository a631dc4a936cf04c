"""networkSecurityGroups and routeTables: the same operations on both, and on the rules and routes in them."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.errors import resource_not_found
from emulator.providers.ids import same_id
from emulator.providers.network import lists, networks, operations, refusals
from emulator.providers.network.lists import Kind

ROUTES = Routes()
_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"


def _declare(kind: Kind) -> None:
    everywhere = f"/providers/{kind.resource_type}"
    parent = f"{_GROUP}{everywhere}/{{name}}"
    _declare_parent(kind, everywhere, parent)
    _declare_items(kind, f"{parent}/{kind.items}", parent)


def _found(call: Call, kind: Kind) -> Resource:
    """Raises Refusal: 404 ResourceNotFound."""
    head = "/".join(call.path.split("/")[:9])
    found = call.world.resources.get(head)
    if found is None or "properties" not in found.body:
        raise resource_not_found(kind.resource_type, call.params["name"], call.params["group"])
    return found


def _declare_parent(kind: Kind, everywhere: str, parent: str) -> None:
    @ROUTES.route("GET", _SUBSCRIPTION + everywhere)
    @ROUTES.route("GET", _GROUP + everywhere)
    def list_all(call: Call) -> Answer:
        scope = call.path.lower().partition("/providers/")[0]
        found = call.world.resources.under(scope, kind.resource_type)
        return Answer(200, {"value": [lists.shown(call.world, kind, one) for one in found]})

    @ROUTES.route("GET", parent)
    def get(call: Call) -> Answer:
        found = _found(call, kind)
        return Answer(200, lists.shown(call.world, kind, found), {"ETag": found.body["etag"]})

    @ROUTES.route("PATCH", parent)
    def patch(call: Call) -> Answer:
        """[SPEC] Tags only, at once."""
        found = _found(call, kind)
        found.body["tags"] = (call.json() or {}).get("tags") or {}
        return Answer(200, lists.shown(call.world, kind, found))

    _declare_parent_changes(kind, parent)


def _declare_parent_changes(kind: Kind, parent: str) -> None:
    @ROUTES.route("PUT", parent)
    def put(call: Call) -> Answer:
        """[SPEC] 201 or 200, Updating."""
        world, request = call.world, call.json() or {}
        existing = world.resources.get(call.path)
        refusals.require_location(request)
        new_id = lists.list_id(kind, call.params["subscription"], call.params["group"], call.params["name"])
        kind.refuse_bad((request.get("properties") or {}).get(kind.items) or [], new_id)
        if existing is None:
            made = lists.create(world, kind, new_id, request, world.clock.now())
        else:
            made = existing
            refusals.refuse_other_location(call, made, request)
            refusals.refuse_unless_matching(call, made.body["etag"])
            operations.refuse_while_busy(call, made.id)
            lists.replace(world, kind, made, request)
        operation = operations.begin(call, made, lambda: lists.mark(world, kind, made, "Succeeded"))
        return operations.put_answer(call, 200 if existing else 201, lists.shown(world, kind, made), operation)

    @ROUTES.route("DELETE", parent)
    def delete(call: Call) -> Answer:
        """[SPEC] 202, or 204 when there was none. Raises Refusal: 400 while a subnet has it [ISS]."""
        found = call.world.resources.get(call.path)
        if found is None:
            return Answer(204)
        operations.refuse_while_busy(call, found.id)
        _refuse_in_use(call, kind, found)
        return operations.delete_answer(call, operations.begin(call, found, lambda: _remove(call, found)))


def _remove(call: Call, resource: Resource) -> None:
    call.world.resources.remove(resource.id)


def _refuse_in_use(call: Call, kind: Kind, resource: Resource) -> None:
    """[INF] What is being deleted uses nothing any more."""
    users = [one for one in lists.subnets_with(call.world, kind, resource.id) if not _is_leaving(call, one)]
    if users:
        message = f"Route table {resource.body['name']} is in use and cannot be deleted."
        if kind is lists.SECURITY_GROUPS:
            message = f"Network security group {resource.id} cannot be deleted because it is in use by the following "
            message += f"resources: {', '.join(users)}. In order to delete the Network security group, remove the "
            message += "association with the resource(s)."
        raise refusals.network_error(400, kind.in_use, message)


def _is_leaving(call: Call, subnet_id: str) -> bool:
    network = networks.find(call.world, subnet_id)
    return network is not None and network.properties["provisioningState"] == "Deleting"


def _declare_items(kind: Kind, items: str, parent: str) -> None:
    @ROUTES.route("GET", items)
    def list_items(call: Call) -> Answer:
        return Answer(200, {"value": lists.items_of(kind, _found(call, kind))})

    @ROUTES.route("GET", items + "/{item}")
    def get_item(call: Call) -> Answer:
        found = _found(call, kind)
        return Answer(200, _item(call, kind, found, kind.items), {"ETag": found.body["etag"]})

    @ROUTES.route("PUT", items + "/{item}")
    def put_item(call: Call) -> Answer:
        """[SPEC] 201 or 200, Updating."""
        found, request = _found(call, kind), {**(call.json() or {}), "name": call.params["item"]}
        there = lists.items_of(kind, found)
        others = [one for one in there if not same_id(one["name"], call.params["item"])]
        kind.refuse_bad([*others, request], found.id)
        operations.refuse_while_busy(call, found.id)
        made, is_new = lists.item(kind, found.id, request), len(others) == len(there)
        there[:] = [*others, made]
        operation = operations.begin(call, found, lambda: lists.mark(call.world, kind, found, "Succeeded"))
        return operations.put_answer(call, 201 if is_new else 200, made, operation)

    @ROUTES.route("DELETE", items + "/{item}")
    def delete_item(call: Call) -> Answer:
        """[SPEC] 202, or 204 when there was none."""
        found = _found(call, kind)
        there = lists.items_of(kind, found)
        others = [one for one in there if not same_id(one["name"], call.params["item"])]
        if len(others) == len(there):
            return Answer(204)
        operations.refuse_while_busy(call, found.id)
        there[:] = others
        operation = operations.begin(call, found, lambda: lists.mark(call.world, kind, found, "Succeeded"))
        return operations.delete_answer(call, operation)

    if kind is lists.SECURITY_GROUPS:
        _declare_default_rules(parent + "/defaultSecurityRules")


def _declare_default_rules(rules: str) -> None:
    @ROUTES.route("GET", rules)
    def list_rules(call: Call) -> Answer:
        return Answer(200, {"value": _found(call, lists.SECURITY_GROUPS).body["properties"]["defaultSecurityRules"]})

    @ROUTES.route("GET", rules + "/{item}")
    def get_rule(call: Call) -> Answer:
        found = _found(call, lists.SECURITY_GROUPS)
        return Answer(200, _item(call, lists.SECURITY_GROUPS, found, "defaultSecurityRules"))


def _item(call: Call, kind: Kind, parent: Resource, member: str) -> dict[str, Any]:
    """Raises Refusal: 404 NotFound."""
    for one in parent.body["properties"][member]:
        if same_id(one["name"], call.params["item"]):
            found: dict[str, Any] = one
            return found
    raise refusals.child_not_found(f"{parent.id}/{member}/{call.params['item']}")


for _kind in lists.KINDS:
    _declare(_kind)
