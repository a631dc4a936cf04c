"""Lists of the namespaces to come are asked for ahead, and each page is worked on once."""

from __future__ import annotations

import threading

import pytest

from azext_akskv.engine.connections import Connections, Pacer
from azext_akskv.engine.pace import Inline
from azext_akskv.engine.read_ahead import ReadAhead
from azext_akskv.engine.secret_walk import PAGE
from azext_akskv.failures import Throttled
from azext_akskv.model.kube import SecretPage, SecretRef

NAMESPACES = [f"team-{number:02}" for number in range(40)]


class Lists:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None, int]] = []
        self.fails: set[str] = set()

    def page(self, namespace: str, after: str | None, limit: int) -> SecretPage:
        self.asked.append((namespace, after, limit))
        if namespace in self.fails:
            self.fails.discard(namespace)
            raise Throttled("list", "TooManyRequests")
        return SecretPage((SecretRef(namespace, "one"),), 7, None)


def test_the_first_pages_of_the_next_namespaces_are_under_way_together() -> None:
    together = threading.Barrier(4, timeout=10)

    def page(namespace: str, after: str | None, limit: int) -> SecretPage:
        together.wait()
        return SecretPage((SecretRef(namespace, "one"),), 7, None)

    pacer = Pacer(4)
    with Connections(pacer) as pool:
        ahead = ReadAhead(pool, page, NAMESPACES, 4)
        seen = [ahead.page(each, None, PAGE).secrets[0].namespace for each in NAMESPACES[:1]]
    assert seen == NAMESPACES[:1]


def test_each_namespace_is_read_once_and_in_order_when_nothing_is_ahead() -> None:
    lists = Lists()
    ahead = ReadAhead(Inline(), lists.page, NAMESPACES, 1)
    for number, each in enumerate(NAMESPACES, 1):
        assert ahead.page(each, None, PAGE).secrets == (SecretRef(each, "one"),)
        assert len(lists.asked) == number
    assert [namespace for namespace, _, _ in lists.asked] == NAMESPACES


def test_no_more_are_ahead_than_said() -> None:
    lists = Lists()
    ahead = ReadAhead(Inline(), lists.page, NAMESPACES, 5)
    ahead.page(NAMESPACES[0], None, PAGE)
    assert len(lists.asked) == 5


def test_a_page_that_failed_ahead_fails_once_and_is_asked_for_anew() -> None:
    lists = Lists()
    lists.fails = {NAMESPACES[1]}
    ahead = ReadAhead(Inline(), lists.page, NAMESPACES, 3)
    ahead.page(NAMESPACES[0], None, PAGE)
    with pytest.raises(Throttled):
        ahead.page(NAMESPACES[1], None, PAGE)
    assert ahead.page(NAMESPACES[1], None, PAGE).secrets == (SecretRef(NAMESPACES[1], "one"),)


def test_later_and_smaller_pages_are_asked_for_as_they_are_needed() -> None:
    lists = Lists()
    ahead = ReadAhead(Inline(), lists.page, NAMESPACES, 1)
    ahead.page("team-00", "token", PAGE)
    ahead.page("team-00", None, 250)
    assert lists.asked == [("team-00", "token", PAGE), ("team-00", None, 250)]
