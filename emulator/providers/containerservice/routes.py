"""Microsoft.ContainerService: managed clusters, their credentials, pools and operations. Maintenance is beside it."""

from __future__ import annotations

import base64
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.operations import Operation
from emulator.core.router import Routes
from emulator.entra.metadata import ARM
from emulator.providers.containerservice import ages, bodies, changes, lifecycle, versions
from emulator.providers.containerservice.clusters import CLUSTERS, ManagedCluster
from emulator.providers.containerservice.maintenance import declare_maintenance_routes
from emulator.providers.containerservice.runcommand import declare_run_command_routes
from emulator.providers.errors import aks_error, resource_not_found

ROUTES = Routes()
PAGE = 100
_PROVIDER = "/providers/Microsoft.ContainerService"
_SUBSCRIPTION = "/subscriptions/{subscription}"
_CLUSTERS = _SUBSCRIPTION + "/resourceGroups/{group}" + _PROVIDER + "/managedClusters"
_CLUSTER = _CLUSTERS + "/{cluster}"
_LOCATION = _SUBSCRIPTION + _PROVIDER + "/locations/{location}"


def _cluster(call: Call) -> ManagedCluster:
    """The cluster in the path. Raises Refusal: 404 ResourceNotFound."""
    head, _, tail = call.path.lower().partition("/managedclusters/")
    found = call.world.resources.get(f"{head}/managedclusters/{tail.partition('/')[0]}")
    if not isinstance(found, ManagedCluster):
        raise resource_not_found(CLUSTERS, call.params["cluster"], call.params["group"])
    return found


declare_maintenance_routes(ROUTES, _CLUSTER, _cluster)
declare_run_command_routes(ROUTES, _CLUSTER, _cluster)


def _shown(call: Call, cluster: ManagedCluster) -> dict[str, Any]:
    return bodies.shown(cluster.body, call.query["api-version"], call.world.clock.now())


def _accepted(operation: Operation, body: Any = None) -> Answer:
    """[REC] 202 with both headers of a long-running operation."""
    location = operation.url.replace("/operations/", "/operationresults/")
    return Answer(202, body, operation.headers | {"Location": location})


@ROUTES.route("GET", _SUBSCRIPTION + _PROVIDER + "/managedClusters")
@ROUTES.route("GET", _CLUSTERS)
def list_clusters(call: Call) -> Answer:
    """[D] Long lists come in pages, each with the address of the next. [OWN] How long a page is."""
    scope = call.path.lower().partition("/providers/")[0]
    found = [one for one in call.world.resources.under(scope, CLUSTERS) if isinstance(one, ManagedCluster)]
    token = call.query.get("$skiptoken", "0")
    start = int(token) if token.isdecimal() else 0
    page: dict[str, Any] = {"value": [_shown(call, one) for one in found[start : start + PAGE]]}
    if start + PAGE < len(found):
        query = f"api-version={call.query['api-version']}&$skiptoken={start + PAGE}"
        page["nextLink"] = f"{ARM}{call.path}?{query}"
    return Answer(200, page)


@ROUTES.route("GET", _CLUSTER)
def get_cluster(call: Call) -> Answer:
    return Answer(200, _shown(call, _cluster(call)))


@ROUTES.route("PUT", _CLUSTER)
def put_cluster(call: Call) -> Answer:
    """[REC] 201 Creating or 200 Updating, the whole cluster as it will be, and only Azure-AsyncOperation. An identity
    that is new to the cluster has no ids in this answer, and a new cluster neither identityProfile nor eTag."""
    existing = call.world.resources.get(call.path)
    cluster = existing if isinstance(existing, ManagedCluster) else None
    _refuse_unless_matching(call, cluster)
    cluster, operation = changes.put(call, cluster)
    body = ages.answered_by_put(_shown(call, cluster), call.world.clock.now())
    answer = Answer(200 if existing else 201, body, operation.headers)
    if not existing:
        for each in (answer.body, *(answer.body["properties"].get("agentPoolProfiles") or ())):
            each.pop("eTag", None)
            each.pop("etag", None)
    changes.fill(call.world, cluster)
    return answer


@ROUTES.route("PATCH", _CLUSTER)
def patch_cluster(call: Call) -> Answer:
    """[SPEC] Tags only."""
    cluster = _cluster(call)
    _refuse_unless_matching(call, cluster)
    lifecycle.refuse_while_busy(call.world, cluster)
    cluster.body["tags"] = (call.json() or {}).get("tags") or {}
    cluster.body["eTag"] = call.world.ids.next("etag")
    return Answer(200, _shown(call, cluster))


def _refuse_unless_matching(call: Call, cluster: ManagedCluster | None) -> None:
    lifecycle.refuse_unless_matching(cluster, call.headers.get("if-match"), call.headers.get("if-none-match"))


@ROUTES.route("DELETE", _CLUSTER)
def delete_cluster(call: Call) -> Answer:
    """[REC] 202; [D] 204 when there was none."""
    cluster = call.world.resources.get(call.path)
    if not isinstance(cluster, ManagedCluster):
        return Answer(204)
    _refuse_unless_matching(call, cluster)
    lifecycle.refuse_while_busy(call.world, cluster)
    return _accepted(lifecycle.start_delete(call.world, cluster))


