"""`reencrypt`: the rewrite alone, with and without a note of the key change."""

from __future__ import annotations

from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.failures import Denied
from azext_akskv.flows.reencrypt import REENCRYPT
from azext_akskv.model.kube import Switch
from azext_akskv.model.snapshot import Wanted
from tests.builders import KEY, cluster_json
from tests.fakes import PLAIN, Crash, FakeWorld

TAG = "20261122-130000-enable"


def with_kms_on(folder: Path, *, noted: bool = True) -> FakeWorld:
    """KMS was turned on by a run of ours, and nothing was rewritten since."""
    cluster = cluster_json(kms=KEY)
    cluster["tags"] = {"akskv-run": TAG}
    world = FakeWorld(folder, cluster=cluster)
    world.slots = [str(KEY), PLAIN]
    world.stored = {ref: (version, PLAIN) for ref, (version, _) in world.stored.items()}
    world.switch = Switch(str(KEY), TAG, world.version) if noted else None
    return world


def reencrypt(world: FakeWorld, **options: object) -> Result:
    dry_run = bool(options.pop("dry_run", False))
    return world.drive(REENCRYPT, Wanted("reencrypt", **options), dry_run=dry_run)  # type: ignore[arg-type]


STEPS = ("rewrite-secrets", "note-proof", "note-ledger")


def states(result: Result) -> list[tuple[str, str]]:
    return [(step.code, step.state) for step in result.steps]


def test_with_a_note_everything_is_rewritten_proved_and_noted(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    result = reencrypt(world)
    assert result.status == "done" and states(result) == [(step, "done") for step in STEPS]
    assert result.rewrite and result.rewrite.proved and result.rewrite.tally.rewritten == 9
    assert world.under(str(KEY)) == 9
    assert world.switch and world.switch.proved


def test_a_second_time_everything_is_current_and_proved(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    reencrypt(world)
    result = reencrypt(world)
    assert result.rewrite and result.rewrite.proved
    assert (result.rewrite.tally.rewritten, result.rewrite.tally.current) == (0, 9)
    assert states(result) == [("rewrite-secrets", "done"), ("note-proof", "already"), ("note-ledger", "already")]


def test_without_a_note_the_metrics_prove_it_and_that_is_noted(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path, noted=False)
    result = reencrypt(world)
    assert states(result) == [(step, "done") for step in STEPS]
    assert result.rewrite and result.rewrite.proved
    assert world.switch and world.switch.proved and world.switch.key == str(KEY)
    assert world.show().rewrite_owed is False


def test_without_a_note_and_without_metrics_nothing_is_noted(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path, noted=False)
    world.faults["secrets.evidence"] = [Denied("read the metrics", "Forbidden", "no")]
    result = reencrypt(world)
    assert states(result) == [("rewrite-secrets", "done"), ("note-proof", "already"), ("note-ledger", "already")]
    assert result.rewrite and not result.rewrite.proved
    assert world.switch is None and not world.writes["clusters.tag"]


def test_one_namespace_is_rewritten_and_proves_nothing(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    result = reencrypt(world, namespaces=("team-1",))
    assert result.status == "done" and states(result) == [("rewrite-secrets", "done")]
    assert world.under(str(KEY)) == 3
    assert result.rewrite and not result.rewrite.proved
    assert world.switch and not world.switch.proved


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    result = reencrypt(world, dry_run=True)
    assert result.status == "dry-run"
    assert states(result) == [(step, "planned") for step in STEPS]
    assert not world.writes


@pytest.mark.parametrize(("prove_only", "status"), [(True, "done"), (False, "declined")])
def test_prove_only_asks_nothing(tmp_path: Path, prove_only: bool, status: str) -> None:
    world = with_kms_on(tmp_path)
    result = world.drive(REENCRYPT, Wanted("reencrypt", prove_only=prove_only), yes=False)
    assert result.status == status


def test_a_cluster_whose_update_failed_is_rewritten_all_the_same(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    assert world.cluster
    world.cluster["properties"]["provisioningState"] = "Failed"
    assert reencrypt(world).status == "done"
    assert world.under(str(KEY)) == 9


def test_a_secret_that_cannot_be_read_does_not_hold_the_others_up(tmp_path: Path) -> None:
    world = with_kms_on(tmp_path)
    lost = next(iter(world.stored))
    world.stored[lost] = (1, "https://kv1.vault.azure.net/keys/etcd/gone")
    result = reencrypt(world)
    assert result.status == "failed" and result.trouble and str(lost) in result.trouble.text
    assert world.under(str(KEY)) == 8
    assert world.switch and not world.switch.proved


def test_wherever_it_is_killed_the_same_command_finishes_with_the_proof(tmp_path: Path) -> None:
    untouched = with_kms_on(tmp_path / "whole")
    reencrypt(untouched)
    moments = len(untouched.moments.passed)
    for moment in range(moments):
        world = with_kms_on(tmp_path / str(moment))
        world.moments.crash_at = moment
        with pytest.raises(Crash):
            reencrypt(world)
        world.moments.crash_at = None
        if moment % 2:
            world.forget()
        result = reencrypt(world)
        assert result.status == "done" and result.rewrite and result.rewrite.proved, world.moments.passed[moment]
        assert world.under(str(KEY)) == 9 and world.switch and world.switch.proved
    assert moments > 20
