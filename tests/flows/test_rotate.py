"""`az aks kv rotate` against the Azure in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from azext_akskv.flows.disable import DISABLE
from azext_akskv.flows.enable import ENABLE
from azext_akskv.flows.reencrypt import REENCRYPT
from azext_akskv.flows.rotate import ROTATE
from azext_akskv.model.ids import KeyId, vault_id
from azext_akskv.model.snapshot import Wanted
from tests.builders import GROUP, HOST, KEY, SUBSCRIPTION, a_key, vault_json
from tests.fakes import FakeWorld
from tests.flows import worlds

ENABLED = Wanted("enable", "kv1", "etcd")
ROTATED = Wanted("rotate")


def on(folder: Path) -> FakeWorld:
    """KMS was turned on by a run of ours, and everything is proved."""
    world = worlds.public_rbac(folder)
    assert world.drive(ENABLE, ENABLED).status == "done"
    later(world)
    return world


def later(world: FakeWorld) -> None:
    world.clock.sleep(3600)
    world.writes.clear()


def present(world: FakeWorld) -> str:
    return str(world.kms()["keyId"])


def codes(result: object) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}  # type: ignore[attr-defined]


def test_a_new_version_is_made_like_the_one_in_use(tmp_path: Path) -> None:
    world = on(tmp_path)
    ends = world.clock.time + timedelta(days=100)
    world.keys[(HOST, "etcd")][0] = replace(world.keys[(HOST, "etcd")][0], expires=ends, size_bits=4096)
    result = world.drive(ROTATE, ROTATED)
    made = world.keys[(HOST, "etcd")][-1]
    assert (result.status, len(world.keys[(HOST, "etcd")])) == ("done", 2)
    assert present(world) == str(made.id) != str(KEY) and made.size_bits == 4096
    assert world.under(str(made.id)) == 9 and result.rewrite and result.rewrite.proved
    assert set(codes(result).values()) <= {"done", "already"}
    assert [world.writes[what] for what in ("keys.create_version", "clusters.turn_on_kms", "clusters.tag")] == [1, 1, 1]


def test_a_newer_version_that_is_there_is_taken(tmp_path: Path) -> None:
    world = on(tmp_path)
    newer = a_key(KeyId(HOST, "etcd", "b" * 32), created=world.clock.time)
    world.keys[(HOST, "etcd")].append(newer)
    assert world.drive(ROTATE, ROTATED).status == "done"
    assert present(world) == str(newer.id) and not world.writes["keys.create_version"]


def test_a_newer_version_that_is_disabled_is_not_taken(tmp_path: Path) -> None:
    world = on(tmp_path)
    world.keys[(HOST, "etcd")].append(a_key(KeyId(HOST, "etcd", "b" * 32), created=world.clock.time, enabled=False))
    assert world.drive(ROTATE, ROTATED).status == "done"
    assert world.writes["keys.create_version"] == 1


def test_each_run_rotates_once_more_and_says_which_key_may_go(tmp_path: Path) -> None:
    world = on(tmp_path)
    first = world.drive(ROTATE, ROTATED)
    assert first.may_go == ()
    later(world)
    second = world.drive(ROTATE, ROTATED)
    assert present(world).endswith("3")
    [told] = second.may_go
    assert str(KEY) in told and "--enabled false" in told
    fates = [(each.id.version, each.may_retire) for each in world.show().previous_keys]
    assert fates == [(f"{2:032x}", False), (KEY.version, True)]


def test_a_key_of_another_name_of_the_same_vault(tmp_path: Path) -> None:
    world = on(tmp_path)
    other = a_key(KeyId(HOST, "other", "b" * 32), created=world.clock.time)
    world.keys[(HOST, "other")] = [other]
    assert world.drive(ROTATE, Wanted("rotate", key="other")).status == "done"
    assert present(world) == str(other.id)
    later(world)
    again = world.drive(ROTATE, Wanted("rotate", key="other"))
    assert set(codes(again).values()) == {"already"} and not world.writes
    assert "key-same" in {finding.code for finding in again.findings if finding.state.value == "warning"}


def test_a_key_of_another_vault_with_its_own_mode_and_grant(tmp_path: Path) -> None:
    world = on(tmp_path)
    home = vault_id(SUBSCRIPTION, GROUP, "kv2")
    world.vaults[home] = vault_json() | {"id": str(home)}
    world.vaults[home]["properties"]["vaultUri"] = "https://kv2.vault.azure.net/"
    key = KeyId("kv2.vault.azure.net", "etcd", "b" * 32)
    world.keys[(key.host, "etcd")] = [a_key(key)]
    assert world.drive(ROTATE, Wanted("rotate", key=key)).status == "done"
    assert present(world) == str(key) and world.under(str(key)) == 9


def test_a_closed_vault_gets_a_key_of_another_name_through_arm(tmp_path: Path) -> None:
    world = on(tmp_path)
    world.vault_closed = "(ForbiddenByFirewall) Client address is not authorized"
    result = world.drive(ROTATE, ROTATED)
    assert result.status == "done" and present(world).startswith(f"https://{HOST}/keys/etcd-2/")
    assert world.writes["keys.create"] == 1 and not world.writes["keys.create_version"]
    later(world)
    assert world.drive(ROTATE, ROTATED).status == "done" and "/keys/etcd-3/" in present(world)


def test_a_key_that_an_interrupted_run_left_under_another_name_is_taken(tmp_path: Path) -> None:
    world = on(tmp_path)
    world.vault_closed = "closed"
    left = KeyId(HOST, "etcd-2", "d" * 32)
    world.keys[(HOST, "etcd-2")] = [a_key(left, created=world.clock.time, tags={"akskv-run": "20261127-100000-rotate"})]
    assert world.drive(ROTATE, ROTATED).status == "done"
    assert present(world) == str(left) and not world.writes["keys.create"]


def test_a_rewrite_that_is_owed_is_finished_and_nothing_is_rotated(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, replace(ENABLED, skip_reencrypt=True))
    later(world)
    world.forget()
    result = world.drive(ROTATE, ROTATED)
    assert (result.status, present(world), world.under(str(KEY))) == ("waiting", str(KEY), 9)
    assert result.exit_code == 0 and result.trouble and "Nothing was rotated yet" in result.trouble.text
    assert not world.writes["keys.create_version"] and not world.writes["clusters.turn_on_kms"]
    later(world)
    assert world.drive(ROTATE, ROTATED).status == "done" and present(world) != str(KEY)


def test_a_rotation_stopped_half_way_is_completed_from_another_machine(tmp_path: Path) -> None:
    world = on(tmp_path)
    world.faults["secrets.touch"] = [RuntimeError("pulled the plug")]
    with pytest.raises(RuntimeError):
        world.drive(ROTATE, ROTATED)
    half_way = present(world)
    world.forget()
    result = world.drive(ROTATE, ROTATED)
    assert (result.status, present(world), world.under(half_way)) == ("done", half_way, 9)
    assert len(world.keys[(HOST, "etcd")]) == 2


def test_where_nothing_tells_whether_a_rewrite_is_owed_nothing_is_rotated(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    refused = world.drive(ROTATE, ROTATED)
    assert (refused.status, refused.exit_code) == ("refused", 4) and not world.writes
    assert {finding.code for finding in refused.findings if finding.blocks} == {"rewrite-unknown"}

    assert world.drive(REENCRYPT, Wanted("reencrypt")).rewrite.proved  # type: ignore[union-attr]  # by the metrics
    world.forget()
    assert world.drive(ROTATE, ROTATED).status == "done" and present(world) != str(KEY)


def test_who_knows_better_may_overrule_that(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    assert world.drive(ROTATE, ROTATED, accept=("rewrite-unknown",)).status == "done"
    [previous] = world.show().previous_keys
    assert previous.id == KEY and previous.may_retire is False


@pytest.mark.parametrize("state", ["never", "off"])
def test_a_cluster_without_kms_has_nothing_to_rotate(tmp_path: Path, state: str) -> None:
    world = worlds.public_rbac(tmp_path)
    if state == "off":
        world = on(tmp_path)
        world.drive(DISABLE, Wanted("disable"))
        later(world)
    refused = world.drive(ROTATE, ROTATED)
    assert (refused.status, refused.exit_code) == ("refused", 4) and not world.writes
    assert "kms-off" in {finding.code for finding in refused.findings if finding.blocks}


def test_an_older_version_is_refused_unless_accepted(tmp_path: Path) -> None:
    world = on(tmp_path)
    world.drive(ROTATE, ROTATED)
    later(world)
    refused = world.drive(ROTATE, Wanted("rotate", key=KEY))
    assert refused.status == "refused" and not world.writes
    assert {finding.code for finding in refused.findings if finding.blocks} == {"key-older"}
    assert world.drive(ROTATE, Wanted("rotate", key=KEY), accept=("key-older",)).status == "done"
    assert present(world) == str(KEY)


def test_a_dry_run_tells_the_steps_and_changes_nothing(tmp_path: Path) -> None:
    world = on(tmp_path)
    result = world.drive(ROTATE, ROTATED, dry_run=True)
    assert result.status == "dry-run" and not world.writes
    assert [code for code, state in codes(result).items() if state == "planned"] == [
        "create-key-version",
        "put-key-in",
        "note-switch",
        "rewrite-secrets",
        "note-proof",
        "note-ledger",
    ]


def test_tags_that_cannot_be_changed_stop_nothing(tmp_path: Path) -> None:
    from azext_akskv.failures import Denied

    world = on(tmp_path)
    world.faults["clusters.tag"] = [Denied("tag the cluster", "RequestDisallowedByPolicy", "tags are ours")]
    result = world.drive(ROTATE, ROTATED)
    assert result.status == "done" and result.rewrite and result.rewrite.proved
    state = world.show()
    assert state.rewrite_owed is False
    assert "key-ledger" in {finding.code for finding in state.findings if finding.state.value == "warning"}
    world.drive(REENCRYPT, Wanted("reencrypt", prove_only=True))
    assert "key-ledger" not in {f.code for f in world.show().findings if f.state.value == "warning"}


def broken(world: FakeWorld, how: str) -> None:
    versions = world.keys[(HOST, "etcd")]
    if how == "deleted":
        world.binned[(HOST, "etcd")] = world.keys.pop((HOST, "etcd"))
        world.deleted.add("etcd")
    else:
        yesterday = world.clock.time - timedelta(days=1)
        changes = {"enabled": False} if how == "disabled" else {"expires": yesterday}
        versions[:] = [replace(each, **changes) for each in versions]  # type: ignore[arg-type]
        world.api_server_away = how == "disabled"


@pytest.mark.parametrize(
    ("how", "repaired"), [("disabled", "keys.enable"), ("expired", "keys.extend"), ("deleted", "keys.recover")]
)
def test_a_key_that_cannot_be_used_is_repaired_and_then_rotated(tmp_path: Path, how: str, repaired: str) -> None:
    world = on(tmp_path)
    broken(world, how)
    result = world.drive(ROTATE, ROTATED)
    assert result.status == "done" and world.writes[repaired] == 1
    assert present(world) != str(KEY) and world.under(present(world)) == 9
    assert next(iter(codes(result))) == {"deleted": "recover-key"}.get(how, f"{repaired.partition('.')[2]}-key")


def test_a_key_that_cannot_be_repaired_from_here_is_told_before_anything_is_changed(tmp_path: Path) -> None:
    world = on(tmp_path)
    broken(world, "disabled")
    world.vault_closed = "(ForbiddenByFirewall) Client address is not authorized"
    refused = world.drive(ROTATE, ROTATED)
    assert refused.status == "refused" and not world.writes
    assert {finding.code for finding in refused.findings if finding.blocks} == {"key-repair-closed"}


def test_what_was_repaired_is_told_when_the_rotation_after_it_is_declined_or_refused(tmp_path: Path) -> None:
    from azext_akskv.flows.drive import drive
    from azext_akskv.flows.world import Consent
    from azext_akskv.report.text import ending

    world = on(tmp_path / "declined")
    broken(world, "disabled")
    answers = iter([True, False])
    result = drive(ROTATE, ROTATED, world.world(), Consent(False, (), lambda _question, _word: next(answers)))
    assert result.status == "declined" and world.writes["keys.enable"] == 1
    assert "Nothing else was changed. Done before: enable the key in use" in ending(result, "az")[0].text

    world = worlds.kms_on(tmp_path / "refused")
    broken(world, "disabled")
    refused = world.drive(ROTATE, ROTATED)
    assert refused.status == "refused" and refused.trouble
    assert refused.trouble.safe[0].startswith("Done before: enable the key in use")