@ROUTES.route("POST", _CLUSTER + "/stop")
def stop_cluster(call: Call) -> Answer:
    cluster = _cluster(call)
    lifecycle.refuse_while_busy(call.world, cluster)
    return _accepted(lifecycle.start_stop(call.world, cluster))


@ROUTES.route("POST", _CLUSTER + "/start")
def start_cluster(call: Call) -> Answer:
    cluster = _cluster(call)
    lifecycle.refuse_while_busy(call.world, cluster)
    return _accepted(lifecycle.start_start(call.world, cluster))


@ROUTES.route("POST", _CLUSTER + "/abort")
def abort_operation(call: Call) -> Answer:
    """[REC] The answer holds the whole cluster."""
    cluster = _cluster(call)
    return _accepted(lifecycle.abort(call.world, cluster), _shown(call, cluster))


@ROUTES.route("GET", _LOCATION + "/operations/{operation}")
def get_operation(call: Call) -> Answer:
    operation = _operation(call)
    return Answer(200, operation.document(call.world.clock.now()), operation.pace)


@ROUTES.route("GET", _LOCATION + "/operationresults/{operation}")
def get_operation_result(call: Call) -> Answer:
    """[REC] 204 at the end, with its own location once more."""
    operation = _operation(call)
    location = {"Location": operation.url.replace("/operations/", "/operationresults/")}
    return Answer(202 if operation.result is None else 204, None, location | operation.pace)


def _operation(call: Call) -> Operation:
    operation = call.world.operations.get(call.params["operation"])
    if operation is None:
        message = f"The operation {call.params['operation']} was not found."
        raise aks_error(404, "NotFound", message, subcode="GetOperation_NotFound")
    return operation


@ROUTES.route("POST", _CLUSTER + "/listClusterAdminCredential")
def list_admin_credential(call: Call) -> Answer:
    """[ISS] Refused where local accounts are disabled."""
    cluster = _cluster(call)
    if cluster.body["properties"].get("disableLocalAccounts"):
        message = "Getting static credential is not allowed because this cluster is set to disable local accounts."
        raise aks_error(400, "BadRequest", message)
    return _credential(call, cluster, "clusterAdmin", "admin")


@ROUTES.route("POST", _CLUSTER + "/listClusterUserCredential")
def list_user_credential(call: Call) -> Answer:
    """[D] With Entra integration the kubeconfig has no credential of its own; `format` azure or exec [SPEC]."""
    cluster = _cluster(call)
    wanted = call.query.get("format", "azure").lower()
    if wanted not in ("azure", "exec"):
        raise aks_error(
            400, "InvalidParameter", f"The value of parameter format is invalid: {wanted}.", target="format"
        )
    entra = bool(cluster.body["properties"].get("aadProfile"))
    return _credential(call, cluster, "clusterUser", "entra" if entra else "user")


def _credential(call: Call, cluster: ManagedCluster, name: str, kind: Any) -> Answer:
    text = call.world.kubernetes.server(cluster.id).kubeconfig(kind)
    return Answer(200, {"kubeconfigs": [{"name": name, "value": base64.b64encode(text.encode()).decode()}]})


@ROUTES.route("GET", _CLUSTER + "/agentPools")
def list_pools(call: Call) -> Answer:
    cluster = _cluster(call)
    return Answer(200, {"value": [_pool(cluster, pool) for pool in _pools(call, cluster)]})


@ROUTES.route("GET", _CLUSTER + "/agentPools/{pool}")
def get_pool(call: Call) -> Answer:
    cluster, name = _cluster(call), call.params["pool"].lower()
    for pool in _pools(call, cluster):
        if pool["name"] == name:
            return Answer(200, _pool(cluster, pool))
    raise resource_not_found(f"{CLUSTERS}/agentPools", f"{cluster.body['name']}/{name}", call.params["group"])


def _pools(call: Call, cluster: ManagedCluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _shown(call, cluster)["properties"].get("agentPoolProfiles") or []
    return found


def _pool(cluster: ManagedCluster, pool: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{cluster.id}/agentPools/{pool['name']}",
        "name": pool["name"],
        "type": f"{CLUSTERS}/agentPools",
        "properties": {key: value for key, value in pool.items() if key != "name"},
    }


@ROUTES.route("GET", _CLUSTER + "/upgradeProfiles/{profile}")
def get_upgrade_profile(call: Call) -> Answer:
    """[REC] The profile's id ends in lower case."""
    cluster = _cluster(call)
    version = cluster.body["properties"]["currentKubernetesVersion"]
    control_plane = {
        "kubernetesVersion": version,
        "osType": "Linux",
        "upgrades": [
            {"kubernetesVersion": one}
            for one in versions.upgrades_from(version, call.world.spec.kubernetes_versions)[::-1]
        ],
    }
    body = {
        "id": f"{cluster.id}/upgradeprofiles/default",
        "name": "default",
        "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
        "properties": {"controlPlaneProfile": control_plane, "agentPoolProfiles": None},
    }
    return Answer(200, body)


@ROUTES.route("GET", _LOCATION + "/kubernetesVersions")
def list_kubernetes_versions(call: Call) -> Answer:
    return Answer(200, {"values": versions.document(call.world.spec.kubernetes_versions)})
