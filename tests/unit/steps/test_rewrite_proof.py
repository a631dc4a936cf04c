"""What a pass over the secrets proves, and what it does not: the rules of docs/proof.rst, one by one."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from azext_akskv.engine.step import Rewrite, Run
from azext_akskv.failures import Denied, Rejected, Unavailable
from azext_akskv.model.cluster import parse_cluster
from azext_akskv.model.kube import KeyEvidence, Switch, key_id_hash
from azext_akskv.model.ledger import with_departure
from azext_akskv.steps.rewrite import HALF_WAY, change_of, rewrite
from azext_akskv.steps.rewrite_pass import Order
from tests.unit.steps.secret_store import KEY, Scene, SecretStore, a_cluster

OLD_KEY = KEY.replace("0123", "9999", 1)
ONE_BY_ONE = Order(per_second=0, connections=1)


def outcome_of(scene: Scene, order: Order = ONE_BY_ONE) -> Rewrite:
    run = scene.run()
    rewrite(run, order)
    assert run.rewrite
    return run.rewrite


def evidence(*writing: str, servers: int = 0) -> KeyEvidence:
    """One server for each key that is written with, and more that said nothing."""
    names = [f"sha256:{number}" for number in range(max(servers, len(writing)))]
    said = {name: frozenset({key_id_hash(key)}) for name, key in zip(names, writing, strict=False)}
    return KeyEvidence(frozenset(names), said)


def current_before(scene: Scene, count: int) -> None:
    """Secrets that were made before the note and that the server calls current."""
    assert scene.store.note
    for number in range(count):
        scene.store.create("team-a", f"kept-{number}")
    scene.store.note = replace(scene.store.note, r0=scene.store.revision)


def test_a_resource_version_above_r0_is_the_proof() -> None:
    outcome = outcome_of(Scene(SecretStore(team_a=3)))
    assert outcome.proved and outcome.why == (
        "each of 3 secrets was written after the key change (resourceVersion above 103)"
    )


def test_current_by_the_servers_word_alone_is_no_proof() -> None:
    scene = Scene(SecretStore(team_a=3))
    current_before(scene, 2)
    outcome = outcome_of(scene)
    assert outcome.tally.unproved == 2 and not outcome.proved
    assert outcome.why.startswith("2 secrets not written since the key change (resourceVersion 105 or lower)")


def test_current_counts_when_every_api_server_writes_with_the_present_key_only() -> None:
    scene = Scene(SecretStore(team_a=3))
    current_before(scene, 2)
    scene.store.seen_evidence = evidence(KEY, KEY)
    outcome = outcome_of(scene)
    assert outcome.proved and outcome.why.startswith("every API server's metrics name only the present key")


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (evidence(KEY, OLD_KEY), "1 of 2 API servers wrote with another key since they started"),
        (evidence(KEY, servers=3), "2 of 3 API servers did not say which key they write with"),
        (KeyEvidence(frozenset(), {}), "does not tell its API servers apart"),
        (None, "does not tell its API servers apart"),
    ],
    ids=["old key", "silent server", "no server", "no metrics"],
)
def test_evidence_with_a_gap_proves_nothing(seen: KeyEvidence | None, why: str) -> None:
    scene = Scene(SecretStore(team_a=3))
    current_before(scene, 2)
    scene.store.seen_evidence = seen
    outcome = outcome_of(scene)
    assert not outcome.proved and why in outcome.why


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Denied("read", "Forbidden", "no"), "a role that may `get` the path /metrics"),
        (Unavailable("read", "ProtocolError", "reset"), "metrics could not be read: reset"),
    ],
)
def test_why_there_is_no_evidence_is_told(fault: Denied | Unavailable, why: str) -> None:
    scene = Scene(SecretStore(team_a=3))
    current_before(scene, 2)
    scene.store.evidence_fault = fault
    outcome = outcome_of(scene)
    assert not outcome.proved and why in outcome.why


@pytest.mark.parametrize(
    ("cluster", "why"),
    [
        (a_cluster("1.26.3"), "before Kubernetes 1.27"),
        (a_cluster(key=None), "with KMS off no metric says"),
    ],
)
def test_where_metrics_cannot_tell_they_are_not_believed(cluster: object, why: str) -> None:
    scene = Scene(SecretStore(team_a=3), cluster=cluster)  # type: ignore[arg-type]
    current_before(scene, 2)
    scene.store.seen_evidence = evidence(KEY)
    outcome = outcome_of(scene)
    assert not outcome.proved and why in outcome.why


def on_the_platforms_key() -> Scene:
    """The platform rewrote everything before R0 could be read; OLD_KEY was in use before, and the tags know it."""
    raw = copy.deepcopy(a_cluster().raw)
    legacy = replace(a_cluster(key=OLD_KEY), raw=raw)
    raw["tags"] = with_departure(legacy, "20261122-144501-migrate-encryption")
    raw["properties"]["currentKubernetesVersion"] = "1.33.3"
    raw["properties"]["securityProfile"] = {
        "kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}
    }
    cluster = parse_cluster(raw, legacy.seen_at)
    assert cluster.key_in_force == "platform"
    scene = Scene(SecretStore(), cluster=cluster)
    for number in range(3):
        scene.store.create("team-a", f"kept-{number}")
    scene.store.note = Switch("platform", cluster.tags["akskv-run"], scene.store.revision)
    return scene


@pytest.mark.parametrize(
    ("seen", "proved", "why"),
    [
        (evidence("platform", "platform"), True, "every API server's metrics"),
        (evidence("platform", OLD_KEY), False, "1 of 2 API servers wrote with a key from before"),
        (evidence("platform", servers=2), False, "not every API server says"),
        (None, False, "not every API server says"),
    ],
    ids=["all", "old key", "silent server", "no metrics"],
)
def test_a_platform_that_was_faster_is_proved_by_metrics_without_a_key_from_before(
    seen: KeyEvidence | None, proved: bool, why: str
) -> None:
    scene = on_the_platforms_key()
    scene.store.seen_evidence = seen
    outcome = outcome_of(scene)
    assert outcome.proved is proved and why in outcome.why


def nothing_rewritten(tag: str = "20261122-144501-enable") -> Scene:
    scene = Scene(SecretStore(), cluster=a_cluster(tag=tag))
    current_before(scene, 3)
    return scene


def fails(scene: Scene) -> tuple[Run, Rejected]:
    run = scene.run()
    with pytest.raises(Rejected) as caught:
        rewrite(run, ONE_BY_ONE)
    return run, caught.value


def test_nothing_rewritten_after_our_own_key_change_fails_the_step() -> None:
    run, error = fails(nothing_rewritten())
    assert error.code == "rewrite-did-nothing" and "of 3 secrets none was written" in str(error)
    assert run.rewrite and not run.rewrite.proved


def test_what_an_earlier_attempt_rewrote_half_way_tells_that_the_api_servers_had_changed_over() -> None:
    """The update failed after the API servers had changed over, the rewrite that AKS asks for even then found every
    secret stale, and the update that was sent again leaves nothing to rewrite."""
    scene = Scene(SecretStore(team_a=3))
    noted, scene.store.note = scene.store.note, None
    run = scene.run()
    rewrite(run, ONE_BY_ONE)
    assert run.rewrite and run.rewrite.tally.rewritten == 3 and not run.rewrite.proved
    assert noted
    scene.store.note = replace(noted, r0=scene.store.revision)
    again = outcome_of(scene)  # the journal remembers
    assert again.tally.unproved == 3 and again.proved
    assert "an earlier attempt of this run rewrote every secret" in again.why


def test_an_earlier_attempt_that_left_a_secret_as_it_was_tells_nothing() -> None:
    """That one may have been called current by an API server that had not changed over."""
    scene = Scene(SecretStore(team_a=3))
    noted, scene.store.note = scene.store.note, None
    scene.store.touch(next(iter(scene.store.stored)))  # somebody wrote it a moment before
    rewrite(scene.run(), ONE_BY_ONE)
    assert noted
    scene.store.note = replace(noted, r0=scene.store.revision)
    with pytest.raises(Rejected, match="none was written"):
        outcome_of(scene)


def test_what_was_rewritten_under_another_change_tells_nothing() -> None:
    scene = nothing_rewritten()
    run = scene.run()
    run.facts[HALF_WAY.name] = change_of(a_cluster(tag="another-run"))
    with pytest.raises(Rejected, match="none was written"):
        rewrite(run, ONE_BY_ONE)


def test_the_metrics_of_every_api_server_outweigh_a_rewrite_that_did_nothing() -> None:
    """Somebody else rewrote everything between the change of the key and the note of it."""
    scene = nothing_rewritten()
    scene.store.seen_evidence = evidence(KEY)
    assert outcome_of(scene).proved


def test_metrics_that_name_the_old_key_do_not() -> None:
    scene = nothing_rewritten()
    scene.store.seen_evidence = evidence(KEY, OLD_KEY)
    assert fails(scene)[1].code == "rewrite-did-nothing"


def test_one_written_secret_is_enough_to_know_that_the_server_changed_over() -> None:
    scene = nothing_rewritten()
    scene.store.create("team-a", "made-after-the-switch")
    scene.store.seen_evidence = evidence(KEY)
    assert outcome_of(scene).proved


def test_a_key_that_others_turned_on_and_rewrote_is_open_and_no_failure() -> None:
    outcome = outcome_of(nothing_rewritten(tag=""))
    assert not outcome.proved and outcome.tally.unproved == 3


def test_a_key_that_others_turned_on_is_proved_by_evidence() -> None:
    scene = nothing_rewritten(tag="")
    scene.store.seen_evidence = evidence(KEY)
    assert outcome_of(scene).proved


def test_without_a_note_rewriting_alone_proves_nothing() -> None:
    outcome = outcome_of(Scene(SecretStore(team_a=3), noted=False))
    assert outcome.tally.rewritten == 3 and not outcome.proved
    assert outcome.why.startswith("nothing notes since when the present key is in force")


def test_without_a_note_evidence_proves() -> None:
    scene = Scene(SecretStore(team_a=3), noted=False)
    scene.store.seen_evidence = evidence(KEY)
    assert outcome_of(scene).proved


@pytest.mark.parametrize(
    "stale",
    [
        Switch(OLD_KEY, "20261122-144501-enable", 1, proved=True),
        Switch(KEY, "20260101-000000-enable", 1, proved=True),
        Switch("off", "20261122-144501-enable", 1, proved=True),
    ],
    ids=["another key", "another run", "off"],
)
def test_a_note_of_another_change_is_no_note(stale: Switch) -> None:
    scene = Scene(SecretStore(team_a=3), noted=False)
    scene.store.note = stale
    outcome = outcome_of(scene)
    assert not outcome.proved and outcome.why.startswith("nothing notes since when")


def test_a_part_proves_nothing_of_the_whole() -> None:
    outcome = outcome_of(Scene(SecretStore(team_a=3)), replace(ONE_BY_ONE, namespaces=("team-a",)))
    assert not outcome.proved


def test_a_cluster_without_secrets_has_nothing_to_prove() -> None:
    outcome = outcome_of(Scene(SecretStore()))
    assert outcome.proved and outcome.why == "there is no secret"


def test_the_hash_of_a_key_is_that_of_the_plugins_key_id() -> None:
    """sha256("sha256 of the URL in hex"), computed once with another tool."""
    url = "https://kv1.vault.azure.net/keys/kms/0123456789abcdef0123456789abcdef"
    assert key_id_hash(url) == "sha256:536ff168b686e0e3fc7c64da1758be2367d98f3127107f275e40474a98e7350c"
