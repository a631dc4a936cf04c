"""Microsoft.Kubernetes over HTTP: connected clusters, and the operations on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import Operation
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.entra.tokens import client_of
from emulator.providers.errors import arm_error, resource_not_found
from emulator.providers.kubernetes import connected
from emulator.providers.kubernetes.connected import CONNECTED
from emulator.providers.resources.providers import refuse_unregistered

ROUTES = Routes()
_TYPE = f"/providers/{CONNECTED}"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_CLUSTER = _GROUP + _TYPE + "/{cluster}"
_STATUS = "/providers/Microsoft.Kubernetes/locations/{location}/operationStatuses/{operation}"
_AGENTS_LOOK = 60.0
_OLD = "2021"
"""Versions before answer about operations in fewer words. [REC]"""


def found_cluster(call: Call) -> Resource:
    """Raises Refusal: 404 ResourceNotFound [REC]."""
    found = call.world.resources.get("/".join(call.path.split("/")[:9]))
    if found is None:
        raise resource_not_found(CONNECTED, call.params["cluster"], call.params["group"])
    return found


def _shown(call: Call, cluster: Resource) -> dict[str, Any]:
    return connected.shown(call.world, cluster, call.query["api-version"])


@ROUTES.route("GET", "/subscriptions/{subscription}" + _TYPE)
@ROUTES.route("GET", _GROUP + _TYPE)
def list_clusters(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    return Answer(200, {"value": [_shown(call, one) for one in call.world.resources.under(scope, CONNECTED)]})


@ROUTES.route("GET", _CLUSTER)
def get_cluster(call: Call) -> Answer:
    return Answer(200, _shown(call, found_cluster(call)))


@ROUTES.route("PUT", _CLUSTER)
def put_cluster(call: Call) -> Answer:
    """[REC] 201 `Accepted`, with Azure-AsyncOperation; 200 when it was there [INF], which az sends whole [CLI]. Raises
    Refusal: 409 MissingSubscriptionRegistration, 400 LocationRequired."""
    refuse_unregistered(call.world, CONNECTED)
    world, request = call.world, call.json() or {}
    if not request.get("location"):
        raise arm_error(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    now, cluster = world.clock.now(), world.resources.get(call.path)
    asked = request.get("properties") or {}
    status = 200 if cluster else 201
    if cluster is None:
        body = connected.new_body(world, call.path, request, client_of(call.claims), now)
        cluster = world.resources.put(Resource(call.path, body, now))
    else:
        cluster.body["tags"] = request.get("tags") or {}
        cluster.body["properties"] |= {
            name: asked[name] for name in ("distribution", "infrastructure", "azureHybridBenefit") if asked.get(name)
        }
        cluster.body["properties"]["provisioningState"] = "Updating"  # [INF]
    connected.ask_profiles(world, cluster, asked)
    operation = world.operations.start(cluster, ("Accepted",), world.spec.delays.update, lambda: _taken(call, cluster))
    return Answer(status, _shown(call, cluster), {"Azure-AsyncOperation": _url(call, operation), **operation.pace})


def _taken(call: Call, cluster: Resource) -> None:
    """The resource is there; the agents hear of it after a while."""
    world = call.world
    cluster.body["properties"]["provisioningState"] = "Succeeded"
    about = Resource(f"{cluster.id}/agents", {}, world.clock.now())
    waiting: list[Operation] = []

    def reached() -> None:
        if world.resources.get(cluster.id) is cluster and not connected.agents_done(world, cluster):
            waiting[0].go_on(world.clock.now() + timedelta(seconds=_AGENTS_LOOK), reached)

    if connected.server_of(world, cluster.id) is not None:
        waiting.append(world.operations.start(about, ("Updating",), world.spec.delays.update, reached))


@ROUTES.route("PATCH", _CLUSTER)
def patch_cluster(call: Call) -> Answer:
    """[SPEC] Tags, and the few properties that a patch has."""
    cluster, request = found_cluster(call), call.json() or {}
    if "tags" in request:
        cluster.body["tags"] = request["tags"] or {}
    asked = request.get("properties") or {}
    names = ("distribution", "distributionVersion", "azureHybridBenefit")
    cluster.body["properties"] |= {name: asked[name] for name in names if name in asked}
    return Answer(200, _shown(call, cluster))


@ROUTES.route("DELETE", _CLUSTER)
def delete_cluster(call: Call) -> Answer:
    """[REC] 202 with a Location and the body; what is installed in the cluster stays there [INF]. 204 when there is
    none [SPEC]."""
    world, cluster = call.world, call.world.resources.get(call.path)
    if cluster is None:
        return Answer(204)
    cluster.body["properties"]["provisioningState"] = "Deleting"
    operation = world.operations.start(
        cluster, ("Deleting",), world.spec.delays.update, lambda: world.resources.remove_all(cluster.id)
    )
    return Answer(202, _shown(call, cluster), {"Location": _url(call, operation), **operation.pace})


def _url(call: Call, operation: Operation) -> str:
    """[REC] At no subscription, and the region in capitals."""
    path = f"/providers/Microsoft.Kubernetes/locations/{operation.location.upper()}/operationStatuses/{operation.id}"
    return f"{ARM}{path}?api-version={call.query['api-version']}"


@ROUTES.route("GET", _STATUS)
def get_operation(call: Call) -> Answer:
    """[REC] Raises Refusal: 404."""
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        raise arm_error(404, "NotFound", f"The operation '{call.params['operation']}' was not found.")
    status = operation.status(call.world.clock.now())
    body: dict[str, Any] = {"id": call.path, "name": operation.id}
    if call.query["api-version"] >= _OLD:
        body["resourceId"] = operation.resource_id
    body |= {"status": status, "startTime": f"{operation.started:%Y-%m-%dT%H:%M:%S.%f}0Z"}
    return Answer(200, body | _ending(call, operation, status), operation.pace if operation.result is None else {})


def _ending(call: Call, operation: Operation, status: str) -> dict[str, Any]:
    if operation.ended is None:
        return {}
    if call.query["api-version"] < _OLD:
        return {"properties": {"provisioningState": status}}
    return {"endTime": f"{operation.ended:%Y-%m-%dT%H:%M:%S.%f}0Z", "properties": None}
