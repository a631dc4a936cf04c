"""The delay proxy's lanes, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.rewrite.delay_proxy import Lane


class FakeTimer:
    def __init__(self) -> None:
        self.now = 100.0
        self._due: list[tuple[float, Callable[[], Any]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], Any]) -> None:
        self._due.append((when, callback))

    def pass_to(self, moment: float) -> None:
        while ripe := [each for each in self._due if each[0] <= moment]:
            first = min(ripe, key=lambda each: each[0])
            self._due.remove(first)
            self.now = first[0]
            first[1]()
        self.now = moment


class Arrived:
    def __init__(self, timer: FakeTimer) -> None:
        self._timer = timer
        self.at: list[tuple[float, bytes]] = []

    def data(self, data: bytes) -> None:
        self.at.append((self._timer.now, data))

    def end(self) -> None:
        self.at.append((self._timer.now, b"END"))


def a_lane(delay: float) -> tuple[FakeTimer, Arrived, Lane]:
    timer = FakeTimer()
    arrived = Arrived(timer)
    return timer, arrived, Lane(timer, delay, arrived.data, arrived.end)


def test_each_byte_arrives_later_by_the_delay_and_in_order() -> None:
    timer, arrived, lane = a_lane(10)
    lane.send(b"first")
    timer.pass_to(104)
    lane.send(b"second")
    lane.send(b"third")
    timer.pass_to(109)
    assert arrived.at == []
    timer.pass_to(200)
    assert arrived.at == [(110, b"first"), (114, b"second"), (114, b"third")]


def test_many_are_under_way_at_once() -> None:
    timer, arrived, lane = a_lane(10)
    for _ in range(1000):
        lane.send(b"x" * 1000)
    timer.pass_to(110)
    assert len(arrived.at) == 1000 and {moment for moment, _ in arrived.at} == {110}


def test_the_end_comes_behind_what_was_sent_before_it() -> None:
    timer, arrived, lane = a_lane(10)
    lane.send(b"last")
    lane.close()
    timer.pass_to(110)
    assert arrived.at == [(110, b"last"), (110, b"END")]


def test_without_a_delay_nothing_waits() -> None:
    _, arrived, lane = a_lane(0)
    lane.send(b"now")
    assert arrived.at == [(100, b"now")]


def test_bytes_are_counted_when_they_are_sent() -> None:
    _, _, lane = a_lane(10)
    lane.send(b"123")
    lane.send(b"45")
    assert lane.bytes == 5


def test_what_is_sent_after_a_pause_waits_for_itself() -> None:
    timer, arrived, lane = a_lane(10)
    lane.send(b"early")
    timer.pass_to(500)
    lane.send(b"late")
    timer.pass_to(600)
    assert arrived.at == [(110, b"early"), (510, b"late")]
