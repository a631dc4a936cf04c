"""The pods of programs that are only there: they run, or wait for their images. One of them writes a log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import pod_statuses as states
from emulator.kubernetes.arc.installing import runs_on
from emulator.kubernetes.kinds import PODS
from emulator.kubernetes.secret_sync import installed
from emulator.worlds.arc import SECRET_STORE

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
Record = tuple[datetime, str]
_POD_NETWORK = "10.42.0"
_WAITS = "ImagePullBackOff"


@dataclass
class Program:
    """One pod; `records`: container -> what it has written."""

    key: str
    uid: str
    begun: datetime
    number: int
    records: dict[str, list[Record]] = field(default_factory=dict)
    told: str = ""

    def written(self, container: str, previous: bool) -> list[Record] | None:
        """What a container has written. [OWN] None of them was ever killed."""
        return None if previous else self.records.get(container, [])


class Running:
    """`K3sServer.running`."""

    def __init__(self, server: K3sServer) -> None:
        self._server = server
        self._pods: dict[str, Program] = {}
        self._made = 0

    def take(self, content: Object) -> None:
        """A pod was made."""
        metadata = content["metadata"]
        self._made += 1
        key = PODS.key(metadata["namespace"], metadata["name"])
        self._pods[metadata["uid"]] = Program(key, metadata["uid"], self._server.now, self._made)

    def find(self, uid: str) -> Program | None:
        return self._pods.get(uid)

    def go_on(self) -> None:
        """Brings each to where it is."""
        for pod in list(self._pods.values()):
            content = self._content(pod)
            if content is None:
                del self._pods[pod.uid]
            else:
                self._show(pod, content)

    def of_labels(self, namespace: str, name: str, value: str) -> Program | None:
        """The first pod of a namespace with a label, where it runs."""
        for pod in self._pods.values():
            content = self._content(pod) if pod.told != _WAITS else None
            metadata: Object = content["metadata"] if content else {"namespace": ""}
            if metadata["namespace"] == namespace and (metadata.get("labels") or {}).get(name) == value:
                return pod
        return None

    def _content(self, pod: Program) -> Object | None:
        entry = self._server.registry.storage.get(pod.key)
        content = self._server.registry.content(PODS, pod.key, entry) if entry else None
        return content if content and content["metadata"]["uid"] == pod.uid else None

    def _show(self, pod: Program, content: Object) -> None:
        trouble = "" if self._pulls(content) else _WAITS
        mark = trouble or "running"
        if pod.told == mark:
            return
        pod.told = mark
        containers = [
            states.waiting(one, trouble) if trouble else states.running(one, pod.begun)
            for one in content["spec"]["containers"]
        ]
        status: Object = {"phase": "Pending" if trouble else "Running", "qosClass": "Burstable"}
        status |= {"containerStatuses": containers, "conditions": states.conditions(not trouble, "", pod.begun)}
        status |= states.on_node(self._server.address_of(0), f"{_POD_NETWORK}.{pod.number + 3}", pod.begun)
        placed = {**content["spec"], "nodeName": self._server.node_names[0]}
        self._server.registry.restore(PODS, {**content, "spec": placed, "status": status})

    def _pulls(self, content: Object) -> bool:
        if (content["metadata"].get("labels") or {}).get("app") != installed.APP:
            return True
        extension = self._server.extensions.of_type(SECRET_STORE)
        return self._server.data.images_pull and (
            extension is None or runs_on(extension, self._server.data.architecture)
        )
