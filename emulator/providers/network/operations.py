"""The long-running operations of Microsoft.Network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import Operation
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.network.refusals import network_error

ROUTES = Routes()
_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"


def begin(call: Call, resource: Resource, at_end: Callable[[], None]) -> Operation:
    """`at_end` is called when the time of the operation has come, also when the resource is gone by then."""
    return call.world.operations.start(resource, ("InProgress",), call.world.spec.delays.network, at_end)


def put_answer(call: Call, status: int, body: Any, operation: Operation) -> Answer:
    """[REC] The document as it will be, and only Azure-AsyncOperation."""
    return Answer(status, body, _headers(call, operation))


def delete_answer(call: Call, operation: Operation) -> Answer:
    """[REC] 202, nothing in it, and both headers."""
    headers = _headers(call, operation)
    return Answer(202, None, headers | {"Location": _result_url(headers["Azure-AsyncOperation"])})


def refuse_while_busy(call: Call, *resource_ids: str) -> None:
    """Raises Refusal: 409 AnotherOperationInProgress [ISS], which names the operation."""
    for resource_id in resource_ids:
        if running := call.world.operations.running_on(resource_id):
            raise network_error(
                409,
                "AnotherOperationInProgress",
                "Another operation on this or dependent resource is in progress. To retrieve status of the operation "
                f"use uri: {_url(call, running)}.",
            )


@ROUTES.route("GET", _LOCATION + "/operations/{operation}")
def get_operation(call: Call) -> Answer:
    """[REC] The status, and the error of one that failed; nothing else."""
    operation = _operation(call)
    body: dict[str, Any] = {"status": operation.status(call.world.clock.now())}
    if operation.error:
        body["error"] = {**operation.error, "details": []}
    return Answer(200, body, operation.pace)


@ROUTES.route("GET", _LOCATION + "/operationResults/{operation}")
def get_operation_result(call: Call) -> Answer:
    """[REC] 204 at the end, with both headers once more; 202 before it [SPEC]."""
    operation = _operation(call)
    headers = _headers(call, operation)
    location = {"Location": _result_url(headers["Azure-AsyncOperation"])}
    return Answer(202 if operation.result is None else 204, None, headers | location)


def _operation(call: Call) -> Operation:
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        raise network_error(404, "OperationNotFound", f"The operation {call.params['operation']} was not found.")
    return operation


def _headers(call: Call, operation: Operation) -> dict[str, str]:
    return {"Azure-AsyncOperation": _url(call, operation), **operation.pace}


def _url(call: Call, operation: Operation) -> str:
    """[REC] With the api-version of the request that began it."""
    return f"{operation.url.partition('?')[0]}?api-version={call.query['api-version']}"


def _result_url(url: str) -> str:
    return url.replace("/operations/", "/operationResults/")
