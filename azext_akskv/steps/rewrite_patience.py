"""What to do when the API server cannot answer just now: wait for as long as the failure asks, within limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from azext_akskv.engine.pace import RateLimit
from azext_akskv.engine.step import Run
from azext_akskv.engine.waiting import until
from azext_akskv.failures import Conflict, GatewayError, Throttled, Unavailable, Unreadable

T = TypeVar("T")

TRIES = 5
PASSING = (Conflict, Throttled, Unavailable, Unreadable)
"""May be over in a moment. Unreadable among them: a KMS plugin that Key Vault throttles cannot decrypt just now."""
LONGEST_RETRY_AFTER = 60.0
HEALTH_EVERY_SECONDS = 5.0


class Patience:
    """For one thread. All waits go through the run's clock, in the thread that Ctrl-C interrupts."""

    def __init__(self, run: Run, limit: RateLimit, gentle: bool) -> None:
        """`gentle`: KMS v1, where it is our own rate that can make the API server unready."""
        self._run = run
        self._limit = limit
        self._gentle = gentle
        self._ready_at = run.clock.monotonic()

    def ask(self, call: Callable[[], T]) -> T:
        """Calls until it answers. Raises what the call raises when asking again does not help (any more)."""
        tries = 1
        while True:
            try:
                return call()
            except (Conflict, Throttled, Unavailable) as error:
                if not self.allows(error, self._run.clock.monotonic(), tries):
                    raise
                tries += 1

    def allows(self, error: GatewayError, at: float, tries: int) -> bool:
        """Whether to ask again, after waiting for it; `at` is when the failure came.

        Raises TookTooLong when the API server does not come back.
        """
        if not isinstance(error, PASSING) or tries >= TRIES:
            return False
        if isinstance(error, Unavailable):
            self._wait_until_ready(at)
        pause = self._run.waits.ask_again * 2 ** (tries - 1)
        if isinstance(error, Throttled) and error.retry_after:
            pause = min(error.retry_after, LONGEST_RETRY_AFTER)
        if not isinstance(error, Conflict):
            # counted from the failure: what failed together with this one has waited with it
            self._run.clock.sleep(max(0.0, at + pause - self._run.clock.monotonic()))
        return True

    def keep_healthy(self) -> None:
        """On KMS v1: looks now and then whether the API server, whose health check asks Key Vault, is still ready."""
        if self._gentle and self._run.clock.monotonic() - self._ready_at >= HEALTH_EVERY_SECONDS:
            self._wait_until_ready(self._run.clock.monotonic())

    def _wait_until_ready(self, since: float) -> None:
        if self._ready_at > since:
            return
        secrets, clock, waits = self._run.ports.secrets, self._run.clock, self._run.waits
        if not secrets.ready():
            self._run.reporter.note("The API server is not ready; waiting for it.")
            if self._gentle:
                self._limit.halve()
            until(
                clock,
                lambda: secrets.ready() or None,
                every=waits.poll,
                limit=waits.api_server_back,
                what="wait for the API server",
            )
        self._ready_at = clock.monotonic()
