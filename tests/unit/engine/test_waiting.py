from __future__ import annotations

import pytest

from azext_akskv.engine.waiting import Waits, until
from azext_akskv.failures import TookTooLong
from tests.fakes import FakeClock


def test_it_looks_until_there_is_something_to_see() -> None:
    clock = FakeClock()
    seen = until(clock, lambda: clock.seconds >= 45 or None, every=15, limit=60, what="something")
    assert seen is True and clock.seconds == 45


def test_it_gives_up_at_its_limit_and_says_what_it_waited_for() -> None:
    clock = FakeClock()
    with pytest.raises(TookTooLong, match="a vault: not so after 60 s"):
        until(clock, lambda: None, every=15, limit=60, what="a vault")
    assert clock.seconds == 60


def test_what_is_there_already_costs_no_time() -> None:
    clock = FakeClock()
    assert until(clock, lambda: "there", every=15, limit=0, what="it") == "there" and clock.seconds == 0


def test_one_factor_shortens_every_wait() -> None:
    waits = [name for name, each in vars(Waits).items() if isinstance(each, property)]
    assert len(waits) >= 9
    for name in waits:
        assert getattr(Waits(0.001), name) == pytest.approx(getattr(Waits(), name) / 1000)
