"""The API servers of all clusters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import konnectivity
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.encryption import KeySlot
from emulator.kubernetes.kinds import CONFIG_MAPS, NAMESPACES, PODS, SECRETS, Kind
from emulator.kubernetes.readability import Readability
from emulator.worlds import secrets, spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

LOST = b"k8s:enc:kms:v2:azurekms-0badc0de:" + b"0" * 64 + bytes(300)
"""A value of KMS v2 whose provider and key id no plugin has."""
# How old the oldest object of a cluster is when its world starts.
AGE = timedelta(days=40)


class Kubernetes:
    """`world.kubernetes`."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._servers: dict[str, ApiServer] = {}
        self._readable: dict[str, Readability] = {}

    def create(self, cluster_id: str, cluster: spec.Cluster, current: KeySlot | None = None) -> ApiServer:
        """A running API server with the secrets of the cluster's data, written under `current` when there is one."""
        server = ApiServer(self._world, cluster_id, self.host_of(cluster_id), cluster)
        server.use_keys(current, None)
        born = self._world.clock.now() - AGE
        for kind, content in _stock(cluster, born):
            metadata = content["metadata"]
            parts = ("object", cluster_id.lower(), kind.plural, metadata.get("namespace", ""), metadata["name"])
            metadata["uid"] = self._world.ids.uuid(*parts)
            server.registry.restore(kind, content)
        _lose(server, cluster.secrets.lost)
        self._servers[cluster_id.lower()] = server
        self._readable[cluster_id.lower()] = Readability(server)
        return server

    def host_of(self, cluster_id: str) -> str:
        """`<cluster>-<hash>.hcp.westeurope.emulator.test`: where the API server of a cluster is, or will be."""
        name = cluster_id.rpartition("/")[2].lower()
        return f"{name}-{self._world.ids.uuid('fqdn', cluster_id.lower())[:8]}.hcp.{spec.LOCATION}.emulator.test"

    def server(self, cluster_id: str) -> ApiServer:
        """The API server of a cluster. Raises KeyError."""
        return self._servers[cluster_id.lower()]

    def at(self, host: str) -> ApiServer | None:
        """The API server with this host name."""
        return next((server for server in self._servers.values() if server.host == host), None)

    def remove(self, cluster_id: str) -> None:
        """The cluster is deleted, and etcd with it."""
        del self._servers[cluster_id.lower()], self._readable[cluster_id.lower()]

    def unreadable(self) -> Iterator[str]:
        """For the oracle, after every request: each secret that no slot of its API server can decrypt any more."""
        for cluster_id, readable in self._readable.items():
            for key in readable.unreadable():
                yield f"{cluster_id.rpartition('/')[2]}{key.removeprefix('/registry')}"


def _stock(cluster: spec.Cluster, born: datetime) -> Iterator[tuple[Kind, dict[str, Any]]]:
    """What is in a cluster when its world begins."""
    yield from ((NAMESPACES, one) for one in secrets.namespaces(cluster.secrets, born))
    yield from ((CONFIG_MAPS, one) for one in secrets.config_maps(cluster.secrets, born))
    yield from ((SECRETS, one) for one in secrets.secrets(cluster.secrets, born))
    if not cluster.vnet_integration:
        yield from ((PODS, one) for one in konnectivity.agents(born))


def _lose(server: ApiServer, count: int) -> None:
    """Stores so many Secrets under a key that is gone. The watch cache still has them: the server read them before."""
    storage = server.registry.storage
    secrets_now = list(storage.range(SECRETS.prefix(None), "", storage.revision))
    for key, entry in secrets_now[len(secrets_now) - count :]:
        storage.put(key, LOST, entry.cached)
