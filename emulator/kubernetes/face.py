"""What every API server shows of itself, whatever stands behind it: document, versions, credentials, key slots."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emulator.core.tls import Authority, Issued, cluster_authority
from emulator.kubernetes.authentication import MASTERS, User
from emulator.kubernetes.encryption import KeySlot
from emulator.kubernetes.kinds import Kind
from emulator.kubernetes.kubeconfig import Kind as KubeconfigKind
from emulator.kubernetes.kubeconfig import kubeconfig
from emulator.worlds import spec
from emulator.worlds.cluster_access import CLUSTER_USER, Rule

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

# KMS v2 is used from this version of Kubernetes on [D].
KMS_V2_SINCE = (1, 27)
Stock = Iterable[tuple[Kind, dict[str, Any]]]
"""Objects with the times that they were made at."""


@dataclass(frozen=True)
class Outside:
    """Programs behind a cluster: an administrator's kubeconfig straight to its API server, and the URL of its etcd."""

    kubeconfig: str
    etcd: str


class Occasions:
    """What may be asked of any API server, and means nothing to one kind or the other."""

    def request_came(self) -> None:
        """What happens by itself as time goes by."""

    def lapse(self) -> None:
        """The server has been running for a while, so what its plugins were told at its start does not count."""

    def wait(self) -> bool:
        """Until it has started, and whether it is synced. Not for the thread that answers requests."""
        return True

    def outside(self) -> Outside | None:
        """What is outside this process, where there is something."""
        return None

    def look_closely(self) -> None:
        """`unreadable` is to try everything anew, whatever it remembers."""

    def close(self) -> None:
        """The cluster is gone, or the world. Keeps nobody waiting."""

    def join(self) -> None:
        """Until what `close` ends has ended."""

    async def hang_up(self) -> None:
        """What is open on the event loop is closed."""


class ClusterFace(Occasions, ABC):
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
        self._current: KeySlot | None = None

    @abstractmethod
    def restart(self) -> None:
        """With the slots as they are; returns before the server is there, if that takes time."""

    @abstractmethod
    def fill(self, stock: Stock, lost: int) -> None:
        """Stores what is there when the world begins, and so many of the Secrets under a key that is gone."""

    @abstractmethod
    def unreadable(self) -> Iterable[str]:
        """The keys in etcd of the secrets that no slot can decrypt any more, tried without the server."""

    def count_of(self, plural: str) -> int:
        """How many objects of a kind there are. [OWN] Of a real server nobody asks."""
        return 0

    def use_keys(self, current: KeySlot | None, previous: KeySlot | None) -> None:
        """The API server restarts with these KMS plugins: the current slot writes, both read; without a current one
        secrets are written as they are."""
        self._current = current
        self.slots = tuple(slot for slot in (current, previous) if slot is not None)
        self.restart()

    def rewrite_stale(self) -> None:
        """The platform itself writes every stale secret anew. Only the emulated API server has such a platform."""

    def bound_rules(self, user: User) -> Iterable[Rule]:
        """What the cluster's own role bindings give the user; a real API server knows them itself."""
        return ()

    @property
    def starting(self) -> bool:
        """It was started and is not there yet, which a real one takes time for."""
        return False

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

    def kubeconfig(self, kind: KubeconfigKind) -> str:
        """YAML with the credentials of `admin` or `user`, or with kubelogin for `entra`."""
        return kubeconfig(self, kind)

    @property
    def _user_is_bound(self) -> bool:
        return any(binding.subject == CLUSTER_USER for binding in self.bindings)

    def _token(self, kind: str) -> str:
        return hashlib.sha512(self.world.ids.uuid(kind, self.cluster_id.lower()).encode()).hexdigest()
