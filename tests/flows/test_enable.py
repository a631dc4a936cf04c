"""`kms enable` over fakes: what it does in each kind of world, step by step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from azext_akskv.engine.result import Result
from azext_akskv.failures import OperationFailed, Rejected
from azext_akskv.flows.enable import ENABLE
from azext_akskv.model.access import KEY_VAULT_CONTRIBUTOR, KEY_VAULT_CRYPTO_USER
from azext_akskv.model.cluster import Experience
from azext_akskv.model.ids import identity_id
from azext_akskv.model.snapshot import Wanted
from azext_akskv.steps.cluster_kms import NOT_GRANTED
from tests.builders import GROUP, IDENTITY, KEY, OTHER_KEY, SUBSCRIPTION, VAULT, a_grant, a_key, cluster_json
from tests.fakes import FakeWorld
from tests.flows import worlds

ASKED = Wanted("enable", vault="kv1", key="etcd")
PUBLIC_STEPS = ["grant-crypto-user", "turn-on-kms", "note-switch", "rewrite-secrets", "note-proof", "note-ledger"]


def states(result: Result) -> dict[str, str]:
    return {step.code: step.state for step in result.steps}


def codes(result: Result, state: str) -> set[str]:
    return {finding.code for finding in result.findings if finding.state.value == state}


def test_public_vault_with_rbac(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    result = world.drive(ENABLE, ASKED)
    assert states(result) == dict.fromkeys(PUBLIC_STEPS, "done")
    assert (result.status, result.exit_code) == ("done", 0)
    assert result.rewrite and result.rewrite.proved and result.rewrite.tally.rewritten == 9
    assert world.under(str(KEY)) == 9
    assert [grant.role for grant in world.grants] == [KEY_VAULT_CRYPTO_USER]
    assert str(KEY) in result.keep[0]


def test_public_vault_with_access_policies(tmp_path: Path) -> None:
    world = worlds.public_policy(tmp_path)
    result = world.drive(ENABLE, ASKED)
    assert next(iter(states(result))) == "grant-key-policy" and result.status == "done"
    assert world.grants == [] and world.writes["vaults.allow_keys"] == 1


def test_private_vault_waits_until_the_grants_are_old_enough(tmp_path: Path) -> None:
    world = worlds.private(tmp_path)
    assert "contributor-grant" in codes(world.drive(ENABLE, ASKED, dry_run=True), "warning")
    result = world.drive(ENABLE, ASKED)
    assert list(states(result))[:4] == ["grant-crypto-user", "grant-contributor", "wait-for-grants", "turn-on-kms"]
    assert result.status == "done" and result.rewrite and result.rewrite.proved
    waited = next(step for step in result.steps if step.code == "wait-for-grants")
    assert waited.seconds >= 900  # Waits.grant_propagation
    assert {grant.role for grant in world.grants} == {KEY_VAULT_CRYPTO_USER, KEY_VAULT_CONTRIBUTOR}
    assert world.kms()["keyVaultResourceId"] == str(VAULT)


def test_private_vault_with_old_grants_does_not_wait(tmp_path: Path) -> None:
    world = worlds.private(tmp_path)
    world.grants = [a_grant(KEY_VAULT_CRYPTO_USER), a_grant(KEY_VAULT_CONTRIBUTOR)]
    result = world.drive(ENABLE, ASKED)
    assert states(result)["wait-for-grants"] == "already" and result.status == "done"


def test_system_assigned_cluster_ends_waiting_and_goes_on_hours_later(tmp_path: Path) -> None:
    world = worlds.system_identity(tmp_path)
    asked = Wanted("enable", vault="kv1", key="etcd", identity="id1")
    first = world.drive(ENABLE, asked)
    assert (first.status, first.exit_code) == ("waiting", 0)
    assert states(first)["switch-identity"] == "done" and states(first)["wait-for-identity"] == "planned"
    assert states(first)["turn-on-kms"] == "skipped" and world.writes["clusters.turn_on_kms"] == 0
    assert first.trouble and first.trouble.following == "run again after 7 h 55 min"

    world.clock.sleep(3 * 3600)
    second = world.drive(ENABLE, asked)
    assert second.status == "waiting" and "identity-just-switched" in codes(second, "warning")
    assert second.run == first.run
    assert second.trouble and second.trouble.following == "run again after 4 h 55 min"

    world.clock.sleep(6 * 3600)
    third = world.drive(ENABLE, asked)
    assert third.status == "done" and third.rewrite and third.rewrite.proved
    assert world.writes["clusters.assign_identity"] == 1


def test_with_create_everything_that_is_missing_is_made_once(tmp_path: Path) -> None:
    world = worlds.bare(tmp_path)
    asked = Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True)
    assert world.drive(ENABLE, asked).status == "waiting"
    world.clock.sleep(9 * 3600)
    result = world.drive(ENABLE, asked)
    assert result.status == "done"
    made = [world.writes[f"{what}.create"] for what in ("vaults", "keys", "identities")]
    assert made == [1, 1, 1]
    assert world.vaults[VAULT]["tags"]["akskv-run"].endswith("-enable")


def test_a_new_identity_that_is_not_known_everywhere_is_waited_for(tmp_path: Path) -> None:
    world = worlds.bare(tmp_path)
    world.principal_unknown_until = world.clock.time.replace(minute=50)
    result = world.drive(ENABLE, Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True))
    assert result.status == "waiting" and states(result)["grant-crypto-user"] == "done"


def test_kms_turned_on_by_other_means_is_only_proved(tmp_path: Path) -> None:
    world = worlds.kms_on(tmp_path)
    assert codes(world.drive(ENABLE, ASKED, dry_run=True), "warning") == {"key-ledger", "rewrite-owed"}
    result = world.drive(ENABLE, ASKED)
    assert states(result)["turn-on-kms"] == "already" and result.status == "done"
    assert world.writes["clusters.turn_on_kms"] == 0 and world.writes["secrets.rewritten"] == 0
    assert result.rewrite and result.rewrite.proved  # by the API server's metrics
    assert codes(result, "warning") == set()


@pytest.mark.parametrize(
    "make", [worlds.public_rbac, worlds.public_policy, worlds.private, worlds.kms_on], ids=lambda make: make.__name__
)
def test_a_second_enable_finds_everything_already_done_and_writes_nothing(make, tmp_path: Path) -> None:
    world = make(tmp_path)
    assert world.drive(ENABLE, ASKED).status == "done"
    world.writes.clear()
    again = world.drive(ENABLE, ASKED)
    assert set(states(again).values()) == {"already"} and again.status == "done"
    assert not world.writes


@pytest.mark.parametrize(
    "make", [worlds.public_rbac, worlds.public_policy, worlds.private, worlds.bare], ids=lambda make: make.__name__
)
def test_dry_run_writes_nothing_and_shows_the_whole_plan(make, tmp_path: Path) -> None:
    world = make(tmp_path)
    asked = Wanted("enable", vault="kv1", key="etcd", identity="id1", create=True)
    dry = world.drive(ENABLE, asked, dry_run=True)
    assert (dry.status, dry.exit_code) == ("dry-run", 0)
    assert not world.writes
    wet = world.drive(ENABLE, asked)
    assert [step.code for step in dry.steps] == [step.code for step in wet.steps]
    assert set(states(dry).values()) == {"planned"}


def test_declined_writes_nothing(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    result = world.drive(ENABLE, ASKED, yes=False)
    assert (result.status, result.exit_code) == ("declined", 0)
    assert not world.writes and world.world().journal.runs() == []


def test_a_grant_that_takes_its_time_is_waited_for_on_a_public_vault(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.grant_delay = 240
    result = world.drive(ENABLE, ASKED)
    assert result.status == "done" and world.writes["clusters.turn_on_kms"] == 1
    assert sum("a new grant takes some minutes" in line for line in world.reporter.told) == 8


def test_a_grant_that_never_works_fails_and_names_what_is_left_as_the_cause(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.grant_delay = 1e9
    result = world.drive(ENABLE, ASKED)
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result.trouble and "the grant has not reached Key Vault yet" in result.trouble.text
    assert world.clock.seconds < 2400  # Waits.grant_limit, not for ever


def test_the_cause_that_a_fresh_look_finds_is_named(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    refusal = Rejected("turn on KMS", NOT_GRANTED, "no permission")
    world.faults["clusters.turn_on_kms"] = [refusal] * 1000

    def closed_meanwhile(text: str) -> None:
        world.vaults[VAULT]["properties"]["publicNetworkAccess"] = "Disabled"

    world.reporter.tick = closed_meanwhile  # type: ignore[attr-defined]  # somebody closes the vault while we wait
    world.grants.append(a_grant(KEY_VAULT_CRYPTO_USER))
    result = world.drive(ENABLE, ASKED)
    assert result.trouble and "the firewall of kv1 lets only Private callers in" in result.trouble.text


def test_another_refusal_is_not_tried_again(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["clusters.turn_on_kms"] = [Rejected("turn on KMS", "BadRequest", "no")]
    result = world.drive(ENABLE, ASKED)
    assert result.status == "failed" and result.trouble and "(BadRequest) no" in result.trouble.text


def test_secrets_are_rewritten_even_when_the_update_failed(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.ends_as = "Failed"
    result = world.drive(ENABLE, ASKED)
    assert result.status == "failed" and states(result)["turn-on-kms"] == "failed"
    assert states(result)["note-switch"] == "skipped" and states(result)["note-proof"] == "skipped"
    assert world.writes["secrets.touch"] == 9

    again = world.drive(ENABLE, ASKED)  # the profile says on, but the update failed: it is sent again
    assert again.status == "done" and again.rewrite and again.rewrite.proved
    assert world.writes["clusters.turn_on_kms"] == 2


def test_a_step_that_fails_before_the_point_of_no_return_rewrites_nothing(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["roles.of"] = []
    world.principal_unknown_until = world.clock.time.replace(year=2030)
    result = world.drive(ENABLE, ASKED)
    assert states(result) == {"grant-crypto-user": "failed"} | dict.fromkeys(PUBLIC_STEPS[1:], "skipped")
    assert not world.writes


def test_prepare_only_touches_no_cluster_and_prints_the_line_that_creates_it(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.cluster = None
    asked = Wanted("enable", vault="kv1", key="etcd", identity="id1", prepare_only=True)
    result = world.drive(ENABLE, asked)
    assert states(result) == {"grant-crypto-user": "done"} and result.status == "done"
    assert "az aks create --resource-group rg1 --name prod" in result.keep[0]
    assert f"--azure-keyvault-kms-key-id {KEY}" in result.keep[0]
    assert f"--assign-identity {IDENTITY}" in result.keep[0]


def test_prepare_only_makes_a_key_beside_the_vault_that_is_there(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.cluster = None
    world.identities.clear()
    asked = Wanted("enable", vault="kv1", key="fresh", identity="id9", create=True, prepare_only=True)
    result = world.drive(ENABLE, asked)
    assert states(result) == dict.fromkeys(["create-key", "create-identity", "grant-crypto-user"], "done")
    assert world.identities[identity_id(SUBSCRIPTION, GROUP, "id9")].location == "westeurope"
    assert '"$(az keyvault key show --vault-name kv1 --name fresh --query key.kid -o tsv)"' in result.keep[0]


def test_skip_reencrypt_leaves_the_rewrite_owed_and_says_so(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    result = world.drive(ENABLE, Wanted("enable", vault="kv1", key="etcd", skip_reencrypt=True))
    assert list(states(result)) == PUBLIC_STEPS[:3] and world.under(str(KEY)) == 0
    assert any("The rewrite is owed" in each and "az aks kv reencrypt" in each for each in result.keep)
    assert world.show().rewrite_owed is True


def test_the_same_name_means_the_version_in_use_also_when_there_is_a_newer_one(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.drive(ENABLE, ASKED)
    world.keys[(KEY.host, "etcd")].append(a_key(OTHER_KEY, created=world.clock.time))
    again = world.drive(ENABLE, ASKED)
    assert set(states(again).values()) == {"already"} and "key-not-newest" in codes(again, "warning")


def test_accepting_a_missing_grant_leaves_it_to_the_user(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.grants.append(a_grant("custom-role"))
    result = world.drive(ENABLE, ASKED, accept=("grant-missing",))
    assert result.status == "done" and "grant-crypto-user" not in states(result)
    assert len(world.grants) == 1


def test_a_failed_cluster_is_cured_by_sending_the_change(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    assert world.cluster is not None
    world.cluster["properties"]["provisioningState"] = "Failed"
    assert world.drive(ENABLE, ASKED).status == "done"


def test_reads_may_run_side_by_side(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.workers = 4
    assert world.drive(ENABLE, ASKED).status == "done" and world.under(str(KEY)) == 9


def test_enabling_again_after_disabling_takes_the_key_from_before(tmp_path: Path) -> None:
    world = FakeWorld(tmp_path, cluster=cluster_json(kms=KEY, enabled=False))
    assert world.show().experience is Experience.OFF
    result = world.drive(ENABLE, Wanted("enable"))
    assert result.status == "done" and world.kms()["keyId"] == str(KEY)


def test_an_update_that_ends_badly_leaves_an_operation_to_look_up(tmp_path: Path) -> None:
    world = worlds.public_rbac(tmp_path)
    world.faults["clusters.turn_on_kms"] = [OperationFailed("turn on KMS", "Canceled", "", "request-1")]
    world.drive(ENABLE, ASKED)
    [run] = world.world().journal.runs()
    assert [line["request"] for line in run.lines if "request" in line] == ["request-1"]


def test_a_private_vault_that_is_still_open_is_to_be_closed_last(tmp_path: Path) -> None:
    """The page closes the vault after KMS is on: before, the way over the private endpoint is not there yet."""
    asked = replace(ASKED, network_access="Private")
    world = FakeWorld(tmp_path / "there", cluster=worlds.integrated())
    result = world.drive(ENABLE, asked)
    assert result.status == "done" and "vault-unreachable" in codes(result, "warning")
    assert any("close it now" in each and "--public-network-access Disabled" in each for each in result.keep)
    made = FakeWorld(tmp_path / "made", cluster=worlds.integrated())
    made.vaults.clear()
    made.keys.clear()
    new = made.drive(ENABLE, replace(asked, create=True))
    assert new.status == "done" and any("close it now" in each for each in new.keep)
