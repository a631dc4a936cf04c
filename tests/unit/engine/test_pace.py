"""The threads that ask side by side, and how they are let go."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future

import pytest

from azext_akskv.engine.pace import executor
from azext_akskv.engine.waiting import SystemClock

RETRY_AFTER = 300.0


def test_ctrl_c_does_not_wait_for_a_thread_that_pauses_before_it_asks_again() -> None:
    began = threading.Event()

    def pausing() -> None:
        began.set()
        SystemClock().sleep(RETRY_AFTER)

    waiting: list[Future[None]] = []
    with pytest.raises(KeyboardInterrupt), executor(2) as pool:
        waiting.append(pool.submit(pausing))
        assert began.wait(10)
        raise KeyboardInterrupt
    assert isinstance(waiting[0].exception(), CancelledError)


def test_a_pause_ends_by_itself_when_nobody_gives_up() -> None:
    with executor(2) as pool:
        assert pool.submit(SystemClock().sleep, 0.01).exception() is None


def test_what_has_not_begun_is_never_begun() -> None:
    both, go = threading.Barrier(3), threading.Event()
    begun: list[int] = []

    def hold() -> None:
        both.wait(10)
        go.wait(10)

    with pytest.raises(KeyboardInterrupt), executor(2) as pool:
        busy = [pool.submit(hold) for _ in range(2)]
        both.wait(10)
        later = [pool.submit(begun.append, each) for each in range(5)]
        later[-1].add_done_callback(lambda _: go.set())
        raise KeyboardInterrupt
    assert begun == [] and all(each.cancelled() for each in later) and all(each.done() for each in busy)
