"""The control URL: what a test may see and change of the emulation from outside."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from emulator import outside
from emulator.core.connection import WireTap
from emulator.core.exchange import Exchange
from emulator.core.faults import Fault
from emulator.core.http import Answer, Call, Refusal
from emulator.world import EmulatedWorld
from emulator.worlds import catalogue
from emulator.worlds.spec import World

Handler = Callable[[Any], Answer]


class Control:
    """Everything under /<secret>/ on the plain listener. `rebuild` makes a new world from its data."""

    def __init__(
        self, exchange: Exchange, tap: WireTap, secret: str, rebuild: Callable[[World], EmulatedWorld]
    ) -> None:
        self._exchange, self._tap, self._secret, self._rebuild = exchange, tap, secret, rebuild
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "requests"): lambda _: Answer(200, self._world.log.document()),
            ("DELETE", "requests"): lambda _: _done(self._world.log.clear),
            ("GET", "faults"): lambda _: Answer(200, [fault.document() for fault in self._world.faults.faults]),
            ("POST", "faults"): self._set_fault,
            ("DELETE", "faults"): lambda _: _done(self._world.faults.clear),
            ("GET", "clock"): lambda _: self._time(),
            ("POST", "clock"): self._set_clock,
            ("POST", "reset"): self._reset,
            ("GET", "k3s"): lambda _: Answer(200, outside.document(self._world)),
            ("POST", "k3s"): lambda body: Answer(200, outside.change(self._world, body)),
            ("GET", "oracle"): lambda _: Answer(200, self.verdict()),
            ("GET", "wire"): lambda _: Answer(200, bytes(self._tap.seen)),
            ("POST", "wire"): lambda _: _done(lambda: self._switch_tap(True)),
            ("DELETE", "wire"): lambda _: _done(lambda: self._switch_tap(False)),
        }

    @property
    def _world(self) -> EmulatedWorld:
        return self._exchange.world

    def answer(self, call: Call) -> Answer:
        """Answers `<method> /<secret>/<name>`; 404 without the secret, 400 for a body that makes no sense."""
        _, secret, name, *_ = (*call.path.split("/"), "", "")
        handler = self._handlers.get((call.method, name))
        if handler is None or not hmac.compare_digest(secret.encode(), self._secret.encode()):
            return Answer(404, {"error": "there is no such control"})
        try:
            return handler(call.json())
        except Refusal as refusal:
            return refusal.answer
        except (ValueError, TypeError, LookupError) as error:
            return Answer(400, {"error": str(error)})

    def verdict(self) -> dict[str, Any]:
        """What the oracle says now, and the emulator's own failures."""
        self._world.settle()
        self._world.kubernetes.look_closely()
        self._world.oracle.look("no request: asked at the end")
        violations, failures = self._world.oracle.document(), list(self._exchange.failures)
        return {"ok": not violations and not failures, "violations": violations, "failures": failures}

    def _set_fault(self, body: Any) -> Answer:
        fault = Fault.parse(body)
        self._world.faults.add(fault)
        return Answer(201, fault.document())

    def _set_clock(self, body: Any) -> Answer:
        if "set" in body:
            moment = datetime.fromisoformat(body["set"].replace("Z", "+00:00"))
            seconds = (moment.astimezone(timezone.utc) - self._world.clock.now()).total_seconds()
        else:
            seconds = float(body["advance"])
        self._world.clock.advance(seconds)
        return self._time()

    def _time(self) -> Answer:
        return Answer(200, {"now": self._world.clock.now().isoformat()})

    def _reset(self, body: Any) -> Answer:
        wanted = body or {}
        if self._world.kubernetes.real:
            raise ValueError("a real API server is not reset: start another emulation")
        spec = catalogue.load(wanted["world"]) if wanted.get("world") else self._world.spec
        if "secrets" in wanted:
            spec = catalogue.with_secrets(spec, wanted["secrets"])
        self._world.faults.clear()
        self._exchange.world = self._rebuild(spec)
        self._exchange.failures.clear()
        return Answer(200, {"world": spec.name})

    def _switch_tap(self, on: bool) -> None:
        self._tap.on = self._tap.on or on
        self._tap.seen.clear()


def _done(act: Callable[[], None]) -> Answer:
    act()
    return Answer(204)
