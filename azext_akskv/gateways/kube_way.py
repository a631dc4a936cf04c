"""Which way to the API server: straight to it, or a command in a pod of the cluster where it cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Any, cast

from azext_akskv.failures import GatewayError, Unavailable
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_inside import InvokedSecrets
from azext_akskv.gateways.kube_lease import KubeLease
from azext_akskv.gateways.kube_server import ApiServer
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.holder import Holder
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.model.sweep import Sweep, Swept
from azext_akskv.ports import Inside, Secrets

NO_WAY = {
    "NameResolutionError": "its name has no address here",
    "NewConnectionError": "it takes no connection",
    "ConnectTimeoutError": "it does not answer",
    "ProxyError": "the proxy does not reach it",
}
"""urllib3's words for a host that has no address, or does not take a connection, or that the proxy does not reach. A
connection that was made and broke is an API server that restarts: it is waited for, by the way it was reached."""


class Way:
    """Decides at the first question, and keeps to it. `via`: auto, direct, run-command. `read` reads the cluster,
    `tell` is told of a way that was not asked for."""

    def __init__(
        self, via: str, connect: Callable[[], ApiServer], read: Callable[[], Cluster], tell: Callable[[str], None]
    ) -> None:
        self._via = via
        self._connect = connect
        self._read = read
        self._tell = tell
        self._inside: bool | None = {"direct": False, "run-command": True}.get(via)
        self._deciding = threading.Lock()
        self._first: ApiServer | None = None
        self._ready = False

    def inside(self) -> bool:
        """Raises GatewayError when nobody can log in to the API server at all."""
        with self._deciding:
            if self._inside is None:
                self._inside = self._unreachable()
            return self._inside

    def connect(self) -> ApiServer:
        """The connection that was tried, at first."""
        server, self._first = self._first, None
        return server or self._connect()

    def was_ready(self) -> bool:
        """What the API server said when it was tried, to the first who asks; later it would be an old answer."""
        ready, self._ready = self._ready, False
        return ready

    def _unreachable(self) -> bool:
        server = self._connect()
        try:
            self._ready = server.ready()
        except GatewayError as error:
            if not isinstance(error, Unavailable) or error.code not in NO_WAY:
                return False  # it answers, and says to the next who ask what it has to say
            if not self._read().run_command:  # then there is one way, and it says itself where it ends
                return False
            self._tell(f"The API server cannot be reached from here ({NO_WAY[error.code]}); going through run-command.")
            return True
        self._first = server
        return False


class EitherSecrets:
    """Fills ports.Secrets by whichever way was decided on."""

    def __init__(self, way: Way, direct: KubeSecrets, invoked: InvokedSecrets) -> None:
        self._way = way
        self._direct = direct
        self._invoked = invoked

    def ready(self) -> bool:
        chosen = self._invoked if self._way.inside() else self._direct
        return self._way.was_ready() or chosen.ready()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._invoked if self._way.inside() else self._direct, name)

    def as_port(self) -> Secrets:
        return cast(Secrets, self)


class FromInside(Inside):
    def __init__(self, way: Way, invoked: InvokedSecrets) -> None:
        self._way = way
        self._invoked = invoked

    def wanted(self) -> bool:
        return self._way.inside()

    def census(self) -> SecretCensus:
        return self._invoked.census()

    def sweep(self, order: Sweep) -> Swept:
        return self._invoked.sweep(order)


class EitherLease:
    """A look from inside brings along who is at work. A run that goes that way does not say so itself: each renewal
    would be a command in a pod of its own."""

    def __init__(self, way: Way, direct: KubeSecrets, invoked: InvokedSecrets) -> None:
        self._way = way
        self._direct = KubeLease(direct.ask, direct.ask_once)
        self._invoked = invoked

    def holder(self) -> Holder | None:
        return self._invoked.holder() if self._way.inside() else self._direct.holder()

    def acquire(self, run: str, who: str, seconds: int, dead: Collection[str] = ()) -> None:
        if not self._way.inside():
            self._direct.acquire(run, who, seconds, dead)

    def release(self, run: str) -> None:
        if not self._way.inside():
            self._direct.release(run)
