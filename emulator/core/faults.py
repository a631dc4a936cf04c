"""Faults on demand: an answer that is not the service's, a delay, a broken connection, a silence."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from emulator.core.http import Answer


class BadFault(ValueError):
    """What was posted does not describe a fault."""


@dataclass
class Fault:
    """Which requests it strikes and how. `nth` alone: that matching request; `count` alone: the first ones; both:
    that many from the nth on; neither: every one. `hold` before or after the request is performed;
    `reset` breaks the connection before it is performed, `lose` after."""

    site: str | None = None
    method: str | None = None
    path: str = ""
    nth: int | None = None
    count: int | None = None
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    lose: bool = False
    hold: Literal["before", "after"] | None = None
    matched: int = 0
    fired: int = 0
    held: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @classmethod
    def parse(cls, body: Any) -> Fault:
        """Raises BadFault."""
        settable = {each.name for each in fields(cls)} - {"matched", "fired", "held", "released"}
        if not isinstance(body, dict) or body.keys() - settable:
            raise BadFault(f"a fault is an object with some of: {', '.join(sorted(settable))}")
        if any(not isinstance(body.get(name, 0), int | float) for name in ("nth", "count", "status", "delay")):
            raise BadFault("nth, count, status and delay are numbers")
        fault = cls(**body)
        if not (fault.status or fault.delay or fault.reset or fault.lose or fault.hold):
            raise BadFault("a fault needs a status, a delay, reset, lose or hold")
        if fault.hold not in (None, "before", "after"):
            raise BadFault("hold is before or after")
        return fault

    @property
    def answer(self) -> Answer | None:
        """What is answered in the service's place."""
        return Answer(self.status, self.body, dict(self.headers)) if self.status else None

    def document(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "released"}

    def matches(self, site: str, method: str, target: str) -> bool:
        """`target` is the path with its query."""
        if self.site not in (None, site) or not re.fullmatch(self.method or method, method, re.IGNORECASE):
            return False
        if self.path.lower() in target.lower():
            return True
        try:
            return bool(re.search(self.path, target, re.IGNORECASE))
        except re.error:  # then it was meant as a part of the path
            return False

    def strikes(self) -> bool:
        """Counts one matching request and says whether this is one to strike."""
        self.matched += 1
        first = self.nth or 1
        count = self.count or (1 if self.nth else None)
        if self.matched < first or (count and self.matched >= first + count):
            return False
        self.fired += 1
        return True

    async def hold_until_released(self) -> None:
        self.held += 1
        try:
            await self.released.wait()
        finally:
            self.held -= 1


class Faults:
    """The faults that are set."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.faults.append(fault)

    def take(self, site: str, method: str, target: str) -> Fault | None:
        """The fault that strikes this request: the first that was set, when there are several."""
        striking = [fault for fault in self.faults if fault.matches(site, method, target) and fault.strikes()]
        return striking[0] if striking else None

    def clear(self) -> None:
        """Removes all faults and lets go the requests that they hold."""
        for fault in self.faults:
            fault.released.set()
        self.faults.clear()
