"""The API servers of all clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import konnectivity
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.kubernetes.arc.kubeconfig import outside_kubeconfig
from emulator.kubernetes.encryption import KeySlot
from emulator.kubernetes.face import ClusterFace
from emulator.kubernetes.kinds import CONFIG_MAPS, NAMESPACES, PODS, SECRETS, Kind
from emulator.worlds import secrets, spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

# How old the oldest object of a cluster is when its world starts.
AGE = timedelta(days=40)


Make = Callable[["EmulatedWorld", str, str, spec.Cluster], ClusterFace]
"""An API server from the world, the cluster's id, its host name and its data."""


class Kubernetes:
    """`world.kubernetes`."""

    def __init__(self, world: EmulatedWorld, make: Make) -> None:
        self._world = world
        self._make = make
        self._servers: dict[str, ClusterFace] = {}
        self._removed: list[ClusterFace] = []

    def create(self, cluster_id: str, cluster: spec.Cluster, current: KeySlot | None = None) -> ClusterFace:
        """A running API server with the secrets of the cluster's data, written under `current` when there is one."""
        server = self._make(self._world, cluster_id, self.host_of(cluster_id), cluster)
        self._servers[cluster_id.lower()] = server
        server.use_keys(current, None)
        server.fill(_stock(cluster, self._world.clock.now() - AGE), cluster.secrets.lost)
        return server

    def create_outside(self, server: K3sServer, made: datetime) -> K3sServer:
        """A cluster that is not Azure's, with what is in it before anything is installed through Arc."""
        self._servers[server.cluster_id.lower()] = server
        server.use_keys(None, None)
        stock = spec.Secrets(count=0, namespaces=("default",))
        server.fill(((NAMESPACES, one) for one in secrets.namespaces(stock, made)), 0)
        server.begin(made)
        return server

    @property
    def real(self) -> bool:
        """A program of its own is behind some cluster."""
        return any(server.outside() for server in self._servers.values())

    def first(self) -> ClusterFace | None:
        """The API server of the world's first cluster."""
        return next(iter(self._servers.values()), None)

    def outside_kubeconfig(self) -> str:
        """YAML with a context for each cluster that is not Azure's; empty where there are none."""
        found = [server for server in self._servers.values() if isinstance(server, K3sServer)]
        return outside_kubeconfig(found) if found else ""

    def host_of(self, cluster_id: str) -> str:
        """`<cluster>-<hash>.hcp.westeurope.emulator.test`: where the API server of a cluster is, or will be."""
        name = cluster_id.rpartition("/")[2].lower()
        return f"{name}-{self._world.ids.uuid('fqdn', cluster_id.lower())[:8]}.hcp.{spec.LOCATION}.emulator.test"

    def server(self, cluster_id: str) -> ClusterFace:
        """The API server of a cluster. Raises KeyError."""
        return self._servers[cluster_id.lower()]

    def at(self, host: str) -> ClusterFace | None:
        """The API server with this host name."""
        return next((server for server in self._servers.values() if server.host == host), None)

    def remove(self, cluster_id: str) -> None:
        """The cluster is deleted, and etcd with it."""
        server = self._servers.pop(cluster_id.lower())
        server.close()
        self._removed.append(server)

    def unreadable(self) -> Iterator[str]:
        """For the oracle, after every request: each secret that no slot of its API server can decrypt any more."""
        for cluster_id, server in self._servers.items():
            for key in server.unreadable():
                yield f"{cluster_id.rpartition('/')[2]}{key.removeprefix('/registry')}"

    def look_closely(self) -> None:
        """The oracle is to try everything anew."""
        for server in self._servers.values():
            server.look_closely()

    def wait(self) -> None:
        """Until every API server has started."""
        for server in self._servers.values():
            server.wait()

    def close(self) -> None:
        """The world is over. Returns when nothing of it runs any more."""
        for server in self._servers.values():
            server.close()
        for server in (*self._servers.values(), *self._removed):
            server.join()

    async def hang_up(self) -> None:
        """The event loop is about to end."""
        for server in (*self._servers.values(), *self._removed):
            await server.hang_up()


def _stock(cluster: spec.Cluster, born: datetime) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """What is in a cluster when its world begins."""
    yield from ((NAMESPACES, one) for one in secrets.namespaces(cluster.secrets, born))
    yield from ((CONFIG_MAPS, one) for one in secrets.config_maps(cluster.secrets, born))
    yield from ((SECRETS, one) for one in secrets.secrets(cluster.secrets, born))
    if not cluster.vnet_integration:
        yield from ((PODS, one) for one in konnectivity.agents(born))
