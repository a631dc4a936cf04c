"""Microsoft.KubernetesConfiguration over HTTP: the extensions of connected clusters, and the operations on them."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import Operation
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.providers.errors import arm_error
from emulator.providers.kubernetes.connected import CONNECTED
from emulator.providers.kubernetes.routes import found_cluster
from emulator.providers.kubernetesconfiguration import extensions
from emulator.providers.kubernetesconfiguration.extensions import EXTENSIONS
from emulator.providers.resources.providers import refuse_unregistered
from emulator.worlds.spec import LOCATION

ROUTES = Routes()
_LIST = (
    f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{CONNECTED}/{{cluster}}/providers/{EXTENSIONS}"
)
_EXTENSION = _LIST + "/{extension}"
_FORCED = {
    "version": "1.1",
    "content": {"headers": []},
    "statusCode": 200,
    "reasonPhrase": "OK",
    "headers": [],
    "trailingHeaders": [],
    "requestMessage": None,
    "isSuccessStatusCode": True,
}
"""[REC] What a forced deletion answers."""


def _id(call: Call) -> str:
    return extensions.extension_id(found_cluster(call).id, call.params["extension"])


def _found(call: Call) -> Resource:
    """Raises Refusal: 404 in the provider's own words [REC]."""
    found = call.world.resources.get(_id(call))
    if found is None:
        refusal = arm_error(
            404, "ResourceNotFound", f"Extension instance with name '{call.params['extension']}' not found."
        )
        refusal.answer.body["error"]["additionalInfo"] = []
        raise refusal
    return found


def _shown(call: Call, extension: Resource) -> dict[str, Any]:
    return extensions.shown(extension, call.query["api-version"])


@ROUTES.route("GET", _LIST)
def list_extensions(call: Call) -> Answer:
    found = extensions.all_of(call.world, found_cluster(call))
    return Answer(200, {"value": [_shown(call, one) for one in found], "nextLink": None})


@ROUTES.route("GET", _EXTENSION)
def get_extension(call: Call) -> Answer:
    return Answer(200, _shown(call, _found(call)))


@ROUTES.route("PUT", _EXTENSION)
def put_extension(call: Call) -> Answer:
    """[REC] 201 `Creating`; 200 when it was there [INF]. Raises Refusal: 409 MissingSubscriptionRegistration, 400."""
    refuse_unregistered(call.world, EXTENSIONS)
    world, request, own = call.world, call.json() or {}, _id(call)
    if not (request.get("properties") or {}).get("extensionType"):
        raise arm_error(400, "InvalidRequestContent", "The extensionType property is required.")
    there, now = world.resources.get(own), world.clock.now()
    body = extensions.new_body(world, own, request, now)
    extension = world.resources.put(Resource(own, body, there.created if there else now))
    operation = extensions.begin(world, extension, "Creating")
    return Answer(200 if there else 201, _shown(call, extension), _headers(call, operation))


@ROUTES.route("PATCH", _EXTENSION)
def patch_extension(call: Call) -> Answer:
    """[SPEC] 202 with the body."""
    extension = _found(call)
    extensions.change(extension, call.json() or {}, call.world.clock.now())
    operation = extensions.begin(call.world, extension, "Updating")
    return Answer(202, _shown(call, extension), _headers(call, operation))


@ROUTES.route("DELETE", _EXTENSION)
def delete_extension(call: Call) -> Answer:
    """[REC] At once with `forceDelete`; else [SPEC] 202, once the agents have taken away what they installed, and 204
    when there is none."""
    world = call.world
    extension = world.resources.get(_id(call))
    if extension is None:
        return Answer(204)
    if call.query.get("forcedelete", "").lower() == "true":
        world.resources.remove_all(extension.id)
        return Answer(200, dict(_FORCED))
    extension.body["properties"]["provisioningState"] = "Deleting"

    def removed(_: Operation) -> bool:
        world.resources.remove_all(extension.id)
        return True

    return Answer(202, None, _headers(call, extensions.begin(world, extension, "Deleting", removed)))


def _headers(call: Call, operation: Operation) -> dict[str, str]:
    """[REC] The spelling is the provider's own, and so is the host of the Location."""
    extension = "/".join(call.path.split("/")[:13])
    extension = extension.replace("/connectedClusters/", "/ConnectedClusters/")
    url = f"{ARM}{extension}/operations/{operation.id}?api-Version={call.query['api-version']}"
    location = f"https://{LOCATION}.rp.kubernetesconfiguration.emulator.test{extension}"
    return {"Azure-AsyncOperation": url, "Location": location, **operation.pace}


@ROUTES.route("GET", _EXTENSION + "/operations/{operation}")
def get_operation(call: Call) -> Answer:
    """[REC] Raises Refusal: 404."""
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        raise arm_error(404, "ResourceNotFound", f"Operation '{call.params['operation']}' not found.")
    body: dict[str, Any] = {"id": call.path, "name": operation.id, "status": operation.status(call.world.clock.now())}
    if operation.error:
        body["error"] = operation.error
    return Answer(200, body, operation.pace if operation.result is None else {})
