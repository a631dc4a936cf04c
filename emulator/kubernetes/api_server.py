"""One cluster's emulated API server: its state, its KMS plugins, and what a restart does."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import objects
from emulator.kubernetes.encryption import Identity, Plugin, Provider, Providers, TransformError
from emulator.kubernetes.face import ClusterFace, Stock
from emulator.kubernetes.kinds import KINDS, LEASES, SECRETS
from emulator.kubernetes.kms import KmsV1, KmsV2
from emulator.kubernetes.kubelet import Kubelets
from emulator.kubernetes.readability import Readability
from emulator.kubernetes.registry import Registry
from emulator.kubernetes.storage import Storage
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

LOST = b"k8s:enc:kms:v2:azurekms-0badc0de:" + b"0" * 64 + bytes(300)
"""A value of KMS v2 whose provider and key id no plugin has."""
# A cluster of some age has written this often.
_FIRST_REVISION = 412_801


class ApiServer(ClusterFace):
    """The emulated one."""

    def __init__(self, world: EmulatedWorld, cluster_id: str, host: str, cluster: spec.Cluster) -> None:
        super().__init__(world, cluster_id, host, cluster)
        self.plugins: list[Plugin] = []
        self.pods = Kubelets(self, cluster)
        self.registry = Registry(Storage(world.clock.now(), _FIRST_REVISION), cluster.admission, self._stamp)
        self._kms: Sequence[KmsV1 | KmsV2] = ()
        self._starts = 0
        self._identity = ""
        self._readable = Readability(self)

    def fill(self, stock: Stock, lost: int) -> None:
        """Every object has an id that grows from the world's."""
        for kind, content in stock:
            metadata = content["metadata"]
            parts = ("object", self.cluster_id.lower(), kind.plural, metadata.get("namespace", ""), metadata["name"])
            metadata["uid"] = self.world.ids.uuid(*parts)
            self.registry.restore(kind, content)
        storage = self.registry.storage
        secrets_now = list(storage.range(SECRETS.prefix(None), "", storage.revision))
        for key, entry in secrets_now[len(secrets_now) - lost :]:
            storage.put(key, LOST, entry.cached)  # the watch cache still has it: the server read it before

    def rewrite_stale(self) -> None:
        """[D] The new encryption does it; each write is one like any other's."""
        storage = self.registry.storage
        for key, entry in list(storage.range(SECRETS.prefix(None), "", storage.revision)):
            try:
                plain, stale = self.registry.read(SECRETS, key, entry)
                if stale:
                    storage.put(key, self.registry.providers.write(plain, key), plain)
            except TransformError:  # it stays as it is, and is tried again after the next change
                continue

    def unreadable(self) -> set[str]:
        """What changed is tried."""
        return self._readable.unreadable()

    def restart(self) -> None:
        """All caches are empty then, and every secret is read before the server is ready [SEEN]."""
        self._starts += 1
        self._announce()
        algorithm = "RSA-OAEP-256" if self.kms_version == 2 else "RSA1_5"
        self.plugins = [Plugin(self.world, slot, algorithm) for slot in self.slots]
        self._kms = [KmsV2(plugin) for plugin in self.plugins] if self.kms_version == 2 else _v1(self.plugins)
        order: list[Provider] = [*self._kms, Identity()] if self._current else [Identity(), *self._kms]
        self.registry.providers = Providers(order)
        self._sync()

    def request_came(self) -> None:
        """What happens by itself as time goes by: compaction, the plugins' status, another try to get ready."""
        self.registry.storage.compact_when_due(self.world.clock.now())
        self.pods.go_on()
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.poll()
        if not self.synced:
            self._sync()

    def close(self) -> None:
        """The pods end with it."""
        self.pods.close()

    def lapse(self) -> None:
        """The server has been running for a while, so what its plugins were told at its start does not count."""
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.lapse()

    @property
    def identity_hash(self) -> str:
        """[SRC] How metrics name this API server; it is another one after each restart."""
        return f"sha256:{hashlib.sha256(self._identity.encode()).hexdigest()}"

    def object_counts(self) -> dict[str, int]:
        """Qualified resource name -> number of objects."""
        counts: Counter[str] = Counter()
        storage = self.registry.storage
        for kind in KINDS:
            counts[kind.qualified] = sum(1 for _ in storage.range(kind.prefix(None), "", storage.revision))
        return counts

    def _sync(self) -> None:
        """Fills the watch cache."""
        storage = self.registry.storage
        self.synced = True
        for kind in (kind for kind in KINDS if kind.encrypted):
            for key, entry in storage.range(kind.prefix(None), "", storage.revision):
                try:
                    entry.cached = self.registry.read(kind, key, entry)[0]
                except TransformError:
                    entry.cached = None
                    self.synced = False
                    return

    def _announce(self) -> None:
        """[SRC] The Lease by which an API server with its identity is known; the one before is gone."""
        storage = self.registry.storage
        if self._identity and storage.get(LEASES.key("kube-system", self._identity)):
            storage.delete(LEASES.key("kube-system", self._identity))
        digest = hashlib.sha256(f"{self.cluster_id.lower()}/{self._starts}".encode()).hexdigest()
        self._identity = f"apiserver-{digest[:26]}"
        now = self.world.clock.now()
        metadata = {"name": self._identity, "namespace": "kube-system"}
        metadata |= self._stamp(LEASES.key("kube-system", self._identity))
        labels = {"apiserver.kubernetes.io/identity": "kube-apiserver", "kubernetes.io/hostname": digest[:12]}
        holder = f"{self._identity}_{self.world.ids.uuid('lease', self._identity)}"
        times = {"acquireTime": None, "renewTime": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"}
        spec = {"holderIdentity": holder, "leaseDurationSeconds": 3600, **times}
        self.registry.restore(LEASES, {"metadata": {**metadata, "labels": labels}, "spec": spec})

    def _stamp(self, key: str) -> dict[str, Any]:
        uid = self.world.ids.uuid("object", self.cluster_id.lower(), key, str(self.registry.storage.revision))
        return {"uid": uid, "creationTimestamp": objects.timestamp(self.world.clock.now())}


def _v1(plugins: list[Plugin]) -> list[KmsV1]:
    """One provider for each name; a name that comes twice is one provider whose key was changed."""
    names = dict.fromkeys(plugin.slot.provider for plugin in plugins)
    grouped = [[plugin for plugin in plugins if plugin.slot.provider == name] for name in names]
    return [KmsV1(group[0], group[1:]) for group in grouped]
