"""The pass from inside: a series of commands that counts, goes on and gives up as the direct one does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azext_akskv.engine.step import Run
from azext_akskv.failures import Rejected, Unavailable
from azext_akskv.model.kube import Refused, SecretRef, Switch, Tally
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.model.sweep import Sweep, Swept
from azext_akskv.steps.rewrite import rewrite
from azext_akskv.steps.rewrite_pass import MOST_REFUSED, Order
from tests.unit.steps.secret_store import Scene, SecretStore

ORDER = Order(per_second=0)


class Pod:
    """Fills ports.Inside: each sweep gets the next of what was laid out; a BaseException is raised."""

    def __init__(self, *answers: Swept | BaseException) -> None:
        self.answers = list(answers)
        self.orders: list[Sweep] = []

    def wanted(self) -> bool:
        return True

    def census(self) -> SecretCensus:
        raise NotImplementedError

    def sweep(self, order: Sweep) -> Swept:
        self.orders.append(order)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def swept(total: int, at: str, ended: str = "more", finished: str = "", **more: object) -> Swept:
    tally = replace(Tally(total, rewritten=total), **more)  # type: ignore[arg-type]
    done = (finished, Tally(total, rewritten=total)) if finished else None
    namespace, _, name = at.partition("/")
    return Swept(tally, SecretRef(namespace, name) if at else None, ended, done)


def run_of(scene: Scene, pod: Pod) -> Run:
    run = scene.run()
    run.ports = replace(run.ports, inside=pod)
    return run


def a_scene() -> Scene:
    scene = Scene(SecretStore())
    assert isinstance(scene.store.note, Switch)
    return scene


def test_one_command_goes_on_where_the_one_before_stopped() -> None:
    scene, pod = a_scene(), Pod(swept(5, "team-a/x"), swept(0, "", "cut"), swept(3, "team-c/z", "done"))
    run = run_of(scene, pod)
    rewrite(run, replace(ORDER, per_second=20))
    assert run.rewrite and run.rewrite.proved and run.rewrite.tally == Tally(8, rewritten=8)
    assert [str(order.after) for order in pod.orders] == ["None", "team-a/x", "team-a/x"]
    assert {order.r0 for order in pod.orders} == {scene.store.note.r0 if scene.store.note else None}
    assert {(order.per_second, order.at_once) for order in pod.orders} == {(20, 10)}


def test_what_was_halved_stays_so() -> None:
    gentler = replace(swept(5, "a/b"), per_second=5.0, at_once=3)
    pod = Pod(gentler, swept(1, "c/d", "done"))
    rewrite(run_of(a_scene(), pod), replace(ORDER, per_second=20, gentle=True))
    assert (pod.orders[1].per_second, pod.orders[1].at_once, pod.orders[1].gentle) == (5.0, 3, True)


def test_a_killed_run_goes_on_behind_the_last_finished_namespace() -> None:
    scene = a_scene()
    killed = Pod(swept(7, "team-b/x", finished="team-a"), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        rewrite(run_of(scene, killed), ORDER)
    pod = Pod(swept(2, "team-c/z", "done"))
    run = run_of(scene, pod)
    rewrite(run, ORDER)
    assert pod.orders[0].after == SecretRef("team-a", "")
    assert run.rewrite and run.rewrite.tally.total == 9


def test_behind_a_secret_that_was_refused_nothing_is_finished() -> None:
    scene = a_scene()
    no = Refused(SecretRef("team-a", "x"), "no")
    first = replace(swept(4, "team-a/x"), tally=Tally(4, rewritten=3, refused=(no,)))
    pod = Pod(first, swept(2, "team-c/z", "done", finished="team-b"))
    with pytest.raises(Rejected, match="1 of 6 were refused: team-a/x: no"):
        rewrite(run_of(scene, pod), ORDER)
    assert "rewrite-cursor" not in scene.journal.facts()


def test_unreadable_secrets_are_refused_once_however_many_commands_saw_them() -> None:
    lost = (Refused(SecretRef("team-a", "lost"), "the API server cannot decrypt it"),)
    pod = Pod(replace(swept(1, "a/b"), unreadable=lost), replace(swept(1, "c/d", "done"), unreadable=lost))
    run = run_of(a_scene(), pod)
    with pytest.raises(Rejected, match="1 of 3 were refused"):
        rewrite(run, ORDER)
    assert run.rewrite and not run.rewrite.proved


def test_current_by_the_word_of_a_server_is_no_proof() -> None:
    pod = Pod(replace(swept(0, "a/b", "done"), tally=Tally(2, current=2, unproved=2)))
    with pytest.raises(Rejected, match="none was written after the key change"):
        rewrite(run_of(a_scene(), pod), ORDER)


def test_it_gives_up() -> None:
    pod = Pod(*(swept(0, "") for _ in range(9)))
    with pytest.raises(Unavailable, match="4 commands in the cluster in a row"):
        rewrite(run_of(a_scene(), pod), ORDER)
    refused = tuple(Refused(SecretRef("a", f"s{number}"), "no") for number in range(MOST_REFUSED))
    many = Pod(replace(swept(0, "a/s9"), tally=Tally(MOST_REFUSED, refused=refused)))
    with pytest.raises(Rejected, match="stopped there"):
        rewrite(run_of(a_scene(), many), ORDER)
