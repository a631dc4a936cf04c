"""The nodes of a K3s cluster, as its API server shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.kinds import NODES
from emulator.kubernetes.kubelet import Kubelets

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
_SERVER = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


class K3sKubelets(Kubelets):
    """`ApiServer.pods` of such a cluster."""

    def __init__(self, server: K3sServer, cluster: Any) -> None:
        super().__init__(server, cluster)
        self._own = server

    def nodes(self) -> list[Object]:
        return [_node(self._own, name, at, self._born) for at, name in enumerate(self._own.node_names)]

    def forget_nodes(self) -> None:
        """Their annotations are other ones now."""
        for name in self._own.node_names:
            if self._own.registry.storage.get(NODES.key(None, name)) is not None:
                self._own.registry.storage.delete(NODES.key(None, name))


def _node(server: K3sServer, name: str, at: int, born: datetime) -> Object:
    """[3P] K3s writes into an annotation what it was started with."""
    made = f"{born:%Y-%m-%dT%H:%M:%SZ}"
    labels = {
        "kubernetes.io/arch": server.data.architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "k3s",
        **(dict.fromkeys(_SERVER, "true") if at == 0 else {}),
    }
    arguments = server.arguments.annotation if at == 0 else '["agent"]'
    annotations = {"k3s.io/hostname": name, "k3s.io/node-args": arguments}
    condition = {"lastHeartbeatTime": made, "lastTransitionTime": made, "type": "Ready", "status": "True"}
    condition |= {"reason": "KubeletReady", "message": "kubelet is posting ready status"}
    info = {"kubeletVersion": server.git_version, "operatingSystem": "linux", "architecture": server.data.architecture}
    addresses = [
        {"type": "InternalIP", "address": server.address_of(at)},
        {"type": "Hostname", "address": name},
    ]
    metadata: Object = {"name": name, "uid": server.world.ids.uuid("node", server.cluster_id.lower(), name)}
    metadata |= {"creationTimestamp": made, "labels": labels, "annotations": annotations}
    status = {"conditions": [condition], "addresses": addresses, "nodeInfo": info}
    return {"metadata": metadata, "spec": {"podCIDR": f"10.42.{at}.0/24"}, "status": status}
