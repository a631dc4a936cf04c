"""How many connections a rewrite uses: found from the answers, and let go of at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

import pytest

from azext_akskv.engine.connections import FIRST, Connections, Pacer

Server = Callable[[int], float]
"""From how many requests are under way to the seconds that each of them takes."""


def rounds(pacer: Pacer, server: Server, count: int, more_to_do: bool = True) -> list[int]:
    """The connections of so many rounds."""
    seen = []
    for _ in range(count):
        seen.append(pacer.connections)
        for _ in range(pacer.connections):
            pacer.answered(server(seen[-1]), too_much=False, more_to_do=more_to_do)
    return seen


def of_capacity(per_second: float, round_trip: float) -> Server:
    """A server that answers so many requests a second, and lets the others wait."""
    return lambda under_way: max(round_trip + 1 / per_second, under_way / per_second)


def test_a_far_server_gets_all_connections_within_four_round_trips() -> None:
    assert rounds(Pacer(64), of_capacity(2000, 0.080), 6) == [8, 16, 32, 64, 64, 64]


def test_a_far_server_that_answers_a_little_slower_still_gets_all_of_them() -> None:
    def a_fifth_waits(under_way: int) -> float:
        return 0.080 if under_way < 64 else 0.100

    assert rounds(Pacer(128), a_fifth_waits, 40)[-1] == 128


def test_a_near_server_gets_no_more_than_keep_it_busy() -> None:
    seen = rounds(Pacer(64), of_capacity(2000, 0.0005), 40)
    assert 8 <= max(seen) <= 32 and seen[-1] == seen[-2]


def test_what_keeps_a_distant_server_busy_is_found() -> None:
    busy = 2000 * 0.010  # requests under way that just keep it busy
    [*_, last] = rounds(Pacer(64), of_capacity(2000, 0.010), 60)
    assert busy <= last <= busy + 30


def test_when_answers_take_longer_there_are_fewer() -> None:
    pacer = Pacer(64)
    [*_, before] = rounds(pacer, of_capacity(2000, 0.020), 60)
    [*_, after] = rounds(pacer, of_capacity(100, 0.020), 200)
    assert 30 <= after < before * 0.7


def refusals(pacer: Pacer, takes: int, answers: int) -> int:
    """How many of so many answers were 429, by a server that takes so many requests at once."""
    refused = 0
    for _ in range(answers):
        too_much = pacer.connections > takes
        refused += too_much
        pacer.answered(0.001 if too_much else 0.080, too_much=too_much, more_to_do=True)
    return refused


def test_too_much_halves_them_once_for_all_that_was_under_way() -> None:
    pacer = Pacer(64)
    rounds(pacer, of_capacity(2000, 0.080), 4)
    assert pacer.connections == 64
    for _ in range(64):
        pacer.answered(0.001, too_much=True, more_to_do=True)
    assert pacer.connections == 32
    for _ in range(64):  # these were sent when there were 64
        pacer.answered(0.001, too_much=True, more_to_do=True)
    assert pacer.connections == 32


def test_what_was_too_much_is_tried_again_less_and_less_often() -> None:
    pacer = Pacer(64)
    first, then = refusals(pacer, 12, 2_000), refusals(pacer, 12, 100_000)
    assert 0 < first < 200 and then < 400
    assert 9 <= pacer.connections <= 13


def test_they_come_back_when_the_server_takes_more_again() -> None:
    pacer = Pacer(64)
    refusals(pacer, 3, 1_000)
    assert pacer.connections <= 4
    refusals(pacer, 64, 100_000)
    assert pacer.connections == 64


def test_a_server_that_takes_one_at_a_time_gets_one_at_a_time() -> None:
    pacer = Pacer(64)
    refusals(pacer, 1, 300)
    assert pacer.connections == 1


def test_refusals_are_not_taken_for_a_quick_server() -> None:
    pacer = Pacer(64)
    for _ in range(FIRST):
        pacer.answered(0.0001, too_much=True, more_to_do=True)
    assert rounds(pacer, of_capacity(2000, 0.080), 800)[-1] == 64


def test_they_do_not_grow_while_the_rate_limit_leaves_them_idle() -> None:
    assert rounds(Pacer(64), of_capacity(2000, 0.080), 10, more_to_do=False) == [FIRST] * 10


@pytest.mark.parametrize("most", [1, 3])
def test_there_are_never_more_than_allowed(most: int) -> None:
    assert rounds(Pacer(most), of_capacity(2000, 0.080), 5) == [most] * 5


def at_once(pool: Connections, count: int, timeout: float, then: Callable[[], None] | None = None) -> set[int]:
    """The threads of so many tasks that wait for one another, and what happens while all are there. Raises
    BrokenBarrierError when they do not meet."""
    together = threading.Barrier(count, then, timeout)

    def meet() -> int:
        together.wait()
        return threading.get_ident()

    return {each.result() for each in [pool.submit(meet) for _ in range(count)]}


def test_threads_beyond_the_number_wait_until_there_are_more_again() -> None:
    pacer = Pacer(8)
    pacer.connections = 8
    with Connections(pacer) as pool:
        all_eight = at_once(pool, 8, 10, lambda: setattr(pacer, "connections", 2))
        with pytest.raises(threading.BrokenBarrierError):
            at_once(pool, 3, 0.05)
        more = threading.Event()
        busy = [pool.submit(more.wait, 10) for _ in range(20)]
        for _ in range(2 + 4):
            pool.answered(0.001, too_much=False)
        more.set()
        assert all(each.result() for each in busy)
        assert pool.number == 8 and at_once(pool, 8, 10) == all_eight


def test_what_a_thread_raises_is_for_who_asks_for_the_result() -> None:
    with Connections(Pacer(1)) as pool:
        failed, done = pool.submit(int, "x"), pool.submit(int, "7")
        assert isinstance(failed.exception(), ValueError) and done.result() == 7


def test_what_has_not_begun_is_never_begun() -> None:
    held, go = threading.Event(), threading.Event()
    later: list[Future[None]] = []
    begun: list[int] = []

    def hold() -> None:
        held.set()
        go.wait(10)

    with pytest.raises(KeyboardInterrupt), Connections(Pacer(1)) as pool:
        busy = pool.submit(hold)
        held.wait(10)
        later += [pool.submit(begun.append, each) for each in range(5)]
        later[-1].add_done_callback(lambda _: go.set())
        raise KeyboardInterrupt
    assert begun == [] and all(each.cancelled() for each in later) and busy.done()
