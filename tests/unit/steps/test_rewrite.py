"""The rewrite of all secrets: each kind of failure at one secret, interruptions, pace, and what is told."""

from __future__ import annotations

import threading
import tracemalloc
from dataclasses import replace

import pytest

from azext_akskv.engine.pace import RateLimit, suiting_rate
from azext_akskv.engine.step import Run
from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Throttled, TookTooLong, Unavailable, Unreadable
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import KeyVersion
from azext_akskv.model.kube import SecretPage, SecretRef, Switch, Tally
from azext_akskv.ports import Touched
from azext_akskv.steps.rewrite import note_proof, note_switch, rewrite, rewrite_secrets, summary
from azext_akskv.steps.rewrite_pass import Order
from azext_akskv.steps.rewrite_progress import sentence
from tests.unit.steps.secret_store import KEY, FakeClock, Scene, SecretStore, a_cluster

ONE_BY_ONE = Order(per_second=0, connections=1)
S1 = SecretRef("team-a", "s-001")


def rewritten(scene: Scene, order: Order = ONE_BY_ONE) -> Run:
    run = scene.run()
    rewrite(run, order)
    return run


def tally_of(run: Run) -> Tally:
    assert run.rewrite
    return run.rewrite.tally


def throttled(seconds: float) -> Throttled:
    error = Throttled("rewrite", "TooManyRequests")
    error.retry_after = seconds
    return error


def test_every_stale_secret_is_rewritten_and_all_is_proved() -> None:
    run = rewritten(Scene(SecretStore(team_a=3, team_b=2)))
    assert tally_of(run) == Tally(total=5, rewritten=5)
    assert run.rewrite and run.rewrite.proved and run.rewrite.why.startswith("each of 5 secrets was written after")


def test_a_secret_that_is_under_the_key_already_stays_as_it_is() -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.create("team-a", "made-after-the-switch")
    run = rewritten(scene)
    assert tally_of(run) == Tally(total=4, rewritten=3, current=1)
    assert run.rewrite and run.rewrite.proved


def test_many_connections_rewrite_each_secret_once() -> None:
    scene = Scene(SecretStore(team_a=300, team_b=5, team_c=700))
    waiting = threading.Barrier(8, timeout=10)
    together = {SecretRef("team-a", f"s-{number:03}") for number in range(8)}

    def meet(secret: SecretRef) -> None:
        if secret in together:
            waiting.wait()

    scene.store.before_touch = meet
    assert tally_of(rewritten(scene, Order(0, connections=8))) == Tally(total=1005, rewritten=1005)
    assert scene.store.most_at_once == 8
    assert sorted(scene.store.touched) == sorted(scene.store.stored)


