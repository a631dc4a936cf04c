"""Where a rewrite goes on after it was stopped, and what the journal keeps of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azext_akskv.failures import Denied, Rejected, Unavailable
from azext_akskv.model.kube import SecretRef, Tally
from azext_akskv.steps.rewrite import rewrite
from azext_akskv.steps.rewrite_pass import Order
from tests.unit.steps.secret_store import Scene, SecretStore
from tests.unit.steps.test_rewrite import ONE_BY_ONE, rewritten, tally_of


def test_ctrl_c_stops_and_tells_what_was_done() -> None:
    scene = Scene(SecretStore(team_a=50))
    scene.store.faults["s-010"] = [KeyboardInterrupt()]
    run = scene.run()
    with pytest.raises(KeyboardInterrupt):
        rewrite(run, ONE_BY_ONE)
    assert tally_of(run).rewritten == 10
    assert run.rewrite and run.rewrite.why == "it was not finished"


def test_a_wait_in_a_thread_never_holds_ctrl_c_up() -> None:
    """The threads only ask; whoever waits is the caller, and what has not begun is never begun."""
    scene = Scene(SecretStore(team_a=400))
    scene.store.faults["s-000"] = [Unavailable("rewrite")]
    scene.clock.at[0.5] = lambda: (_ for _ in ()).throw(KeyboardInterrupt())
    run = scene.run()
    with pytest.raises(KeyboardInterrupt):
        rewrite(run, Order(0, connections=4))
    assert len(scene.store.touched) < 400


def test_a_killed_run_goes_on_behind_the_last_secret_that_was_noted() -> None:
    scene = Scene(SecretStore(team_a=3, team_b=3, team_c=3))
    scene.store.before_touch = lambda secret: kill(scene, secret, SecretRef("team-c", "s-001"))
    with pytest.raises(KeyboardInterrupt):
        rewrite(scene.run(), ONE_BY_ONE)
    scene.store.before_touch = lambda secret: None
    scene.store.touched.clear()
    second = rewritten(scene)
    assert scene.store.touched[0] == SecretRef("team-c", "s-000")
    assert tally_of(second).total == 9 and len(scene.store.touched) == 3
    assert second.rewrite and second.rewrite.proved


def test_a_server_that_takes_no_such_token_lists_that_namespace_again() -> None:
    scene = Scene(SecretStore(team_a=3, team_b=30))
    scene.store.before_touch = lambda secret: kill(scene, secret, SecretRef("team-b", "s-020"))
    with pytest.raises(KeyboardInterrupt):
        rewrite(scene.run(), ONE_BY_ONE)
    scene.store.before_touch = lambda secret: None
    scene.store.takes_own_tokens = False
    scene.store.touched.clear()
    second = rewritten(scene)
    assert scene.store.touched[0] > SecretRef("team-b", "s-015")
    assert tally_of(second).total == 33 and second.rewrite and second.rewrite.proved


def kill(scene: Scene, secret: SecretRef, at: SecretRef) -> None:
    scene.clock.seconds += 2
    if secret == at:
        raise KeyboardInterrupt


def test_a_cursor_from_before_another_key_change_is_void() -> None:
    scene = Scene(SecretStore(team_a=3, team_b=3, team_c=3))
    scene.store.before_touch = lambda secret: kill(scene, secret, SecretRef("team-c", "s-000"))
    with pytest.raises(KeyboardInterrupt):
        rewrite(scene.run(), ONE_BY_ONE)
    scene.store.before_touch = lambda secret: None
    assert scene.store.note
    scene.store.stale |= set(scene.store.stored)
    scene.store.note = replace(scene.store.note, r0=scene.store.revision)
    assert tally_of(rewritten(scene)) == Tally(total=9, rewritten=9)


def test_what_is_behind_a_refused_secret_is_not_finished() -> None:
    scene = Scene(SecretStore(team_a=3, team_b=3, team_c=3))
    scene.store.faults["s-001"] = [Denied("rewrite", "Forbidden", "no")]
    scene.store.before_touch = lambda secret: kill(scene, secret, SecretRef("none", "none"))
    with pytest.raises(Rejected):
        rewritten(scene)
    assert "rewrite-cursor" not in scene.journal.facts()
    scene.store.touched.clear()
    assert tally_of(rewritten(scene)) == Tally(total=9, rewritten=1, current=8)


def test_the_journal_stays_small_however_many_namespaces_there_are() -> None:
    scene = Scene(SecretStore(**{f"team_{number:03}": 2 for number in range(300)}))
    scene.store.before_touch = lambda secret: setattr(scene.clock, "seconds", scene.clock.seconds + 0.1)
    rewritten(scene)
    lines = [line for line in scene.journal.lines if line["event"] == "progress"]
    assert len(lines) == 11  # 60 seconds, one line in five
    assert all(len(str(line)) < 300 for line in lines)
