"""How a copy stands: which condition decides, when its values are old, and when nobody copies."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from azext_akskv.model.finding import State
from azext_akskv.model.secret_store.extension import Settings
from azext_akskv.model.secret_store.statuses import Meaning
from azext_akskv.model.secret_store.sync import parse_sync
from azext_akskv.model.secret_store.verdict import Verdict, oldest_allowed, verdict_of
from tests.unit.model.secret_store.builders import NOW, a_condition, a_sync

HOURLY = Settings()


def verdict(*conditions: dict[str, Any], settings: Settings = HOURLY, **times: float) -> Verdict:
    return verdict_of(parse_sync(a_sync(*conditions, **times)), settings, NOW)


def test_the_newest_condition_wins_wherever_it_stands() -> None:
    old, new = a_condition("CreateSucceeded", type="Create", minutes=90), a_condition("ProviderError", "False")
    for both in ((old, new), (new, old)):
        assert verdict(*both).meaning is Meaning.PROVIDER
    back = a_condition("UpdateNoValueChangeSucceeded", minutes=1)
    assert verdict(old, {**new, "type": "Other"}, back).meaning is Meaning.UP_TO_DATE


@pytest.mark.parametrize(
    ("first", "second", "meaning"),
    [
        (
            ("SecretCreated", "SyncStarting", "Unknown"),
            ("SecretUpdated", "NoUpdatesAttemptedYet", "Unknown"),
            "pending",
        ),
        (
            ("SecretCreated", "CreateSuccessful", "True"),
            ("SecretUpdated", "NoUpdatesAttemptedYet", "Unknown"),
            "created",
        ),
        (("SecretCreated", "CreateSuccessful", "True"), ("SecretUpdated", "SecretUpToDate", "True"), "up-to-date"),
        (("SecretCreated", "ProviderError", "False"), ("SecretUpdated", "SecretUpToDate", "True"), "provider-error"),
    ],
)
def test_of_the_same_second_the_one_that_tells_most_wins(
    first: tuple[str, str, str], second: tuple[str, str, str], meaning: str
) -> None:
    both = [a_condition(reason, status, type=kind) for kind, reason, status in (first, second)]
    assert verdict(*both).meaning.value == verdict(*reversed(both)).meaning.value == meaning


def test_a_condition_without_a_time_is_older_than_any() -> None:
    timeless = a_condition("ProviderError", "False", lastTransitionTime=None)
    assert verdict(timeless, a_condition("SecretUpToDate")).meaning is Meaning.UP_TO_DATE


def test_a_failed_creation_after_a_good_update_is_no_outage() -> None:
    """The vault is out of reach, and pods go on with what was copied: that is what the extension is for."""
    failed = a_condition("CreateFailedProviderError", "False", type="Create", minutes=2)
    found = verdict(failed, a_condition("UpdateNoValueChangeSucceeded", minutes=40), synced=40)
    assert (found.meaning, found.served, found.stale, found.state) == (Meaning.PROVIDER, True, False, State.ERROR)
    assert found.age == timedelta(minutes=40)


def test_what_was_never_copied_is_served_to_nobody() -> None:
    assert not verdict(a_condition("ProviderError", "False")).served
    assert verdict(a_condition("ProviderError", "False"), synced=100).served
    assert not verdict(a_condition("SyncStarting", "Unknown"), synced=100).served


@pytest.mark.parametrize(
    ("minutes", "settings", "stale"),
    [
        (65, Settings(), False),
        (67, Settings(), True),
        (67, Settings(jitter=3600), False),
        (133, Settings(jitter=3600), True),
        (3, Settings(poll=120), True),
        (2, Settings(poll=120), False),
    ],
)
def test_a_copy_is_stale_after_interval_and_jitter_and_a_tenth(minutes: float, settings: Settings, stale: bool) -> None:
    found = verdict(a_condition("SecretUpToDate", minutes=900), settings=settings, synced=minutes)
    assert found.stale is stale
    assert found.state is (State.WARNING if stale else State.OK)
    assert oldest_allowed(Settings()) == timedelta(seconds=3960)


@pytest.mark.parametrize(("created", "silent", "state"), [(0.5, False, State.UNKNOWN), (2, True, State.ERROR)])
def test_a_status_that_stays_empty_says_that_nobody_watches(created: float, silent: bool, state: State) -> None:
    found = verdict(created=created)
    assert (found.told, found.silent, found.state, found.meaning) == (None, silent, state, Meaning.PENDING)


def test_a_good_reason_with_a_bad_status_is_not_believed() -> None:
    assert verdict(a_condition("SecretUpToDate", "False")).state is State.UNKNOWN
    assert verdict(a_condition("NeverHeardOf", "False")).state is State.ERROR
    assert verdict(a_condition("NeverHeardOf", "True")).state is State.UNKNOWN


def test_a_partial_copy_tells_of_each_item() -> None:
    told = {"db/0": "Succeeded", "web/0": "failed to get objectType:secret, objectName:web: RESPONSE 404"}
    found = verdict(a_condition("PartialSync", "False", message=json.dumps(told)), synced=10)
    assert (found.meaning, found.state, found.message, found.served) == (Meaning.PARTIAL, State.WARNING, "", True)
    assert [(each.name, each.good) for each in found.items] == [("db/0", True), ("web/0", False)]


def test_another_message_is_shown_in_one_line_without_credentials() -> None:
    message = "fetching secrets from the provider failed:\n Bearer abcdefghijklmnopqrstuvwxyz012345 {not json"
    found = verdict(a_condition("RemoteSecretStoreFetchFailed", "False", message=message))
    assert found.message == "fetching secrets from the provider failed: Bearer [hidden] {not json"
    assert found.items == ()


def test_the_message_tells_a_vague_reason_more_exactly() -> None:
    message = "failed to patch: it does not have the correct label. Delete the secret"
    assert verdict(a_condition("ControllerPatchError", "False", message=message)).meaning is Meaning.LABEL
