"""How many requests a vault takes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.dataplane.keyvault import refusals

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_SECONDS = 10.0
"""[D] The limits are for ten seconds."""


class Throttle:
    """`world.keyvault.throttle`. [OWN] One limit for all kinds of requests to a vault, which worlds set; without one
    there is none."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._limits = {
            one.name.lower(): one.requests_in_ten_seconds
            for one in world.spec.vaults
            if one.requests_in_ten_seconds is not None
        }
        self._taken: dict[str, deque[float]] = {}

    def take(self, vault: Resource) -> None:
        """Counts a request; those that are refused do not count [INF].

        Raises Refusal: 429 Throttled.
        """
        name = vault.body["name"].lower()
        limit = self._limits.get(name)
        if limit is None:
            return
        now, taken = self._world.clock.now().timestamp(), self._taken.setdefault(name, deque())
        while taken and taken[0] <= now - _SECONDS:
            taken.popleft()
        if len(taken) >= limit:
            raise refusals.throttled()
        taken.append(now)
