"""runCommand: a command in a pod of the cluster, started through ARM and asked for through ARM."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import yaml

from emulator.core.http import Answer, Call, Refusal
from emulator.core.inside import Running
from emulator.core.router import Routes
from emulator.kubernetes.admission import refuse_by_admission
from emulator.kubernetes.face import ClusterFace
from emulator.kubernetes.kinds import PODS
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.providers.containerservice.command_container import CommandContainer
from emulator.providers.errors import aks_error
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_NAMESPACE = "aks-command"
_HOST = "https://management.emulator.test"


@dataclass
class Command:
    """One that was taken. `running` is None for a pod that no node has room for; `gone_at` is when it is given up."""

    cluster_id: str
    started: datetime
    running: Running | None
    gone_at: datetime
    finished: datetime | None = None


def declare_run_command_routes(routes: Routes, cluster_path: str, find: Callable[[Call], ManagedCluster]) -> None:
    """The two routes below a cluster."""

    @routes.route("POST", cluster_path + "/runCommand")
    def run_command(call: Call) -> Answer:
        """[REC] 202 without a body and with Location alone."""
        cluster = find(call)
        server = call.world.kubernetes.server(cluster.id)
        _refuse_unless_possible(cluster, server)
        command_id = call.world.ids.next("command").replace("-", "")
        _refuse_by_admission(_spec_of(call.world, cluster), command_id)
        call.world.commands[command_id] = _started(call, cluster, server)
        return Answer(202, None, _location(call, cluster, command_id))

    @routes.route("GET", cluster_path + "/commandResults/{command}")
    def get_command_result(call: Call) -> Answer:
        """[REC] 202 with Location again while it runs, then 200; `id` is no ARM id."""
        cluster, command_id = find(call), call.params["command"].lower()
        command = call.world.commands.get(command_id)
        if command is None or command.cluster_id != cluster.id or _given_up(command, call.world.clock.now()):
            raise aks_error(404, "NotFound", f"The command {command_id} was not found.")
        if command.running is None or command.running.exit_code is None:
            body = {"id": command_id, "properties": {"provisioningState": "Running"}}
            return Answer(202, body, _location(call, cluster, command_id) | _pace(call.world))
        command.finished = command.finished or call.world.clock.now()
        return Answer(200, {"id": command_id, "properties": _result(command, command.running)})


def _given_up(command: Command, now: datetime) -> bool:
    """[D] A pod that is not scheduled in time is taken away, and its result with it: the caller is told Not Found."""
    return command.running is None and now >= command.gone_at


def _result(command: Command, running: Running) -> dict[str, Any]:
    return {
        "provisioningState": "Succeeded",
        "exitCode": running.exit_code,
        "startedAt": _timestamp(command.started),
        "finishedAt": _timestamp(command.finished or command.started),
        "logs": running.output.decode("utf-8", "replace"),
    }


def _refuse_unless_possible(cluster: ManagedCluster, server: ClusterFace) -> None:
    """Raises Refusal [INF: codes and texts, but for the first's meaning, which is D]."""
    properties = cluster.body["properties"]
    if (properties.get("apiServerAccessProfile") or {}).get("disableRunCommand"):
        raise aks_error(400, "BadRequest", "Run command is disabled for this managed cluster.")
    if properties["powerState"]["code"] != "Running":
        message = "The managed cluster is stopped: start it before a command is run in it."
        raise aks_error(400, "OperationNotAllowed", message)
    if server.away:
        raise aks_error(500, "KubernetesOperationError", _KUBERNETES.format("the API server cannot be reached"))


_KUBERNETES = "Failed to run command in managed cluster due to kubernetes failure. details: {}"
"""[ISS] aks-baseline-automation#37, and Microsoft's page on failures of `az aks command invoke`."""


def _refuse_by_admission(data: spec.Cluster, command_id: str) -> None:
    """Raises Refusal: 400 KubernetesOperationError with what admission said [ISS: code and text; INF: the status]."""
    try:
        refuse_by_admission(data.admission, "CREATE", PODS, _NAMESPACE, f"command-{command_id}")
    except Refusal as refused:
        message = _KUBERNETES.format(refused.answer.body["message"])
        raise aks_error(400, "KubernetesOperationError", message) from refused


def _started(call: Call, cluster: ManagedCluster, server: ClusterFace) -> Command:
    """Raises Refusal: 400 for a body that makes no sense."""
    now, data = call.world.clock.now(), _spec_of(call.world, cluster)
    given_up = now + timedelta(seconds=call.world.spec.delays.pod)
    body = call.json() or {}
    command = body.get("command")
    if not isinstance(command, str) or not command:
        raise aks_error(400, "InvalidParameter", "Required parameter command is missing (null).", target="command")
    if not data.room_for_pods:
        return Command(cluster.id, now, None, given_up)
    kubeconfig = _kubeconfig(server, str(body.get("clusterToken") or ""))
    try:
        context = base64.b64decode(body.get("context") or "")  # az sends it in lines [CLI]
        running = call.world.inside.run(CommandContainer(command, context, kubeconfig, data.command_memory))
    except (ValueError, zipfile.BadZipFile) as error:
        message = "The value of parameter context is invalid: it is not a base64 encoded zip archive."
        raise aks_error(400, "InvalidParameter", message, target="context") from error
    return Command(cluster.id, now, running, given_up)


def _kubeconfig(server: ClusterFace, token: str) -> str:
    """[D] With Entra integration the caller's token decides, and without one nobody is logged in [ISS AKS#2698]; other
    clusters are open to the pod as to their administrator."""
    document = yaml.safe_load(server.kubeconfig("admin"))
    if server.entra is not None:
        document["users"][0]["user"] = {"token": token or "none"}
    return str(yaml.safe_dump(document, sort_keys=False))


def _spec_of(world: EmulatedWorld, cluster: ManagedCluster) -> spec.Cluster:
    """The world's data about it; a cluster that was made later has room and nothing special."""
    name = cluster.body["name"].lower()
    return next((each for each in world.spec.clusters if each.name.lower() == name), spec.Cluster())


def _location(call: Call, cluster: ManagedCluster, command_id: str) -> dict[str, str]:
    """[REC] `managedclusters` in lower case, under the api-version that was asked with."""
    path = cluster.id.replace("/managedClusters/", "/managedclusters/")
    return {"Location": f"{_HOST}{path}/commandResults/{command_id}?api-version={call.query['api-version']}"}


def _pace(world: EmulatedWorld) -> dict[str, str]:
    return {"x-ms-retry-after-ms": str(max(1, round(world.spec.delays.retry_after * 1000)))}


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
