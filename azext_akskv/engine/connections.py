"""As many requests at once as the server takes well: the threads of a rewrite, and how many of them there are."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from azext_akskv.engine.waiting import wake_by

T = TypeVar("T")

MOST = 128
"""No server gets more. At 80 ms of round trip they are some 1,400 rewrites a second."""
FIRST = 8
FIRST_BELOW, MOST_BELOW = 500, 32_000
"""Answers, before the number that was too much is tried again."""
FEW_WAITING, MANY_WAITING = 10.0, 30.0
"""Requests that wait at the server beside those that it works at: below it could do more, since etcd writes what waits
together; above they only queue."""
STILL_QUICK, SLOW = 0.25, 0.5
"""On a long way those few are lost among what answers take longer by chance: so many of all may wait in any case."""
STEADY_ROUNDS = 4
"""The mean of one round goes up and down by itself."""


class Pacer:
    """Finds the number of connections as TCP Vegas finds its window: who knows how quickly the server answered at its
    best knows how many of the requests under way only wait. [Brakmo, Peterson: TCP Vegas, 1995]

    A round is as many answers as there are connections. The number doubles from round to round until some requests
    wait; then it grows and shrinks by an eighth, every four rounds. It is halved when the server says that it is too
    much (429), and comes back to where that was only after a while, each time a longer one: for each such answer a
    request waits.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.connections = min(FIRST, most)
        self._quickest = 0.0
        self._doubling = True
        self._ceiling = most + 1
        self._below_for = 0
        self._next_below_for = FIRST_BELOW
        self._sent_before = 0
        self._begin_round()

    def _begin_round(self) -> None:
        self._answers, self._seconds, self._too_much, self._used = 0, 0.0, False, False

    def answered(self, seconds: float, *, too_much: bool, more_to_do: bool) -> None:
        """`more_to_do`: with one connection more, one request more would have been under way."""
        self._below_for -= 1
        if self._sent_before > 0:  # an answer to what was sent before there were fewer
            self._sent_before -= 1
            return
        self._answers += 1
        self._seconds += seconds
        self._too_much |= too_much
        self._used |= more_to_do
        if self._answers >= self.connections * (1 if self._doubling else STEADY_ROUNDS):
            self.connections = max(1, min(self._most, self._next(self._seconds / self._answers)))
            self._begin_round()

    def _next(self, mean: float) -> int:
        if self._too_much:  # refusals come quickly, and say nothing about how quick the server is
            return self._fewer()
        wanted = self._wanted(mean)
        return wanted if self._below_for <= 0 else min(wanted, max(self.connections, self._ceiling - 1))

    def _fewer(self) -> int:
        self._doubling = False
        self._ceiling = self._sent_before = self.connections
        self._below_for, self._next_below_for = self._next_below_for, min(MOST_BELOW, 2 * self._next_below_for)
        return self.connections // 2

    def _wanted(self, mean: float) -> int:
        now = self.connections
        self._quickest = min(mean, self._quickest or mean)
        waiting = now * (1 - self._quickest / mean) if mean else 0.0
        enough = max(FEW_WAITING, now * STILL_QUICK)
        self._doubling = self._doubling and waiting < enough
        if waiting > max(MANY_WAITING, now * SLOW):
            return now - max(1, now // 8)
        if waiting >= enough or not self._used:
            return now
        return now * 2 if self._doubling else now + max(1, now // 8)


class Connections(Executor):
    """Threads for a pacer: each does one request after the other, over a connection of its own. The same ones stay at
    work when there are fewer, and the others wait until there are more: to connect costs several round trips.

    Left as a context, it begins nothing that has not begun, and wakes who sleeps in a thread (see `wake_by`).
    """

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._given_up = threading.Event()

    @property
    def number(self) -> int:
        return self._pacer.connections

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        self._tasks.put((future, lambda: fn(*args, **kwargs)))
        if len(self._threads) < self._pacer.connections:
            place = len(self._threads)
            self._threads.append(threading.Thread(target=self._work, args=(place,), name="akskv", daemon=True))
            self._threads[-1].start()
        return future

    def answered(self, seconds: float, too_much: bool) -> None:
        """For the pacer, from the thread that got the answer."""
        with self._changed:
            before = self._pacer.connections
            self._pacer.answered(seconds, too_much=too_much, more_to_do=not self._tasks.empty())
            if self._pacer.connections > before:
                self._changed.notify_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._given_up.set()
        self._cancel_waiting()
        with self._changed:
            self._changed.notify_all()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def _cancel_waiting(self) -> None:
        while True:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                return
            if task:
                task[0].cancel()

    def _work(self, place: int) -> None:
        wake_by(self._given_up)
        while task := self._tasks.get():
            _perform(*task)
            del task  # or else what it holds lives until the next one comes
            if place >= self._pacer.connections:
                self._wait_for_place(place)

    def _wait_for_place(self, place: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: place < self._pacer.connections or self._given_up.is_set())


def _perform(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:  # pylint: disable=broad-exception-caught  # for who asks for the result
        future.set_exception(error)