class Endless(SecretStore):
    """Secrets that are made up when they are listed, so that only what the pass keeps takes memory."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        first = int(after or 0)
        last = min(first + limit, self.count)
        names = tuple(SecretRef(namespace, f"s-{number:06}") for number in range(first, last))
        return SecretPage(names, self.revision, str(last) if last < self.count else None)

    def touch(self, secret: SecretRef) -> Touched:
        return Touched(self.revision + 1)


def peak_memory(count: int) -> int:
    scene = Scene(Endless(count))
    tracemalloc.start()
    assert tally_of(rewritten(scene, Order(0, connections=4))).rewritten == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_ten_times_the_secrets_take_no_more_memory() -> None:
    peak_memory(500)  # what is imported and cached on the way
    assert peak_memory(10_000) < peak_memory(1_000) * 1.5


def test_a_run_that_must_keep_an_order_uses_one_connection() -> None:
    scene = Scene(SecretStore(team_a=20))
    run = scene.run()
    run.serial = True
    rewrite(run, Order(0, connections=8))
    assert scene.store.most_at_once == 1
    assert scene.store.touched == sorted(scene.store.stored)


def test_a_conflict_is_touched_again_and_counted() -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.faults["s-001"] = [Conflict("rewrite", "Conflict"), Conflict("rewrite", "Conflict")]
    assert tally_of(rewritten(scene)) == Tally(total=3, rewritten=3, conflicts_resolved=2)


def test_a_secret_that_is_gone_is_done() -> None:
    scene = Scene(SecretStore(team_a=3))

    def delete(secret: SecretRef) -> None:
        scene.store.stored.pop(S1, None)

    scene.store.before_touch = delete
    run = rewritten(scene)
    assert tally_of(run) == Tally(total=3, rewritten=2, gone=1)
    assert run.rewrite and run.rewrite.proved


def test_a_throttled_secret_waits_as_long_as_it_is_told() -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.faults["s-001"] = [throttled(7), throttled(3600)]
    assert tally_of(rewritten(scene)).rewritten == 3
    assert [seconds for seconds in scene.clock.slept if seconds > 5] == [7, 60]


def test_an_api_server_that_restarts_is_waited_for() -> None:
    scene = Scene(SecretStore(team_a=5))

    def restart(secret: SecretRef) -> None:
        if secret.name == "s-002" and not scene.clock.at and scene.clock.seconds == 0:
            scene.store.is_ready = False
            scene.clock.at[40] = lambda: setattr(scene.store, "is_ready", True)

    scene.store.before_touch = restart
    assert tally_of(rewritten(scene)) == Tally(total=5, rewritten=5)
    assert scene.reporter.notes == ["The API server is not ready; waiting for it."]


def test_an_api_server_that_does_not_come_back_ends_the_step_with_what_was_done() -> None:
    scene = Scene(SecretStore(team_a=5))

    def die(secret: SecretRef) -> None:
        scene.store.is_ready = secret.name != "s-003"

    scene.store.before_touch = die
    run = scene.run()
    with pytest.raises(TookTooLong, match="900 s"):
        rewrite(run, ONE_BY_ONE)
    assert tally_of(run).rewritten == 3
    assert run.rewrite and not run.rewrite.proved


@pytest.mark.parametrize(
    "error",
    [
        Denied("rewrite", "Forbidden", 'secrets "s-001" is forbidden: User "ops" cannot patch resource "secrets"'),
        Denied("rewrite", "Forbidden", 'admission webhook "deny.example.test" denied the request: no'),
        Rejected("rewrite", "Invalid", "Secret is invalid"),
    ],
)
def test_a_refused_secret_is_told_with_its_reason_and_the_others_are_rewritten(error: Denied | Rejected) -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.faults["s-001"] = [error]
    run = scene.run()
    with pytest.raises(Rejected, match="1 of 3 were refused: team-a/s-001: ") as caught:
        rewrite(run, ONE_BY_ONE)
    assert caught.value.code == "secrets-refused" and error.message in str(caught.value)
    assert tally_of(run).rewritten == 2
    assert run.rewrite and not run.rewrite.proved


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("rewrite", "InternalError", 'failed calling webhook "x": timeout'),
        Unreadable("rewrite", "no matching prefix found", "team-a/s-001"),
        Throttled("rewrite", "TooManyRequests", "busy"),
    ],
)
def test_a_secret_that_keeps_failing_is_tried_five_times_and_then_told(error: Unavailable) -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.faults["s-001"] = [error] * 9
    run = scene.run()
    with pytest.raises(Rejected, match="team-a/s-001"):
        rewrite(run, ONE_BY_ONE)
    assert len(scene.store.faults["s-001"]) == 4
    assert sum(scene.clock.slept) == 1 + 2 + 4 + 8


def test_the_platforms_own_refusal_fails_nothing_but_proves_nothing_either() -> None:
    scene = Scene(SecretStore(kube_system=2, team_a=1))
    said = "secrets is forbidden: ValidatingAdmissionPolicy 'aks-managed-protect-system-namespaces' denied request"
    scene.store.faults["s-001"] = [Denied("rewrite", "Forbidden", said)]
    run = rewritten(scene)
    assert [each.platform for each in tally_of(run).refused] == [True]
    assert run.rewrite and not run.rewrite.proved and "1 secret could not be rewritten" in run.rewrite.why
    assert summary(run.rewrite) == "3 secrets: 2 rewritten, 1 refused by the platform"


def test_a_customers_policy_about_a_platform_secret_is_not_the_platforms() -> None:
    scene = Scene(SecretStore(team_a=2))
    said = 'secrets "sh.helm.release.v1.aks-managed-overlay" is forbidden: admission webhook "deny" denied the request'
    scene.store.faults["s-001"] = [Denied("rewrite", "Forbidden", said)]
    with pytest.raises(Rejected, match="1 of 2 were refused"):
        rewritten(scene)


def test_a_login_that_has_run_out_ends_the_pass_at_once() -> None:
    scene = Scene(SecretStore(team_a=50))
    scene.store.faults["s-003"] = [Denied("rewrite", "Unauthorized", "Unauthorized")]
    run = scene.run()
    with pytest.raises(Denied):
        rewrite(run, ONE_BY_ONE)
    assert tally_of(run).total == 3


def test_only_the_first_refusals_are_told_one_by_one() -> None:
    scene = Scene(SecretStore(team_a=12))
    for secret in scene.store.stored:
        scene.store.faults[secret.name] = [Denied("rewrite", "Forbidden", "no")]
    with pytest.raises(Rejected, match=r"12 of 12 were refused: .*team-a/s-004: no; and 7 more"):
        rewritten(scene)


def test_a_pass_that_is_refused_everywhere_stops() -> None:
    scene = Scene(SecretStore(team_a=1500))
    for secret in scene.store.stored:
        scene.store.faults[secret.name] = [Denied("rewrite", "Forbidden", "no")]
    run = scene.run()
    with pytest.raises(Rejected, match="1000 secrets were refused; stopped there"):
        rewrite(run, ONE_BY_ONE)
    assert len(tally_of(run).refused) == 1000


def test_an_unreadable_secret_is_stepped_over_and_told() -> None:
    scene = Scene(SecretStore(team_a=700, team_b=1))
    scene.store.unreadable.add(SecretRef("team-a", "s-523"))
    run = scene.run()
    with pytest.raises(Rejected, match="1 of 701 were refused: team-a/s-523: unable to transform key"):
        rewrite(run, ONE_BY_ONE)
    assert tally_of(run).rewritten == 700


def test_an_expired_list_begins_again_and_counts_nothing_twice() -> None:
    scene = Scene(SecretStore(team_a=1200))

    def expire(secret: SecretRef) -> None:
        if secret.name == "s-700" and scene.clock.seconds == 0:
            scene.clock.seconds = 1
            scene.store.page_faults.append(Missing("list", "Expired"))

    scene.store.before_touch = expire
    assert tally_of(rewritten(scene)) == Tally(total=1200, rewritten=1200)
    assert len(scene.store.touched) == 1200


def test_a_list_that_fails_for_a_moment_is_asked_again() -> None:
    scene = Scene(SecretStore(team_a=3))
    scene.store.page_faults = [Unavailable("list"), throttled(2)]
    assert tally_of(rewritten(scene)).rewritten == 3


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


def test_a_killed_run_goes_on_behind_the_last_finished_namespace() -> None:
    scene = Scene(SecretStore(team_a=3, team_b=3, team_c=3))
    scene.store.before_touch = lambda secret: kill(scene, secret, SecretRef("team-c", "s-001"))
    with pytest.raises(KeyboardInterrupt):
        rewrite(scene.run(), ONE_BY_ONE)
    scene.store.before_touch = lambda secret: None
    scene.store.touched.clear()
    second = rewritten(scene)
    assert {secret.namespace for secret in scene.store.touched} == {"team-c"}
    assert tally_of(second) == Tally(total=9, rewritten=8, current=1)
    assert second.rewrite and second.rewrite.proved


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


def test_a_namespace_with_a_refused_secret_is_not_finished() -> None:
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


def test_only_the_namespaces_asked_for_are_rewritten() -> None:
    scene = Scene(SecretStore(team_a=2, team_b=2, team_c=2))
    run = rewritten(scene, replace(ONE_BY_ONE, namespaces=("team-b",)))
    assert {secret.namespace for secret in scene.store.touched} == {"team-b"}
    assert run.rewrite and not run.rewrite.proved and "only team-b" in run.rewrite.why


def test_the_rate_is_kept() -> None:
    scene = Scene(SecretStore(team_a=400))
    rewritten(scene, replace(ONE_BY_ONE, per_second=20))
    assert 19.0 <= scene.clock.seconds <= 20.0


def test_a_rate_limit_begins_with_one_and_halves_down_to_one_a_second() -> None:
    clock = FakeClock()
    limit = RateLimit(clock, 4)
    for _ in range(5):
        limit.take()
    assert clock.seconds == pytest.approx(1.0)
    for _ in range(9):
        limit.halve()
    assert limit.per_second == 1.0


@pytest.mark.parametrize(
    ("v1", "kind", "bits", "rate"),
    [
        (False, "RSA", 2048, 200),
        (True, "RSA", 2048, 20),
        (True, "RSA", None, 20),
        (True, "RSA", 3072, 5),
        (True, "RSA", 4096, 2.5),
        (True, "RSA", 8192, 2.5),
        (True, "RSA-HSM", 2048, 10),
    ],
)
def test_the_rate_follows_from_the_kms_version_and_the_key(v1: bool, kind: str, bits: int | None, rate: float) -> None:
    key = KeyVersion(KeyId("kv1.vault.azure.net", "kms", "01"), kind, frozenset(), True, size_bits=bits)
    assert suiting_rate(v1, key) == rate


def test_on_kms_v1_an_api_server_that_gets_unready_halves_the_rate() -> None:
    scene = Scene(SecretStore(team_a=400), cluster=a_cluster("1.26.3"))
    scene.clock.at[6] = lambda: setattr(scene.store, "is_ready", False)
    scene.clock.at[11.1] = lambda: setattr(scene.store, "is_ready", True)
    rewritten(scene, replace(ONE_BY_ONE, per_second=20, gentle=True))
    assert scene.clock.seconds > 30


def test_progress_has_rate_and_time_left_and_is_not_told_too_often() -> None:
    scene = Scene(SecretStore(team_a=400))
    rewritten(scene, replace(ONE_BY_ONE, per_second=100, expected=400))
    assert len(scene.reporter.ticks) <= 20
    assert scene.reporter.ticks[-1].startswith("3") and " of 400 secrets, 10" in scene.reporter.ticks[-1]
    assert scene.reporter.ticks[-1].endswith(" s left")


@pytest.mark.parametrize(
    ("done", "expected", "rate", "text"),
    [
        (1250, 3000, 190.0, "1,250 of 3,000 secrets, 190/s, 9 s left"),
        (1250, None, 190.0, "1,250 secrets, 190/s"),
        (10, 2000, 0.5, "10 of 2,000 secrets, 30/min, 66 min 20 s left"),
        (3005, 3000, 190.0, "3,005 of 3,005 secrets, 190/s, 0 s left"),
        (0, 3000, 0.0, "0 of 3,000 secrets"),
    ],
)
def test_progress_is_one_short_sentence(done: int, expected: int | None, rate: float, text: str) -> None:
    assert sentence(done, expected, rate) == text


def wanted_key(run: Run) -> str:
    return KEY


def test_the_switch_is_noted_after_the_settling_time_and_before_any_rewrite() -> None:
    scene = Scene(SecretStore(team_a=3), noted=False)
    run, step = scene.run(), note_switch(wanted_key)
    assert step.look(run) is None
    step.act(run)
    assert scene.clock.slept[0] == 90
    assert scene.store.note == Switch(KEY, "20261122-144501-enable", scene.store.revision)
    assert step.look(run)
    assert scene.store.touched == []


def test_a_note_of_another_key_or_run_is_made_anew() -> None:
    for stale in (Switch(KEY, "20250101-000000-enable", 5, True), Switch("off", "20261122-144501-enable", 5, True)):
        scene = Scene(SecretStore(team_a=3), noted=False)
        scene.store.note = stale
        assert note_switch(wanted_key).look(scene.run()) is None
        assert rewrite_secrets(ONE_BY_ONE, wanted_key).look(scene.run()) is None
        assert note_proof(wanted_key).look(scene.run()) is None


def test_a_dry_run_does_not_take_the_proof_of_the_present_state_for_that_of_the_wanted_one() -> None:
    scene = Scene(SecretStore(team_a=3), cluster=a_cluster(key=None))
    assert scene.store.note
    scene.store.note = replace(scene.store.note, proved=True)
    steps = (note_switch(wanted_key), rewrite_secrets(ONE_BY_ONE, wanted_key), note_proof(wanted_key))
    assert [step.look(scene.run()) for step in steps] == [None, None, None]


@pytest.mark.parametrize("cluster", [a_cluster(state="Failed"), a_cluster(key=None)])
def test_no_switch_is_noted_while_the_key_is_not_in_force(cluster: object) -> None:
    scene = Scene(SecretStore(team_a=3), cluster=cluster, noted=False)  # type: ignore[arg-type]
    with pytest.raises(Rejected, match="key-not-in-force"):
        note_switch(wanted_key).act(scene.run())
    assert scene.store.notes == []


def test_the_proof_is_noted_once_and_a_second_run_finds_everything_done() -> None:
    scene = Scene(SecretStore(team_a=3))
    run = rewritten(scene)
    step = note_proof(wanted_key)
    assert step.look(run) is None
    step.act(run)
    assert step.look(run)
    again = scene.run()
    assert rewrite_secrets(ONE_BY_ONE, wanted_key).look(again) and step.look(again)
    assert [note.proved for note in scene.store.notes] == [True]


def test_what_was_not_proved_is_not_noted_as_proved() -> None:
    scene = Scene(SecretStore(team_a=3))
    run = rewritten(scene, replace(ONE_BY_ONE, namespaces=("team-a",)))
    seen = note_proof(wanted_key).look(run)
    assert seen and seen.detail.startswith("stays open: only team-a")


def test_a_key_that_was_changed_during_the_rewrite_is_not_proved() -> None:
    scene = Scene(SecretStore(team_a=3))
    run = scene.run()

    def rotate(secret: SecretRef) -> None:
        clusters = run.ports.clusters
        clusters.cluster = a_cluster(tag="20261122-150000-rotate")  # type: ignore[attr-defined]

    scene.store.before_touch = rotate
    rewrite(run, ONE_BY_ONE)
    assert run.rewrite and not run.rewrite.proved
    with pytest.raises(Rejected, match="changed during the rewrite"):
        note_proof().act(run)
