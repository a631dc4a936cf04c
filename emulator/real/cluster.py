"""A cluster whose API server is a real kube-apiserver, with an etcd and the emulator's KMS plugins."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from emulator.core.http import Answer, Call
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.authentication import User
from emulator.kubernetes.encryption import KeySlot
from emulator.kubernetes.face import ClusterFace, Outside, Stock
from emulator.kubernetes.kinds import SECRETS
from emulator.kubernetes.routes import Forwarding
from emulator.real import seeding
from emulator.real.envelope import Keys, Readability
from emulator.real.etcd import Etcd
from emulator.real.forwarder import Forwarder
from emulator.real.guard import Guard
from emulator.real.kms_plugin import KmsPlugin
from emulator.real.kube_apiserver import IDENTITY, KubeApiServer, Provider, kubeconfig
from emulator.real.programs import CannotStart
from emulator.real.readiness import Readiness, Unsynced
from emulator.real.translation import VERSION
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_LONGEST_FOLDER = 80
"""The name of a unix socket has 107 bytes at most, and a file in it needs some. [unix(7)]"""
_PREFIX = SECRETS.prefix(None)


def made(world: EmulatedWorld, cluster_id: str, host: str, cluster: spec.Cluster) -> ClusterFace:
    """A real one where the version is the one that is built, and an emulated one for a cluster made later of another.

    Raises CannotStart.
    """
    kind = RealCluster if cluster.kubernetes_version == VERSION else ApiServer
    return kind(world, cluster_id, host, cluster)


class RealCluster(Forwarding):
    """Starts take seconds and are made in a thread of their own, one after the other; the processes die with it.
    Meanwhile it is `starting` and gives no answer."""

    def __init__(self, world: EmulatedWorld, cluster_id: str, host: str, cluster: spec.Cluster) -> None:
        super().__init__(world, cluster_id, host, cluster)
        self._admission = cluster.admission
        self._stack = ExitStack()
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="starter")
        self._start: Future[bool] | None = None
        self._plugins: list[KmsPlugin] = []
        self._sockets = 0
        self._readable = Readability(world)
        self._tried: Keys | None = None
        self._unreadable: list[str] = []
        self.synced = False
        self.problem = ""
        """Why its last start did not end well."""
        self._starter.submit(self._prepare).result()

    def restart(self) -> None:
        """The API server ends, its plugins after it; then both start again, the plugins first."""
        self.synced = False
        self._start = self._starter.submit(self._restart, self._current, self.slots)

    @property
    def starting(self) -> bool:
        return self._start is not None and not self._start.done()

    def wait(self) -> bool:
        """As the base class has it. The plugins need the world's turn meanwhile."""
        return self._start is not None and self._start.result()

    def fill(self, stock: Stock, lost: int) -> None:
        """Raises CannotStart."""
        if not self.wait():
            raise CannotStart(f"the API server did not get ready: {self.problem}\n{self.server.last_words()}")
        seeding.fill(self.server, stock)
        seeding.lose(self.etcd, lost)
        self.look_closely()
        if self._admission:
            guard = self._stack.enter_context(Guard(self._admission, self.authority))
            guard.stand_before(self.server)

    def unreadable(self) -> list[str]:
        """Tried again at the end of a start, after a change of the keys behind the slots, and when told to: not after
        every request, as each value has a key of its own."""
        keys = self._readable.keys(self.slots)
        if not self.starting and keys != self._tried:
            self._try(keys)
        return self._unreadable

    def look_closely(self) -> None:
        self._tried = None

    async def forward(self, call: Call, user: User) -> Answer:
        return await self._forwarder(call, user)

    def outside(self) -> Outside:
        config = kubeconfig(self.server.url, self.authority, self.client_certificate)
        return Outside(str(yaml.safe_dump(config)), self.etcd.url)

    def close(self) -> None:
        self._starter.submit(self._end)
        self._starter.shutdown(wait=False)

    def join(self) -> None:
        self._starter.shutdown()

    async def hang_up(self) -> None:
        await self._forwarder.close()

    def _prepare(self) -> None:
        """In the starter's thread, as everything that owns a process."""
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="emulator-", dir=_short_folder()))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self._folder = folder
            self.etcd = stack.enter_context(Etcd(folder))
            self.server = KubeApiServer(folder, self.etcd.url, self.authority)
            stack.callback(self._stop_all)
            proxy = folder / "front-proxy.pem"
            proxy.touch(0o600)
            proxy.write_bytes(self.server.front_proxy.certificate + self.server.front_proxy.key)
            self._forwarder = Forwarder(self.server.url, self.authority.pem, proxy)
            self._stack = stack.pop_all()

    def _end(self) -> None:
        self._stack.close()

    def _restart(self, current: KeySlot | None, slots: Sequence[KeySlot]) -> bool:
        self._stop_all()
        self.problem = ""
        providers = self._plug_in(slots)
        order = [*providers, IDENTITY] if current else [IDENTITY, *providers]
        readiness = Readiness(self.server, len(providers), self.etcd.count(_PREFIX), time.monotonic)
        try:
            self.synced = self.server.start(order, ready=readiness)
        except (Unsynced, CannotStart) as error:
            self.problem = str(error)
        # Here, where it keeps nobody waiting. Without slots nobody's turn is needed: a cluster may be made during one.
        with self.world.turn if slots else nullcontext():
            keys = self._readable.keys(slots)
        self._try(keys)
        return self.synced

    def _try(self, keys: Keys) -> None:
        values = self.etcd.values(_PREFIX)
        self._unreadable = [key for key, value in values if not self._readable.opens(value, keys)]
        self._tried = keys

    def _plug_in(self, slots: Sequence[KeySlot]) -> list[Provider]:
        """One plugin and one provider for each name; a name that comes twice is one whose key was changed."""
        providers: list[Provider] = []
        for name in dict.fromkeys(slot.provider for slot in slots):
            self._sockets += 1
            socket = self._folder / f"kms{self._sockets}.sock"
            own = [slot for slot in slots if slot.provider == name]
            self._plugins.append(KmsPlugin(self.world, own, socket))
            settings = {"name": name, "endpoint": f"unix://{socket}", "cachesize": 1000, "timeout": "3s"}
            providers.append({"kms": settings})
        return providers

    def _stop_all(self) -> None:
        self.server.stop()
        while self._plugins:
            self._plugins.pop().stop()


def _short_folder() -> str:
    """Where temporary files go, unless that is too deep for a socket."""
    usual = tempfile.gettempdir()
    return usual if len(usual) <= _LONGEST_FOLDER else "/tmp"
