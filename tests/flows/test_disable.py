"""`kms disable` and `kms show` over fakes."""

from __future__ import annotations

from pathlib import Path

from azext_akskv.flows.disable import DISABLE
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.cluster import Experience
from azext_akskv.model.ids import KeyId
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import Openness
from tests.builders import HOST, KEY, a_key, cluster_json
from tests.fakes import FakeWorld
from tests.flows import worlds
from tests.flows.test_enable import ASKED, codes, states

OFF = Wanted("disable")
STEPS = ["turn-off-kms", "note-switch", "rewrite-secrets", "note-proof", "note-ledger"]


def test_every_secret_is_decrypted_and_the_key_to_keep_is_named(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    result = world.drive(DISABLE, OFF)
    assert states(result) == dict.fromkeys(STEPS, "done") and result.status == "done"
    assert world.under("off") == 9 and result.rewrite and result.rewrite.proved
    assert str(KEY) in result.keep[0] and "also now that KMS is off" in result.keep[0]


def test_a_second_disable_writes_nothing(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    world.drive(DISABLE, OFF)
    world.writes.clear()
    again = world.drive(DISABLE, OFF)
    assert states(again) == dict.fromkeys(STEPS, "already") and not world.writes


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    assert states(world.drive(DISABLE, OFF, dry_run=True)) == dict.fromkeys(STEPS, "planned")
    assert not world.writes


def test_a_cluster_that_never_had_kms_has_nothing_to_turn_off(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.vaults.clear()
    result = world.drive(DISABLE, OFF)
    assert states(result) == {"turn-off-kms": "already"} and result.keep == () and not world.writes


def test_an_expired_key_refuses_until_it_is_extended(tmp_path: Path) -> None:
    """The API servers restart, and a plugin that cannot encrypt does not get healthy."""
    world = worlds.kms_on(tmp_path)
    world.keys[(HOST, "etcd")] = [a_key(expires_in_days=-1)]
    result = world.drive(DISABLE, OFF, accept=("key-unusable",))
    assert (result.status, result.exit_code) == ("refused", 4)
    assert codes(result, "error") == {"key-unusable"} and not world.writes
    assert result.trouble and "set-attributes" in result.trouble.following


def test_show_of_a_cluster_that_never_had_kms(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    state = world.show()
    assert (state.experience, state.key, state.rewrite_owed) == (Experience.NEVER, None, False)
    assert [finding.code for finding in state.findings if finding.state.value in ("error", "warning", "unknown")] == []
    assert not world.writes


def test_show_after_enable_and_after_disable(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, ASKED)
    on = world.show(evidence=True)
    assert (on.experience, on.rewrite_owed) == (Experience.LEGACY_V2, False)
    assert on.key and (on.key.id, on.key.newest, on.key.enabled) == (KEY, KEY.version, True)
    assert (on.declared, on.vault_openness) == ("Public", Openness.PUBLIC)

    world.clock.sleep(3600)
    world.drive(DISABLE, OFF)
    off = world.show()
    assert (off.experience, off.key, off.rewrite_owed, off.declared) == (Experience.OFF, None, False, None)
    [previous] = off.previous_keys
    assert previous.id == KEY and previous.may_retire is False
    assert previous.since and previous.until and (previous.until - previous.since).total_seconds() > 3600


def test_show_of_kms_turned_on_by_other_means_does_not_know_whether_a_rewrite_is_owed(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    state = world.show()
    assert state.rewrite_owed is None
    assert [finding.code for finding in state.findings if finding.state.value == "warning"] == [
        "key-ledger",
        "rewrite-owed",
    ]


def test_show_of_a_cluster_switched_off_elsewhere_still_names_its_key(tmp_path: Path) -> None:
    state = FakeWorld(tmp_path, cluster=cluster_json(kms=KEY, enabled=False)).show()
    [previous] = state.previous_keys
    assert previous.id == KEY and previous.may_retire is False and state.rewrite_owed is None


def test_an_older_key_may_go_when_two_came_after_it_and_the_rewrite_is_proved(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, ASKED)
    for version in ("b" * 32, "c" * 32):
        world.clock.sleep(3600)
        world.drive(DISABLE, OFF)
        world.clock.sleep(3600)
        newer = a_key(KeyId(HOST, "etcd", version), created=world.clock.time)
        world.keys[(HOST, "etcd")].append(newer)
        world.drive(ENABLE, ASKED)
    kept = {previous.id.version: previous.may_retire for previous in world.show().previous_keys}
    assert kept == {"b" * 32: False, KEY.version: True}


def test_show_of_a_missing_cluster(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.cluster = None
    state = world.show()
    assert state.experience is None
    assert [finding.code for finding in state.findings if finding.blocks] == ["cluster-missing"]
