"""A K3s cluster: an API server with arguments of its own, programs, the agents of Arc, a way out that can be cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emulator.core.tls import Issued
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.arc import agents, certificates
from emulator.kubernetes.arc.api_server_arguments import CONFIG, Arguments
from emulator.kubernetes.arc.cut_off import FromOutside, NoWayOut, VaultsBlocked
from emulator.kubernetes.arc.installing import Extensions
from emulator.kubernetes.arc.node_objects import K3sKubelets
from emulator.kubernetes.arc.running import Running
from emulator.kubernetes.authentication import MASTERS
from emulator.kubernetes.garbage import collect
from emulator.kubernetes.kinds import DEFINITIONS, DEPLOYMENTS, PODS, Kind
from emulator.kubernetes.secret_sync.controller import SecretSyncs
from emulator.kubernetes.secrets_store.azure_side import AzureSide
from emulator.worlds import spec
from emulator.worlds.arc import BARE_ISSUER, ISSUER, K3s

if TYPE_CHECKING:
    from emulator.kubernetes.pod_logs import LogWriter
    from emulator.world import EmulatedWorld

Object = dict[str, Any]
HOSTS = ".k3s.emulator.test"
"""[OWN] Where API servers of such clusters are, in the network of whoever asks."""
_FIRST_ADDRESS = 11


class K3sServer(ApiServer):
    """Resource Manager knows it by `cluster_id` where it is connected."""

    def __init__(self, world: EmulatedWorld, cluster_id: str, data: K3s, issuer: str) -> None:
        stock = spec.Secrets(count=0, namespaces=("default",))
        cluster = spec.Cluster(
            name=data.name, kubernetes_version=data.kubernetes_version, identity=None, secrets=stock, kms=None,
            admission=data.admission, images_pull=data.images_pull,
        )  # fmt: skip
        super().__init__(world, cluster_id, f"{data.name}{HOSTS}", cluster)
        self.data = data
        self.cut_off_at: datetime | None = None
        """Since when nothing gets out of the cluster; its API server is reached all the same."""
        self._issuer = issuer
        self.arguments = Arguments(self._filled(data.config), self._filled(data.unit))
        self.pods = self._kubelets = K3sKubelets(self, cluster)
        self.running, self.extensions, self.syncs = Running(self), Extensions(self), SecretSyncs(self)

    def begin(self, made: datetime) -> None:
        """What is in the cluster before anything is installed through Arc."""
        self.pretended = made
        if self.data.connected:
            for kind, content in agents.objects(self.cluster_id, self.data.distribution):
                self.put(kind, content)
        if self.data.cert_manager == "helm":
            for kind, content in certificates.objects(by_arc=False, trust=self.data.trust_manager):
                self.put(kind, content)
        self._settle()
        self.pretended = None
        if self.data.unread:
            self.arguments.written[CONFIG] = self._filled(self.data.unread)

    def request_came(self) -> None:
        """As any API server's, and what Arc and its extensions do."""
        super().request_came()
        self._follow_profile()
        self.extensions.go_on()
        self._settle()
        self.syncs.go_on()
        collect(self.registry, self.serves)

    def restart(self) -> None:
        """With the arguments that are written now."""
        if hasattr(self, "arguments"):  # the first start comes with those that it is made with
            self.arguments.restart()
            self._kubelets.forget_nodes()
        super().restart()

    def go_back(self, moment: datetime) -> None:
        """What happens until `go_on` has happened then."""
        self.pretended = moment

    def created(self, kind: Kind, content: Object) -> None:
        """[OWN] Nothing is run in the pods of Deployments."""
        owners = {one.get("kind") for one in content["metadata"].get("ownerReferences") or []}
        if kind is PODS and "ReplicaSet" in owners:
            self.running.take(content)
        else:
            super().created(kind, content)

    def program_of(self, uid: str) -> LogWriter | None:
        return self.running.find(uid) or super().program_of(uid)

    @property
    def has_agents(self) -> bool:
        """Whether it was connected, and nobody has taken the agents away."""
        return self.holds(*next(iter(agents.objects(self.cluster_id, ""))))

    @property
    def azure(self) -> AzureSide:
        """Azure as it is seen from inside."""
        if self.cut_off_at is not None:
            return NoWayOut()
        if self.data.vaults_blocked:
            return VaultsBlocked(self.world.azure, self.world.vault_front)
        return FromOutside(self.world.azure)

    @property
    def issuer(self) -> str:
        """Of the tokens of service accounts."""
        return self.arguments.issuer

    @property
    def longest_token(self) -> float | None:
        return self.arguments.longest_token

    @property
    def git_version(self) -> str:
        return f"v{self.data.kubernetes_version}+k3s1"

    @property
    def local_accounts(self) -> bool:
        return True

    @property
    def entra(self) -> Object | None:
        return None

    @property
    def node_names(self) -> tuple[str, ...]:
        return tuple(f"{self.data.name}-{number}" for number in range(self.data.nodes))

    @staticmethod
    def address_of(node: int) -> str:
        """[OWN] In the network at home."""
        return f"192.168.40.{_FIRST_ADDRESS + node}"

    @cached_property
    def client_certificate(self) -> Issued:
        """[D] Of k3s.yaml."""
        return self.authority.client_certificate("system:admin", MASTERS)

    def put(self, kind: Kind, content: Object) -> None:
        """Makes an object, or makes it what it should be; what others have added to its metadata goes."""
        metadata = content["metadata"]
        key = kind.key(metadata.get("namespace"), metadata["name"])
        entry = self.registry.storage.get(key)
        old = self.registry.content(kind, key, entry) if entry else None
        given = old["metadata"] if old else self.registry.stamp(key)
        kept = {name: given[name] for name in ("uid", "creationTimestamp")}
        whole = {"metadata": {**metadata, **kept}, **{name: content[name] for name in content if name != "metadata"}}
        if old is not None and "status" in old:
            whole.setdefault("status", old["status"])
        self.registry.restore(kind, whole)
        if old is None:
            self.created(kind, whole)

    def holds(self, kind: Kind, content: Mapping[str, Any]) -> bool:
        """Whether an object of this name is there."""
        metadata = content["metadata"]
        return self.registry.storage.get(kind.key(metadata.get("namespace"), metadata["name"])) is not None

    def defines(self, name: str) -> bool:
        """Whether there is a CustomResourceDefinition of this name."""
        return self.holds(DEFINITIONS, {"metadata": {"name": name}})

    def deployed(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a Deployment is there, and its pod runs."""
        key = DEPLOYMENTS.key(metadata["namespace"], metadata["name"])
        entry = self.registry.storage.get(key)
        content = self.registry.content(DEPLOYMENTS, key, entry) if entry else {}
        return bool((content.get("status") or {}).get("readyReplicas"))

    def cut_off(self, seconds_ago: float = 0.0) -> None:
        self.cut_off_at = self.cut_off_at or self.world.clock.now() - timedelta(seconds=seconds_ago)

    def reconnect(self) -> None:
        self.cut_off_at = None

    def _filled(self, given: Sequence[str]) -> tuple[str, ...]:
        """Arguments with the issuer that Arc publishes for the cluster."""
        bare = self._issuer.rstrip("/")
        return tuple(one.replace(ISSUER, self._issuer).replace(BARE_ISSUER, bare) for one in given)

    def _follow_profile(self) -> None:
        """[D] The webhook of workload identity is there where the agents were told of it."""
        profile = (self.properties.get("securityProfile") or {}).get("workloadIdentity") or {}
        state = (self.properties.get("arcAgentProfile") or {}).get("agentState")
        if profile.get("enabled") and state == "Succeeded" and self.has_agents:
            for kind, content in agents.webhook():
                if not self.holds(kind, content):
                    self.put(kind, content)

    def _settle(self) -> None:
        self.controllers.go_on()
        self.running.go_on()
        self.controllers.go_on()
