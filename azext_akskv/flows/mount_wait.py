"""Waits until pods have mounted what their classes name: looks again and again at what changes while they do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from azext_akskv.failures import GatewayError
from azext_akskv.flows.world import World
from azext_akskv.model.mounts.standing import Key, Scope, Standing, Standings, standings_of
from azext_akskv.model.mounts.tries import Try, hopeless, last_try
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.ports import Mounts

GRACE = 30.0
"""So long, in seconds, a controller may take until its first pod is there. [OWN]"""


class End(str, Enum):
    """Why the wait is over."""

    READY = "all are mounted"
    NOTHING = "there is nothing to wait for"
    FAILED_AGAIN = "the driver has tried again and failed the same way"
    TIMEOUT = "the time is over"
    UNSEEN = "it cannot be looked at"


@dataclass(frozen=True)
class Waited:
    """`standings`: by the last look that saw anything, else why there was none. `seconds`: how long it took."""

    standings: Observed[Standings]
    end: End
    seconds: float
    tries: dict[Key, Try] = field(default_factory=dict)
    """The last try that failed, of those that are left."""


class MountWait:
    """`limit`: seconds."""

    def __init__(self, world: World, mounts: Mounts, scope: Scope, limit: float) -> None:
        self._world = world
        self._mounts = mounts
        self._scope = scope
        self._limit = limit
        self._first: dict[Key, Try] = {}
        self._tries: dict[Key, Try] = {}
        self._known: Observed[Standings] = Observed.unknown("not looked at yet")
        self._told = set[tuple[str, ...]]()

    def wait(self) -> Waited:
        clock = self._world.clock
        began = clock.monotonic()
        while True:
            at = clock.monotonic()
            seen = self._glance()
            now = clock.monotonic()
            end = self._end(seen, now - began)
            if end:
                return Waited(self._known, end, now - began, self._tries)
            left = self._limit - (now - began)
            self._tell(left)
            pause = max(self._world.waits.command_poll, now - at)  # a look through run-command takes long
            clock.sleep(min(pause, left))

    def _glance(self) -> Observed[Standings]:
        """What is seen now; what was seen before stays where nothing is."""
        try:
            seen = self._mounts.glance(self._scope.namespace)
            standings = Observed(standings_of(seen, self._scope))
            tries = {each.key: last_try(seen, each) for each in standings.get().left}
        except (GatewayError, NotObserved) as gap:
            unknown: Observed[Standings] = Observed.unknown(str(gap))
            self._known = self._known if self._known.known else unknown
            return unknown
        self._known = standings
        self._tries = {key: each for key, each in tries.items() if each}
        for key, each in self._tries.items():
            before = self._first.get(key)
            if before is None or before.cause.slug != each.cause.slug:
                self._first[key] = each
        return standings

    def _end(self, seen: Observed[Standings], waited: float) -> End | None:
        over = waited >= self._limit
        if not seen.known:
            return End.UNSEEN if over or not self._known.known else None
        standings = seen.get()
        if not standings.each:
            grace = min(GRACE * self._world.waits.factor, self._limit)
            return End.NOTHING if not standings.classes or waited >= grace else None
        if not standings.left:
            return End.READY
        if hopeless(self._first, self._tries, standings.left):
            return End.FAILED_AGAIN
        return End.TIMEOUT if over else None

    def _tell(self, left: float) -> None:
        standings = self._known.get()
        for one in standings.left:
            failed = self._tries.get(one.key)
            told = (*one.key, failed.cause.slug if failed else "")
            if failed and told not in self._told:
                self._told.add(told)
                self._world.reporter.note(f"{one}: {_in_words(one, failed)}; the driver tries again by itself")
        self._world.reporter.tick(f"Waiting for {_whom(standings, self._tries)}; {left:.0f} s to go")


def _in_words(one: Standing, failed: Try | None) -> str:
    return f"{one.stage.words}{f', the last try failed: {failed.cause.kind}' if failed else ''}"


def _whom(standings: Standings, tries: dict[Key, Try]) -> str:
    left = standings.left
    if not left:
        return "a pod that mounts " + ", ".join(str(each) for each in standings.unused[:3])
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return f"{left[0]} ({_in_words(left[0], tries.get(left[0].key))}){more}"
