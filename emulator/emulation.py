"""One running emulation: a world, its services on their listeners, and the control URL."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

from emulator import arm, graph
from emulator.control import Control
from emulator.core.clock import Clock
from emulator.core.exchange import Exchange, Site
from emulator.core.http import Answer, Call
from emulator.core.inside import Inside, Ways
from emulator.core.server import LOOPBACK, Server
from emulator.dataplane.keyvault import routes as keyvault
from emulator.entra import metadata, sign_in
from emulator.kubernetes import routes as kubernetes
from emulator.programs.answers import QUESTIONS
from emulator.world import EmulatedWorld
from emulator.worlds.spec import World

_DIRECTORY: dict[str, tuple[str, Site]] = {
    "login.emulator.test": ("entra", sign_in.answer),
    "graph.emulator.test": ("graph", graph.answer),
}


@dataclass(frozen=True)
class Time:
    """When the emulated time begins (None: now), and by how much each request moves it (None: it runs)."""

    start: datetime | None = None
    step_seconds: float | None = None

    def clock(self) -> Clock:
        return Clock(self.start, self.step_seconds)


EMULATED, REAL = "emulated", "real"
"""What is behind a cluster: the emulator's own Kubernetes, or a kube-apiserver that `make apiserver` has built."""


class Emulation:
    """Starts with `with` and stops at its end."""

    def __init__(self, spec: World, time: Time = Time(), kubernetes: str = EMULATED) -> None:
        """`kubernetes`: EMULATED or REAL. Raises NotReal and CannotStart for REAL."""
        self._time = time
        self._kubernetes = kubernetes
        self._secret = secrets.token_urlsafe(24)
        self.identity_header = secrets.token_urlsafe(24)
        self.inside = Inside()
        self.exchange = Exchange(self._build(spec), self._find_site)
        self.server = Server(self.exchange)
        self.control = Control(self.exchange, self.server.tap, self._secret, self._build)

    def __enter__(self) -> Emulation:
        self.server.start()
        questions = f"{self.endpoints['plain']}{QUESTIONS}"
        self.inside.ways = Ways(f"http://{LOOPBACK}:{self.server.ports['inside']}", questions)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inside.stop()
        self.server.stop()
        self.world.close()

    @property
    def world(self) -> EmulatedWorld:
        """The world of now; a reset makes another."""
        return self.exchange.world

    @property
    def proxy_url(self) -> str:
        return f"http://{LOOPBACK}:{self.server.ports['proxy']}"

    @property
    def endpoints(self) -> dict[str, str]:
        """The listeners themselves, for who needs no proxy: `azure`, `api_servers` and `plain`."""
        schemes = {"azure": "https", "api_servers": "https", "plain": "http"}
        return {name: f"{scheme}://{LOOPBACK}:{self.server.ports[name]}" for name, scheme in schemes.items()}

    @property
    def control_url(self) -> str:
        return f"{self.endpoints['plain']}/{self._secret}"

    @property
    def identity_url(self) -> str:
        return f"{self.endpoints['plain']}/msi/token"

    def verdict(self) -> dict[str, Any]:
        """The oracle's, as GET /oracle answers."""
        return self.server.call(self.control.verdict)

    def _build(self, spec: World) -> EmulatedWorld:
        self.inside.stop()
        if self._kubernetes == EMULATED:
            return EmulatedWorld(spec, self._time.clock(), self.inside)
        from emulator.real import cluster, translation  # what they need is not needed otherwise

        return EmulatedWorld(translation.translated(spec), self._time.clock(), self.inside, cluster.made)

    def _find_site(self, host: str, path: str) -> tuple[str, Site]:
        if host == LOOPBACK:
            return self._find_own(path)
        if host == "management.emulator.test":
            return ("entra", metadata.endpoints) if path == "/metadata/endpoints" else ("arm", arm.answer)
        if host in _DIRECTORY:
            return _DIRECTORY[host]
        if host.endswith(".vault.emulator.test"):
            return "keyvault", keyvault.answer
        if host.endswith((".hcp.westeurope.emulator.test", ".k3s.emulator.test")):
            return "kubernetes", kubernetes.answer
        return "nobody", _nobody

    def _find_own(self, path: str) -> tuple[str, Site]:
        if path.startswith(f"{QUESTIONS}/"):
            return "control", self._ask_node
        return ("identity", self._identity) if path == "/msi/token" else ("control", self.control.answer)

    def _ask_node(self, call: Call) -> Answer:
        with call.world.turn:
            return call.world.programs.answer(call)

    def _identity(self, call: Call) -> Answer:
        return metadata.managed_identity_token(call, self.identity_header)


def _nobody(call: Call) -> Answer:
    return Answer(404, {"error": f"the emulated Azure has no host {call.host}"})
