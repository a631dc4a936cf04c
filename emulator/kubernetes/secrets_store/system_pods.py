"""The pods of driver and provider on their nodes: no processes of this machine, but parts of the emulator that have a
status and write logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import pod_statuses as states
from emulator.kubernetes.kinds import CSI_NODES, PODS
from emulator.kubernetes.secrets_store import daemon_sets
from emulator.kubernetes.secrets_store.daemon_sets import DRIVER, PROVIDER
from emulator.kubernetes.secrets_store.klog import Style, line, plain
from emulator.kubernetes.secrets_store.layout import DRIVER_NAME
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
Record = tuple[datetime, str]
_BACK_OFF, _LONGEST_BACK_OFF = 10.0, 300.0
_KILLED_AFTER = 4.0
"""[OWN] Seconds until a container has taken more memory than it may."""
_FIRST_BLOCKS = {PROVIDER: (1, 2), DRIVER: (1, 2)}
"""[SRC] Versions since which a value of several lines is a block."""
_OTHER_DRIVERS = ("disk.csi.azure.com", "file.csi.azure.com")


@dataclass
class SystemPod:
    """`records` is what its program has written, the oldest first; `before`: what it wrote until it was killed last."""

    key: str
    uid: str
    role: str
    node: str
    begun: datetime
    content: Object
    ready: bool = False
    records: list[Record] = field(default_factory=list)
    before: list[Record] = field(default_factory=list)
    told: str = ""

    @property
    def version(self) -> tuple[int, ...]:
        return daemon_sets.version_of(self.content)

    @property
    def style(self) -> Style:
        json = daemon_sets.flag_of(self.content, "log-format-json") == "true"
        names = ("msg", "err") if self.role == PROVIDER else ("message", "error")
        return Style(self.version >= _FIRST_BLOCKS[self.role], json, *names)

    def written(self, container: str, previous: bool) -> list[Record] | None:
        """What a container has written; `previous`: until it was killed last, None when it never was."""
        if previous and not self.before:
            return None
        records = self.before if previous else self.records
        return records if container == daemon_sets.own_container(self.content)["name"] else []

    def write(self, at: datetime, where: tuple[str, str, int], text: str, **values: str) -> None:
        """One record of klog; `where`: level, file, line number."""
        self.records.append((at, line(self.style, at, where, text, values)))

    def write_plain(self, at: datetime, where: tuple[str, str, int], text: str) -> None:
        """One without values."""
        written = line(self.style, at, where, text, {}) if self.style.json else plain(at, where, text)
        self.records.append((at, written))


class SystemPods:
    """`ApiServer.system`."""

    def __init__(self, server: ApiServer, cluster: spec.Cluster) -> None:
        self._server, self._cluster = server, cluster
        self._pods: dict[str, SystemPod] = {}

    def take(self, content: Object) -> None:
        """A pod of driver or provider was created for a node."""
        metadata = content["metadata"]
        key = PODS.key(metadata["namespace"], metadata["name"])
        role, node = daemon_sets.role_of(content), str(content["spec"].get("nodeName") or "")
        made = SystemPod(key, metadata["uid"], role, node, self._server.now, content)
        self._pods[metadata["uid"]] = made

    def go_on(self) -> None:
        """Brings each to where it is by now, and the list of drivers on each node."""
        if not self._pods:
            return
        nodes = {node.name: node for node in self._server.world.nodes_of(self._server.cluster_id)}
        for pod in list(self._pods.values()):
            entry = self._server.registry.storage.get(pod.key)
            content = self._server.registry.content(PODS, pod.key, entry) if entry else None
            if content is None or content["metadata"]["uid"] != pod.uid:
                del self._pods[pod.uid]
            elif pod.node in nodes:
                pod.content = content
                self._step(pod, nodes[pod.node].address)
        self._register()

    def on_node(self, node: str, role: str) -> SystemPod | None:
        """The one of the role on a node, one that runs before one that does not."""
        found = [pod for pod in self._pods.values() if (pod.node, pod.role) == (node, role)]
        return max(found, key=lambda pod: pod.ready, default=None)

    def find(self, uid: str) -> SystemPod | None:
        return self._pods.get(uid)

    def registered(self, node: str) -> bool:
        """Whether the kubelet of a node knows the driver."""
        driver = self.on_node(node, DRIVER)
        return driver is not None and driver.ready

    def _needs(self, role: str) -> int:
        provider = self._cluster.secrets_store
        return provider.provider_needs if role == PROVIDER else provider.driver_needs

    def _step(self, pod: SystemPod, address: str) -> None:
        limit = daemon_sets.memory_limit(pod.content)
        if not self._cluster.images_pull:
            self._show(pod, address, "ImagePullBackOff", 0)
        elif limit and self._needs(pod.role) > limit:
            self._crash(pod, address)
        else:
            if not pod.records:
                _greet(pod)
            self._show(pod, address, "", 0)

    def _crash(self, pod: SystemPod, address: str) -> None:
        """[D] Killed for its memory, started again after ever longer a wait."""
        ended, wait, restarts = pod.begun + timedelta(seconds=_KILLED_AFTER), _BACK_OFF, 0
        while (again := ended + timedelta(seconds=wait)) <= self._server.now:
            ended, wait = again + timedelta(seconds=_KILLED_AFTER), min(wait * 2, _LONGEST_BACK_OFF)
            restarts += 1
        if not pod.before:
            _greet(pod)
            pod.before, pod.records = pod.records, []
        self._show(pod, address, "CrashLoopBackOff", restarts + 1, ended)

    def _show(self, pod: SystemPod, address: str, trouble: str, restarts: int, ended: datetime | None = None) -> None:
        own = daemon_sets.own_container(pod.content)["name"]
        containers = []
        for container in pod.content["spec"]["containers"]:
            stuck = trouble and (container["name"] == own or trouble == "ImagePullBackOff")
            shown = states.waiting(container, trouble) if stuck else states.running(container, pod.begun)
            if stuck and ended is not None:
                times = (ended - timedelta(seconds=_KILLED_AFTER), ended)
                last = states.terminated(container, 137, "OOMKilled", times)["state"]
                shown = {**shown, "lastState": last, "restartCount": restarts}
            containers.append(shown)
        pod.ready = not trouble
        mark = f"{trouble}/{restarts}"
        if pod.told == mark:
            return
        pod.told = mark
        phase = "Pending" if trouble == "ImagePullBackOff" else "Running"
        status = {"phase": phase, "qosClass": "Burstable", "containerStatuses": containers}
        status["conditions"] = states.conditions(pod.ready, "", pod.begun)
        status |= states.on_node(address, address, pod.begun)
        self._server.registry.restore(PODS, {**pod.content, "status": status})

    def _register(self) -> None:
        """[SRC] Each node's CSINode lists the drivers that its kubelet knows."""
        registry = self._server.registry
        for node in self._server.node_objects():
            name = node["metadata"]["name"]
            drivers = [{"name": one, "nodeID": name, "topologyKeys": None} for one in _OTHER_DRIVERS]
            if self.registered(name):
                drivers.append({"name": DRIVER_NAME, "nodeID": name, "topologyKeys": None})
            key = CSI_NODES.key(None, name)
            entry = registry.storage.get(key)
            old = registry.content(CSI_NODES, key, entry) if entry else None
            if old is None or old["spec"] != {"drivers": drivers}:
                owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
                made = old["metadata"] if old else {"name": name, "ownerReferences": [owner], **registry.stamp(key)}
                registry.restore(CSI_NODES, {"metadata": made, "spec": {"drivers": drivers}})


def _greet(pod: SystemPod) -> None:
    """[SRC] What the programs write when they start."""
    version = ".".join(str(part) for part in pod.version)
    if pod.role == PROVIDER:
        pod.write_plain(pod.begun, ("I", "main.go", 93), f"Starting Azure Key Vault Provider version: v{version}")
        pod.write_plain(pod.begun, ("I", "main.go", 101), "construct pem chain feature enabled")
        socket = "/provider/azure.sock"
        pod.write(pod.begun, ("I", "main.go", 147), "Listening for connections", address=socket)
        return
    name = DRIVER_NAME
    pod.write(pod.begun, ("I", "secrets-store.go", 46), "Initializing Secrets Store CSI Driver", driver=name)
    pod.write(pod.begun, ("I", "server.go", 126), "Listening for connections", address="//csi/csi.sock")
