"""One cluster's API server: its state, its KMS plugins, and what a restart does."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emulator.core.tls import Authority, Issued, cluster_authority
from emulator.kubernetes import objects
from emulator.kubernetes.authentication import MASTERS
from emulator.kubernetes.encryption import (
    Identity,
    KeySlot,
    Plugin,
    Provider,
    Providers,
    TransformError,
)
from emulator.kubernetes.kinds import KINDS, LEASES
from emulator.kubernetes.kms import KmsV1, KmsV2
from emulator.kubernetes.kubeconfig import Kind as KubeconfigKind
from emulator.kubernetes.kubeconfig import kubeconfig
from emulator.kubernetes.registry import Registry
from emulator.kubernetes.storage import Storage
from emulator.worlds import spec
from emulator.worlds.cluster_access import CLUSTER_USER

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

# KMS v2 is used from this version of Kubernetes on [D].
KMS_V2_SINCE = (1, 27)
# A cluster of some age has written this often.
_FIRST_REVISION = 412_801


class ApiServer:
    """`away`: connections break off, as while AKS updates the cluster. `synced`: every secret could be read since the
    start; without that it stays unready."""

    def __init__(self, world: EmulatedWorld, cluster_id: str, host: str, cluster: spec.Cluster) -> None:
        self.world = world
        self.cluster_id = cluster_id
        self.host = host
        self.bindings = cluster.bindings
        self.away = False
        self.synced = True
        self.slots: tuple[KeySlot, ...] = ()
        self.plugins: list[Plugin] = []
        self.registry = Registry(Storage(world.clock.now(), _FIRST_REVISION), cluster.admission, self._stamp)
        self._current: KeySlot | None = None
        self._kms: Sequence[KmsV1 | KmsV2] = ()
        self._starts = 0
        self._identity = ""

    def use_keys(self, current: KeySlot | None, previous: KeySlot | None) -> None:
        """The API server restarts with these KMS plugins: the current slot writes, both read; without a current one
        secrets are written as they are."""
        self._current = current
        self.slots = tuple(slot for slot in (current, previous) if slot is not None)
        self.restart()

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
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.poll()
        if not self.synced:
            self._sync()

    def lapse(self) -> None:
        """The server has been running for a while, so what its plugins were told at its start does not count."""
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.lapse()

    @property
    def properties(self) -> dict[str, Any]:
        """The cluster's `properties` in Resource Manager."""
        resource = self.world.resources.get(self.cluster_id)
        found: dict[str, Any] = resource.body["properties"] if resource else {}
        return found

    @property
    def git_version(self) -> str:
        return f"v{self.properties.get('currentKubernetesVersion') or self.properties.get('kubernetesVersion')}"

    @property
    def kubernetes_version(self) -> tuple[int, int]:
        """Major and minor."""
        match = re.match(r"v(\d+)\.(\d+)", self.git_version)
        assert match, self.git_version
        return int(match[1]), int(match[2])

    @property
    def kms_version(self) -> int:
        return 2 if self.kubernetes_version >= KMS_V2_SINCE else 1

    @property
    def local_accounts(self) -> bool:
        return not self.properties.get("disableLocalAccounts")

    @property
    def entra(self) -> dict[str, Any] | None:
        """The cluster's aadProfile; None without Entra integration."""
        profile = self.properties.get("aadProfile")
        return dict(profile) if profile else None

    @property
    def authority(self) -> Authority:
        return cluster_authority()

    @cached_property
    def client_certificate(self) -> Issued:
        """Of the local administrator account [D]."""
        return self.authority.client_certificate("masterclient", MASTERS)

    @cached_property
    def user_certificate(self) -> Issued:
        """Of the cluster user, who is the administrator too [D] unless the world binds a role to it [OWN]."""
        if not self._user_is_bound:
            return self.client_certificate
        return self.authority.client_certificate(CLUSTER_USER, "clusterUsers")

    @cached_property
    def static_token(self) -> str:
        """128 hexadecimal digits, as in the kubeconfigs of AKS."""
        return self._token("kubeconfig-token")

    @cached_property
    def user_token(self) -> str:
        """The cluster user's, as `user_certificate`."""
        return self._token("user-token") if self._user_is_bound else self.static_token

    @property
    def _user_is_bound(self) -> bool:
        return any(binding.subject == CLUSTER_USER for binding in self.bindings)

    def _token(self, kind: str) -> str:
        return hashlib.sha512(self.world.ids.uuid(kind, self.cluster_id.lower()).encode()).hexdigest()

    @property
    def identity_hash(self) -> str:
        """[SRC] How metrics name this API server; it is another one after each restart."""
        return f"sha256:{hashlib.sha256(self._identity.encode()).hexdigest()}"

    def kubeconfig(self, kind: KubeconfigKind) -> str:
        """YAML with the credentials of `admin` or `user`, or with kubelogin for `entra`."""
        return kubeconfig(self, kind)

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
