"""One cluster's emulated API server: its state, its KMS plugins, and what a restart does."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import bound_roles, objects
from emulator.kubernetes.authentication import User
from emulator.kubernetes.controllers import Controllers
from emulator.kubernetes.encryption import Identity, Plugin, Provider, Providers, TransformError
from emulator.kubernetes.events import Events
from emulator.kubernetes.face import ClusterFace, Stock
from emulator.kubernetes.kinds import (
    BY_KIND,
    DEFINITIONS,
    KINDS,
    LEASES,
    NAMESPACES,
    PODS,
    SECRETS,
    SERVICE_ACCOUNTS,
    STORED,
    Kind,
    Target,
)
from emulator.kubernetes.kms import KmsV1, KmsV2
from emulator.kubernetes.kubelet import Kubelets
from emulator.kubernetes.readability import Readability
from emulator.kubernetes.registry import Registry
from emulator.kubernetes.secrets_store.daemon_sets import role_of
from emulator.kubernetes.secrets_store.installation import Installation
from emulator.kubernetes.secrets_store.system_pods import SystemPods
from emulator.kubernetes.secrets_store.volumes import Volumes
from emulator.kubernetes.storage import Storage
from emulator.worlds import spec
from emulator.worlds.cluster_access import Rule

if TYPE_CHECKING:
    from emulator.kubernetes.pod_logs import LogWriter
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
        self.controllers, self.events = Controllers(self), Events(self)
        self.system = SystemPods(self, cluster)
        self.volumes = Volumes(self)
        self.installation = Installation(self, cluster)
        self.pretended: datetime | None = None
        """When it is, while what happened before the world's start is made."""
        self.registry = Registry(Storage(world.clock.now(), _FIRST_REVISION), cluster.admission, self._stamp)
        self._manifests = cluster.secrets_store.manifests
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
            if kind is NAMESPACES:
                self._give_account(metadata["name"], metadata["creationTimestamp"])
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
        self.installation.go_on()
        self.controllers.go_on()
        self.system.go_on()
        self.pods.go_on()
        self.volumes.go_on()
        self.controllers.go_on()
        self.events.go_on()
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.poll()
        if not self.synced:
            self._sync()

    def close(self) -> None:
        """The pods end with it."""
        self.pods.close()

    @property
    def now(self) -> datetime:
        """The time that whatever happens in the cluster gets."""
        return self.pretended or self.world.clock.now()

    @property
    def issuer(self) -> str:
        """Of the tokens of service accounts. [INF] Without the OIDC issuer the API server itself."""
        profile = self.properties.get("oidcIssuerProfile") or {}
        issuer = profile.get("issuerURL") if profile.get("enabled") else ""
        return str(issuer or f"https://{self.host}")

    @property
    def longest_token(self) -> float | None:
        """The seconds that such a token holds at the most; None without a limit."""
        return None

    def node_objects(self) -> list[dict[str, Any]]:
        """The nodes that there are."""
        return self.pods.nodes()

    def lapse(self) -> None:
        """The server has been running for a while, so what its plugins were told at its start does not count."""
        for provider in self._kms:
            if isinstance(provider, KmsV2):
                provider.lapse()

    @property
    def identity_hash(self) -> str:
        """[SRC] How metrics name this API server; it is another one after each restart."""
        return f"sha256:{hashlib.sha256(self._identity.encode()).hexdigest()}"

    def created(self, kind: Kind, content: dict[str, Any]) -> None:
        """What follows when a client has made an object: pods come to a node, namespaces get an account [SRC]."""
        if kind is PODS:
            (self.system if role_of(content) else self.pods).take(content)
        elif kind is NAMESPACES:
            self._give_account(content["metadata"]["name"], objects.timestamp(self.now))

    def program_of(self, uid: str) -> LogWriter | None:
        """The pod whose programs are not run and have a log all the same."""
        return self.system.find(uid)

    def begin_secrets_store(self, installed: datetime, applied: datetime) -> None:
        """Installs what the world's data says, and applies its manifests, at these times."""
        self.pretended = installed
        self.installation.begin()
        self.controllers.go_on()
        self.pretended = applied
        for manifest in self._manifests:
            kind = BY_KIND[manifest["apiVersion"], manifest["kind"]]
            namespace = manifest["metadata"].get("namespace", "default") if kind.namespaced else None
            self.created(kind, self.registry.create(Target(kind, namespace, None), manifest).content())
        self.controllers.go_on()
        self.system.go_on()
        self.pods.go_on()
        self.pretended = None

    def mount_at(self, moment: datetime) -> None:
        """Lets the volumes of all pods come as far as they come by then."""
        self.pretended = moment
        self.pods.mount()
        self.pretended = None

    def bound_rules(self, user: User) -> Iterable[Rule]:
        """Those of ClusterRoles."""
        return bound_roles.rules_for(self.registry, user)

    def serves(self, kind: Kind) -> bool:
        """[SRC] Custom resources are served where their definitions are."""
        return not kind.custom or self.registry.storage.get(DEFINITIONS.key(None, kind.qualified)) is not None

    @property
    def kinds(self) -> list[Kind]:
        """What is served now."""
        return [kind for kind in KINDS if self.serves(kind)]

    def object_counts(self) -> dict[str, int]:
        """Qualified resource name -> number of objects."""
        counts: Counter[str] = Counter()
        storage = self.registry.storage
        for kind in (kind for kind in STORED if self.serves(kind)):
            counts[kind.qualified] = sum(1 for _ in storage.range(kind.prefix(None), "", storage.revision))
        return counts

    def count_of(self, plural: str) -> int:
        """How many objects of a kind there are."""
        storage = self.registry.storage
        return sum(1 for _ in storage.range(f"/registry/{plural}/", "", storage.revision))

    def _sync(self) -> None:
        """Fills the watch cache."""
        storage = self.registry.storage
        self.synced = True
        for kind in (kind for kind in STORED if kind.encrypted):
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

    def _give_account(self, namespace: str, made: str) -> None:
        key = SERVICE_ACCOUNTS.key(namespace, "default")
        metadata = {"name": "default", "namespace": namespace, **self._stamp(key), "creationTimestamp": made}
        self.registry.restore(SERVICE_ACCOUNTS, {"metadata": metadata})

    def _stamp(self, key: str) -> dict[str, Any]:
        uid = self.world.ids.uuid("object", self.cluster_id.lower(), key, str(self.registry.storage.revision))
        return {"uid": uid, "creationTimestamp": objects.timestamp(self.now)}


def _v1(plugins: list[Plugin]) -> list[KmsV1]:
    """One provider for each name; a name that comes twice is one provider whose key was changed."""
    names = dict.fromkeys(plugin.slot.provider for plugin in plugins)
    grouped = [[plugin for plugin in plugins if plugin.slot.provider == name] for name in names]
    return [KmsV1(group[0], group[1:]) for group in grouped]
