"""The rewrite of all secrets: each kind of failure at one secret, and what is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azext_akskv.engine.step import Run
from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Throttled, TookTooLong, Unavailable, Unreadable
from azext_akskv.model.kube import SecretRef, Tally
from azext_akskv.steps.rewrite import rewrite, summary
from azext_akskv.steps.rewrite_pass import Order
from tests.unit.steps.secret_store import Scene, SecretStore

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


def test_only_the_namespaces_asked_for_are_rewritten() -> None:
    scene = Scene(SecretStore(team_a=2, team_b=2, team_c=2))
    run = rewritten(scene, replace(ONE_BY_ONE, namespaces=("team-b",)))
    assert {secret.namespace for secret in scene.store.touched} == {"team-b"}
    assert run.rewrite and not run.rewrite.proved and "only team-b" in run.rewrite.why
