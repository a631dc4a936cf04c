"""The long-running operations of private DNS: 202 with an empty object, then a status of its own kind to ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import Operation
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.providers.errors import arm_error
from emulator.providers.ids import group_id

NETWORK = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"


def accepted(call: Call, resource: Resource, at_end: Callable[[], None], body: Any = None) -> Answer:
    """[REC] 202: `{}` for a PUT and a PATCH, nothing for a DELETE, and two URLs to ask for what became of it."""
    world = call.world
    operation = world.operations.start(resource, ("InProgress",), world.spec.delays.update, at_end)
    return Answer(202, body, _headers(call, operation))


def declare_operation_routes(routes: Routes, shown: Callable[[Call, Resource], dict[str, Any]]) -> None:
    """Adds the routes; `shown` is what a GET of a zone or link answers."""

    @routes.route("GET", NETWORK + "/privateDnsOperationStatuses/{operation}")
    def get_status(call: Call) -> Answer:
        """[REC] 202 while it runs, then 200, with the error of one that failed."""
        operation = _found(call)
        if operation.result is None:
            return Answer(202, {"status": operation.status(call.world.clock.now())}, _headers(call, operation))
        if operation.error:
            return Answer(200, {"error": operation.error, "status": operation.result})
        return Answer(200, {"status": operation.result})

    @routes.route("GET", NETWORK + "/privateDnsOperationResults/{operation}")
    def get_result(call: Call) -> Answer:
        """[INF] What the operation made, 204 when that is gone, its error when it failed: no recording asks for it."""
        operation = _found(call)
        if operation.result is None:
            return Answer(202, {}, _headers(call, operation))
        if operation.error:
            return Answer(400, {"error": operation.error})
        made = call.world.resources.get(operation.resource_id)
        return Answer(204) if made is None else Answer(200, shown(call, made))


def _found(call: Call) -> Operation:
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        raise arm_error(404, "NotFound", "The operation was not found.")
    return operation


def _headers(call: Call, operation: Operation) -> dict[str, str]:
    place = f"{ARM}{group_id(call.params['subscription'], call.params['group'])}/providers/Microsoft.Network"
    rest = f"{operation.id}?api-version={call.query['api-version']}"
    return {
        "Azure-AsyncOperation": f"{place}/privateDnsOperationStatuses/{rest}",
        "Location": f"{place}/privateDnsOperationResults/{rest}",
        **operation.pace,
    }
