"""The pods of one cluster: a scheduler that gives them nodes, and kubelets that run them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.inside import KILLED, Running
from emulator.kubernetes import pod_statuses as states
from emulator.kubernetes.encryption import TransformError
from emulator.kubernetes.events import Happening, Source
from emulator.kubernetes.kinds import NODES, PODS, SECRETS
from emulator.kubernetes.pod_container import PodContainer, Surroundings
from emulator.kubernetes.scheduling import chosen, node_objects
from emulator.programs.view import Place
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
_OVERDUE = "Pod was active on the node longer than the specified deadline"
_POD_NETWORK = "10.244.0"
_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0
"""[D] Seconds until a container is started once more, each time twice as long."""


@dataclass
class _Run:
    """A pod that was taken. `begun`: when its node took it; `due`: when its container starts, also once more;
    `started`: when it did; `last` is how it ended before."""

    key: str
    uid: str
    address: str
    place: Place | None = None
    secret: str = ""
    begun: datetime | None = None
    due: datetime | None = None
    started: datetime | None = None
    process: Running | None = None
    output: bytes | None = None
    restarts: int = 0
    last: Object = field(default_factory=dict)
    over: bool = False


class Kubelets:
    """`ApiServer.pods`: the pods that clients have created. What was there when the world began just stands there."""

    def __init__(self, server: ApiServer, cluster: spec.Cluster) -> None:
        self._server, self._cluster, self._world = server, cluster, server.world
        self._runs: list[_Run] = []
        self._taken = 0
        self._born = server.world.clock.now() - timedelta(days=40)

    def take(self, content: Object) -> None:
        """A pod was created."""
        metadata = content["metadata"]
        self._taken += 1
        address = f"{_POD_NETWORK}.{self._taken % 250 + 4}"
        self._runs.append(_Run(PODS.key(metadata["namespace"], metadata["name"]), metadata["uid"], address))

    def show_nodes(self) -> None:
        """The registry has the nodes that there are."""
        registry, storage = self._server.registry, self._server.registry.storage
        there = {node["metadata"]["name"]: node for node in self.nodes()}
        for key, _ in list(storage.range(NODES.prefix(None), "", storage.revision)):
            if key.rpartition("/")[2] not in there:
                storage.delete(key)
        for name, node in there.items():
            if storage.get(NODES.key(None, name)) is None:
                registry.restore(NODES, node)

    def nodes(self) -> list[Object]:
        """The nodes that there are, as objects."""
        return node_objects(self._server, self._born)

    def go_on(self) -> None:
        """Lets every pod come as far as it has come by now."""
        nodes = {node.name for node in self._world.nodes_of(self._server.cluster_id)} if self._runs else set[str]()
        for run in list(self._runs):
            pod = self._pod(run)
            if pod is not None and run.place is not None and run.place.node not in nodes:
                self._server.registry.storage.delete(run.key)  # [SRC] nobody keeps the pods of nodes that are gone
                pod = None
            if pod is None:  # deleted, alone or with its namespace
                self._end(run)
                self._runs.remove(run)
            elif not run.over:
                self._step(run, pod)

    def mount(self) -> None:
        """Tries the volumes of the pods that are on nodes, and starts nothing."""
        for run in self._runs:
            pod = self._pod(run)
            if pod is not None and run.place is not None and run.begun is not None:
                self._server.volumes.ready_at(pod, run.place, run.begun)

    def log(self, uid: str) -> bytes | None:
        """What the process of a pod has written; None when it never ran."""
        run = next((run for run in self._runs if run.uid == uid), None)
        if run is None or run.process is None:
            return run.output if run else None
        return run.process.output

    def is_over(self, uid: str) -> bool:
        """Whether the pod writes no more."""
        return all(run.over for run in self._runs if run.uid == uid)

    def close(self) -> None:
        """Ends all of them."""
        for run in self._runs:
            self._end(run)
        self._runs.clear()

    def _pod(self, run: _Run) -> Object | None:
        entry = self._server.registry.storage.get(run.key)
        content = self._server.registry.content(PODS, run.key, entry) if entry else None
        return content if content and content["metadata"]["uid"] == run.uid else None

    def _step(self, run: _Run, pod: Object) -> None:
        if run.begun is None:
            self._schedule(run, pod)
        elif self._is_overdue(run, pod):
            self._expire(run, pod)
        elif run.process is None:
            self._begin(run, pod)
        elif run.process.exit_code is not None:
            self._finish(run, pod, run.process)

    def _schedule(self, run: _Run, pod: Object) -> None:
        now = self._server.now
        if name := pod["spec"].get("nodeName"):
            if not self._cluster.room_for_pods:
                run.over = True
                self._write(pod, states.rejected(now))
                return
        else:
            nodes = self.nodes()
            choice = chosen(nodes, pod["spec"], self._cluster.room_for_pods)
            if not choice.node:
                if (pod["status"].get("conditions") or [{}])[0].get("message") != choice.why:
                    self._tell(pod, Happening("FailedScheduling", choice.why), now, Source("default-scheduler"))
                    self._write(pod, states.unschedulable(choice.why, now))
                return
            name = choice.node
        run.place = self._place(pod, name)
        if run.place is not None:  # nobody takes the pod of a node that is not there
            run.begun, run.due = now, now + timedelta(seconds=self._world.spec.delays.container)
            pod["spec"]["nodeName"] = name
            whose = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            assigned = Happening("Scheduled", f"Successfully assigned {whose} to {name}", "Normal")
            self._tell(pod, assigned, now, Source("default-scheduler"))
            self._show(run, pod, "Pending", states.waiting(_container(pod), "ContainerCreating"))

    def _begin(self, run: _Run, pod: Object) -> None:
        """[OWN] Nothing is pulled; an image is there, or none of them is."""
        now = self._world.clock.now()
        assert run.due is not None and run.begun is not None and run.place is not None
        ready = self._server.volumes.ready_at(pod, run.place, run.begun)
        if ready is None or now < max(run.due, ready):
            return
        if not self._cluster.images_pull:
            self._wait(run, pod, "ImagePullBackOff")
            return
        try:
            run.process = self._world.inside.run(self._process(run, pod))
        except ValueError as error:
            self._wait(run, pod, "CreateContainerConfigError", str(error))
            return
        except OSError:
            run.over = True
            times = (now, now)
            self._show(run, pod, "Failed", states.terminated(_container(pod), 128, "StartError", times))
            return
        run.started = max(run.due, ready)
        self._tell(pod, Happening("Started", f"Started container {_container(pod)['name']}", "Normal"), run.started)
        self._show(run, pod, "Running", states.running(_container(pod), run.started))

    def _wait(self, run: _Run, pod: Object, reason: str, problem: str = "") -> None:
        wanted = states.waiting(_container(pod), reason, problem)
        if (pod["status"].get("containerStatuses") or [{}])[0].get("state") != wanted["state"]:
            if problem:
                self._tell(pod, Happening("Failed", f"Error: {problem}"), self._server.now)
            self._show(run, pod, "Pending", wanted)

    def _process(self, run: _Run, pod: Object) -> PodContainer:
        """Raises ValueError."""
        place, metadata = run.place, pod["metadata"]
        assert place is not None
        run.secret = self._world.programs.admit(place)
        resolv = [self._world.programs.resolv_conf(place, on_node) for on_node in (False, True)]
        fields = {
            "metadata.name": metadata["name"],
            "metadata.namespace": metadata["namespace"],
            "metadata.uid": run.uid,
            "spec.nodeName": place.node,
            "status.hostIP": place.address,
            "status.podIP": place.address if pod["spec"].get("hostNetwork") else run.address,
        }
        tools, client = self._cluster.node_tools, self._world.programs.client
        texts = (resolv[0], resolv[1])
        around = Surroundings(client, run.secret, tools, texts, fields, self._server.volumes.files(run.uid))
        return PodContainer(pod, around, lambda name: self._secret(metadata["namespace"], name))

    def _secret(self, namespace: str, name: str) -> Mapping[str, str] | None:
        """The data of a Secret, in base64. Raises ValueError for one that cannot be decrypted."""
        key = SECRETS.key(namespace, name)
        entry = self._server.registry.storage.get(key)
        try:
            content = self._server.registry.content(SECRETS, key, entry) if entry else None
        except TransformError as error:
            raise ValueError(f"Internal error occurred: {error}") from error
        return (content.get("data") or {}) if content else None

    def _place(self, pod: Object, name: str) -> Place | None:
        """[D] The policy ClusterFirst means CoreDNS for pods that are not in their node's network."""
        node = next((one for one in self._world.nodes_of(self._server.cluster_id) if one.name == name), None)
        if node is None:
            return None
        own = pod["spec"]
        policy = own.get("dnsPolicy") or "ClusterFirst"
        clustered = policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not own.get("hostNetwork"))
        service = str((self._server.properties.get("networkProfile") or {}).get("dnsServiceIP") or "10.0.0.10")
        return Place(node.subnet_id, node.address, node.name, pod["metadata"]["namespace"], service, clustered)

    def _is_overdue(self, run: _Run, pod: Object) -> bool:
        seconds = pod["spec"].get("activeDeadlineSeconds")
        assert run.begun is not None
        return bool(seconds) and self._world.clock.now() >= run.begun + timedelta(seconds=seconds)

    def _expire(self, run: _Run, pod: Object) -> None:
        now = self._world.clock.now()
        self._end(run)
        shown = (pod["status"].get("containerStatuses") or [{}])[0]
        if run.process is not None:
            shown = states.terminated(_container(pod), KILLED, "Error", (run.started or now, now))
        self._show(run, pod, "Failed", shown, {"reason": "DeadlineExceeded", "message": _OVERDUE})

    def _finish(self, run: _Run, pod: Object, process: Running) -> None:
        now, code = self._world.clock.now(), process.exit_code or 0
        reason = "OOMKilled" if process.over_memory else "Error" if code else "Completed"
        ended = states.terminated(_container(pod), code, reason, (run.started or now, now))
        self._world.programs.dismiss(run.secret)
        policy = pod["spec"].get("restartPolicy") or "Always"
        if policy == "Always" or (policy == "OnFailure" and code):
            run.due = now + timedelta(seconds=min(_BACK_OFF * 2**run.restarts, _LONGEST_BACK_OFF))
            run.process, run.output, run.last = None, process.output, ended["state"]
            run.restarts += 1
            self._show(run, pod, "Running", states.waiting(_container(pod), "CrashLoopBackOff"))
            return
        run.over = True
        self._show(run, pod, "Failed" if code else "Succeeded", ended)

    def _end(self, run: _Run) -> None:
        run.over = True
        self._server.volumes.end(run.uid)
        if run.process is not None:
            run.process.kill()
        self._world.programs.dismiss(run.secret)

    def _show(self, run: _Run, pod: Object, phase: str, container: Object, more: Object | None = None) -> None:
        assert run.begun is not None and run.place is not None
        node = run.place.address
        address = node if pod["spec"].get("hostNetwork") else run.address if run.started else ""
        over = phase if phase in ("Succeeded", "Failed") else ""
        status = {"phase": phase, "qosClass": "BestEffort", **(more or {})}
        status["conditions"] = states.conditions(bool(container.get("ready")), over, self._world.clock.now())
        status |= states.on_node(node, address, run.begun)
        container = {**container, "restartCount": run.restarts, "lastState": run.last} if container else container
        self._write(pod, {**status, "containerStatuses": [container]})

    def _tell(self, pod: Object, what: Happening, at: datetime, source: Source | None = None) -> None:
        node = str(pod["spec"].get("nodeName") or "")
        self._server.events.tell(PODS, pod, what, source or Source("kubelet", node), at)

    def _write(self, pod: Object, status: Object) -> None:
        self._server.registry.restore(PODS, {**pod, "status": status})


def _container(pod: Object) -> Object:
    found: Object = pod["spec"]["containers"][0]
    return found
