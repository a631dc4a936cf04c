"""Time: the clock that waits go through, and how long each wait is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol, TypeVar

from azext_akskv.failures import TookTooLong

T = TypeVar("T")


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds, for measuring."""
        raise NotImplementedError  # or else the linter takes it for a function without a result

    def now(self) -> datetime:
        """This machine's time, with zone: for the journal. What is compared with a service's times is the service's."""

    def sleep(self, seconds: float) -> None: ...


_of_thread = threading.local()


def wake_by(given_up: threading.Event) -> None:
    """In a thread of a pool, before its first work: its sleep ends with CancelledError once `given_up` is set. Nothing
    else wakes it: Ctrl-C reaches only the main thread, which must then wait for the others. [Python, signal]"""
    _of_thread.given_up = given_up


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        given_up = getattr(_of_thread, "given_up", None)
        if given_up is None:
            time.sleep(seconds)
        elif given_up.wait(seconds):
            raise CancelledError


@dataclass(frozen=True)
class Waits:
    """Every wait, in seconds, times one factor (az config `akskv.wait_factor`), which the emulator makes small."""

    factor: float = 1.0

    def _of(self, seconds: float) -> float:
        return seconds * self.factor

    def minutes(self, asked: float) -> float:
        """The longest that a user wants to wait."""
        return self._of(asked * 60)

    @property
    def poll(self) -> float:
        """Between two looks at something that shall come true, and two polls of an operation without Retry-After."""
        return self._of(15)

    @property
    def command_poll(self) -> float:
        """Between two looks at a command in a pod, as az looks at them. [CLI]"""
        return self._of(5)

    @property
    def settle(self) -> float:
        """From the end of a KMS change to R0. API servers poll the plugin about once a minute. [KEP-3299, KMS v2]"""
        return self._of(90)

    @property
    def api_server_back(self) -> float:
        """Until an API server that restarts must be ready again."""
        return self._of(900)

    @property
    def ask_again(self) -> float:
        """Before what the API server could not do just now is asked again; doubled each time."""
        return self._of(1)

    @property
    def grant_retry(self) -> float:
        """Between two tries of an update that the service refuses because a new grant has not reached it yet."""
        return self._of(30)

    @property
    def grant_limit(self) -> float:
        """The longest that such an update is tried again; most grants work after 2 to 10 minutes."""
        return self._of(1800)

    @property
    def grant_propagation(self) -> float:
        """From a grant's creation until a private vault's KMS may be turned on: nobody can try it there, AKS cannot
        validate it, and a grant that does not work yet breaks the control plane."""
        return self._of(900)

    @property
    def identity_switch(self) -> float:
        """From a change of the cluster's identity until every component uses it: "several hours". [AKS docs]"""
        return self._of(8 * 3600)

    @property
    def update(self) -> float:
        """The longest that an update of the cluster, begun by a run that was killed, is waited for."""
        return self._of(3600)

    @property
    def upgrade(self) -> float:
        """The longest that an upgrade, begun by a run that was killed, is waited for: nodes go one after the other, and
        each may wait half an hour for its pods. [AKS docs, node drain timeout]"""
        return self._of(12 * 3600)

    @property
    def appear(self) -> float:
        """The longest that something just made may take to be seen: a vault, a key, an identity, a settled cluster."""
        return self._of(600)

    @property
    def dns(self) -> float:
        """Until caches of DNS have let go of an old answer: zones say 10 s, CoreDNS keeps 30 s. [D]"""
        return self._of(120)

    @property
    def lease(self) -> float:
        """How long a run that is not heard of counts as being at work: longer than most restarts of the API servers, in
        which nobody can be told anything."""
        return self._of(120)

    @property
    def lease_renewal(self) -> float:
        """Between two words that it is still at work."""
        return self._of(20)


def until(clock: Clock, look: Callable[[], T | None], *, every: float, limit: float, what: str) -> T:
    """Looks again every so many seconds until there is something to see.

    Raises TookTooLong after `limit` seconds.
    """
    deadline = clock.monotonic() + limit
    while (seen := look()) is None:
        if clock.monotonic() >= deadline:
            raise TookTooLong(f"{what}: not so after {limit:.0f} s")
        clock.sleep(every)
    return seen
