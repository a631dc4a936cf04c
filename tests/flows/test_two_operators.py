"""Two machines change one cluster: the second is told who is at work, and nothing is done twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.engine import holding
from azext_akskv.engine.runner import Interrupted
from azext_akskv.failures import Denied, Unavailable
from azext_akskv.flows.drive import drive
from azext_akskv.flows.enable import ENABLE
from azext_akskv.flows.world import Consent
from azext_akskv.model.finding import State
from azext_akskv.model.snapshot import Wanted
from tests.fakes import FakeWorld
from tests.flows import worlds

ASKED = Wanted("enable", vault="kv1", key="etcd")
COLLEAGUE = "20261121-090000-disable anna@contoso.com"


def at_work(world: FakeWorld, *, silent: float = 10.0) -> None:
    since = world.clock.time - timedelta(hours=1)
    world.lease = (COLLEAGUE, since, world.clock.time - timedelta(seconds=silent), 120)


def test_the_second_is_told_who_is_at_work_and_since_when(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    at_work(world)
    result = world.drive(ENABLE, ASKED)
    assert result.status == "refused" and not world.writes
    [told] = [each.text for each in result.findings if each.code == "other-operator"]
    assert "20261121-090000-disable of anna@contoso.com, at work since" in told
    assert world.lease and world.lease[0] == COLLEAGUE


def test_a_look_only_warns(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    at_work(world)
    [found] = [each for each in world.show().findings if each.code == "other-operator"]
    assert found.state is State.WARNING


def test_a_run_that_is_not_heard_of_any_more_is_in_nobodys_way(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    at_work(world, silent=121)
    assert world.drive(ENABLE, ASKED).status == "done"
    assert world.lease is None


def test_a_lease_that_cannot_be_read_blocks(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["lease.holder"] = [Denied("read", "Forbidden", "no")]
    result = world.drive(ENABLE, ASKED)
    assert result.status == "refused" and not world.writes
    assert [each.state for each in result.findings if each.code == "other-operator"] == [State.UNKNOWN]


def test_who_comes_between_the_look_and_the_first_step_is_not_overrun(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)

    def yes_and_a_colleague_begins(_question: str, _word: str) -> bool:
        at_work(world)
        return True

    result = drive(ENABLE, ASKED, world.world(), Consent(False, (), yes_and_a_colleague_begins))
    assert result.status == "refused" and not world.writes
    assert result.trouble and "anna@contoso.com" in result.trouble.text
    assert result.trouble.safe == ("Nothing was changed.",)
    assert not world.world().journal.unfinished()


def test_a_run_that_goes_on_says_only_of_this_attempt_that_it_changed_nothing(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    world.moments.then["after roles.grant keys"] = ctrl_c
    with pytest.raises(Interrupted):
        world.drive(ENABLE, ASKED)
    world.moments.then.clear()

    def yes_and_a_colleague_begins(_question: str, _word: str) -> bool:
        at_work(world)
        return True

    result = drive(ENABLE, ASKED, world.world(), Consent(False, (), yes_and_a_colleague_begins))
    assert result.status == "refused" and sum(world.writes.values()) == 1, world.writes
    [said] = result.trouble.safe if result.trouble else ()
    assert said == f"This attempt changed nothing; what {result.run} did before is as it left it."
    assert [each.run for each in world.world().journal.unfinished()] == [result.run]


def test_a_machine_that_slept_stops_when_another_has_taken_over(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)

    def falls_asleep(number: int, *_: object) -> None:
        if number == 2:
            world.clock.sleep(3600)
            at_work(world)

    world.reporter.step_started = falls_asleep  # type: ignore[method-assign]
    result = world.drive(ENABLE, ASKED)
    assert result.status == "failed"
    assert [step.state for step in result.steps].count("done") <= 1
    assert result.trouble and "anna@contoso.com" in result.trouble.text
    assert world.lease and world.lease[0] == COLLEAGUE


def test_a_machine_that_slept_goes_on_when_nobody_came(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.reporter.step_started = lambda *_: world.clock.sleep(3600)  # type: ignore[method-assign]
    assert world.drive(ENABLE, ASKED).status == "done"


def test_a_run_goes_on_where_it_cannot_be_announced_and_says_so(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["lease.acquire"] = [Unavailable("tell others", "", "connection refused")]
    assert world.drive(ENABLE, ASKED).status == "done"
    [told] = [each for each in world.reporter.told if "other machines" in each]
    assert "connection refused" in told


def test_it_is_given_back_when_the_run_is_interrupted(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    world.moments.then["before roles.grant keys"] = ctrl_c
    with pytest.raises(Interrupted):
        world.drive(ENABLE, ASKED)
    assert world.lease is None


def test_a_run_that_has_nothing_to_do_takes_no_lease(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    assert world.drive(ENABLE, ASKED).status == "done"
    taken = world.calls["lease.acquire"]
    assert world.drive(ENABLE, ASKED).status == "done"
    assert world.calls["lease.acquire"] == taken


def test_it_is_renewed_while_a_long_step_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = worlds.public_rbac(tmp_path)
    world.workers = 4
    monkeypatch.setattr(holding, "MOST_OFTEN", 0.01)
    monkeypatch.setattr("azext_akskv.engine.waiting.Waits.lease_renewal", 0.01)
    thrice = threading.Event()

    def heard_of() -> None:
        if world.calls["lease.acquire"] >= 3:
            thrice.set()

    world.moments.then["after lease.acquire"] = heard_of
    world.moments.then["before roles.grant keys"] = lambda: thrice.wait(10) or pytest.fail("it was not renewed")
    assert world.drive(ENABLE, ASKED).status == "done"
    assert world.lease is None
