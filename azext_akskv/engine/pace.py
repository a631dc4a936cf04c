"""How fast requests are sent: the limit that keeps to a rate, and threads of a fixed number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from azext_akskv.engine.waiting import Clock, wake_by

T = TypeVar("T")


class RateLimit:
    """A token bucket for one thread: `take` sleeps until the next start is due."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        """`per_second` 0: no limit."""
        self._clock = clock
        self.per_second = per_second
        self._tokens = 1.0
        self._filled = clock.monotonic()

    def take(self) -> None:
        if not self.per_second:
            return
        now = self._clock.monotonic()
        most = max(1.0, self.per_second / 10)  # a tenth of a second's worth may start at once
        self._tokens = min(most, self._tokens + (now - self._filled) * self.per_second) - 1
        self._filled = now
        if self._tokens < 0:
            self._clock.sleep(-self._tokens / self.per_second)

    def halve(self) -> None:
        """Goes on at half the rate, but not below one a second."""
        self.per_second = max(self.per_second / 2, min(self.per_second, 1.0))


class Inline(Executor):
    """Does the work at once, in the caller's thread: what recording and replaying HTTP needs."""

    number = 1

    def answered(self, seconds: float, too_much: bool) -> None:
        """There is nothing to learn from it."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # it is the one who asks for the result that it concerns
            future.set_exception(error)
        return future


@contextmanager
def executor(connections: int) -> Iterator[Executor]:
    """Threads, or none for one connection. What has not begun when the block is left is never begun, and
    who sleeps then is woken."""
    if connections == 1:
        yield Inline()
        return
    given_up = threading.Event()
    pool = ThreadPoolExecutor(connections, "akskv", wake_by, (given_up,))
    try:
        yield pool
    finally:
        given_up.set()
        pool.shutdown(wait=True, cancel_futures=True)
