"""The notes that the steps around a rewrite leave in the cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from azext_akskv.engine.step import Run
from azext_akskv.failures import Rejected
from azext_akskv.model.kube import SecretRef, Switch
from azext_akskv.steps.rewrite import note_proof, note_switch, rewrite, rewrite_secrets
from tests.unit.steps.secret_store import KEY, Scene, SecretStore, a_cluster
from tests.unit.steps.test_rewrite import ONE_BY_ONE, rewritten


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
