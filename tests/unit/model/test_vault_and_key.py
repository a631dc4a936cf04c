from __future__ import annotations

from datetime import timedelta

import pytest

from azext_akskv.model.key import newest_enabled, why_unusable
from azext_akskv.model.kube import key_id_hash
from azext_akskv.model.times import parse_time
from azext_akskv.model.vault import Openness
from tests.builders import HOST, KEY, NOW, OTHER_KEY, a_key, a_vault, policy, vault_json


@pytest.mark.parametrize(
    ("properties", "openness"),
    [
        ({}, Openness.PUBLIC),
        ({"publicNetworkAccess": None, "networkAcls": None}, Openness.PUBLIC),
        ({"networkAcls": {"defaultAction": "Deny"}}, Openness.SELECTED),
        ({"publicNetworkAccess": "disabled"}, Openness.PRIVATE),
        ({"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Deny"}}, Openness.PRIVATE),
        ({"publicNetworkAccess": "Disabled", "networkAcls": {"defaultAction": "Allow"}}, Openness.PRIVATE),
    ],
)
def test_from_where_a_vault_can_be_reached(properties, openness) -> None:
    assert a_vault(**properties).openness is openness


def test_the_host_is_that_of_the_vault_uri() -> None:
    assert a_vault(vaultUri=f"https://{HOST.upper()}/").host == HOST


def test_policies_of_one_principal_add_up_in_any_case() -> None:
    vault = a_vault(accessPolicies=[policy("ABC", "Encrypt"), policy("abc", "decrypt"), policy("other", "get")])
    assert vault.policy_of("Abc") == {"encrypt", "decrypt"}


def test_a_vault_tells_when_it_was_changed_but_not_1970() -> None:
    """Recorded answers of Key Vault hold days of January 1970 there."""
    told = {"lastModifiedAt": "2026-11-20T10:00:00.1234567Z"}
    assert a_vault(vault_json() | {"systemData": told}).changed_at == parse_time("2026-11-20T10:00:00Z")
    assert a_vault(vault_json() | {"systemData": {"lastModifiedAt": "1970-01-19T17:32:57.7Z"}}).changed_at is None
    assert a_vault().changed_at is None


def test_a_good_key_has_no_reason_against_it() -> None:
    for kind in ("RSA", "RSA-HSM", "rsa"):
        assert list(why_unusable(a_key(kind=kind), NOW)) == []


def test_every_reason_against_a_key_is_told() -> None:
    bad = a_key(
        kind="EC",
        operations=frozenset({"sign"}),
        enabled=False,
        expires_in_days=-1,
        not_before=NOW + timedelta(days=1),
    )
    assert len(list(why_unusable(bad, NOW))) == 5


def test_a_key_expires_at_its_very_second() -> None:
    assert list(why_unusable(a_key(expires_in_days=0), NOW))
    assert not list(why_unusable(a_key(not_before=NOW), NOW))


def test_the_newest_version_is_that_made_last_among_the_enabled_ones() -> None:
    old, new = a_key(), a_key(OTHER_KEY, created=NOW + timedelta(days=1))
    assert newest_enabled([new, old]) == new
    assert newest_enabled([a_key(OTHER_KEY, created=NOW + timedelta(days=1), enabled=False), old]) == old
    assert newest_enabled([]) is None


def test_the_metrics_name_a_key_by_the_hash_of_the_plugins_key_id() -> None:
    assert key_id_hash(str(KEY)).startswith("sha256:") and key_id_hash(str(KEY)) != key_id_hash(str(OTHER_KEY))


@pytest.mark.parametrize("text", ["2023-08-23T13:05:39.5280820Z", "2023-08-23T13:05:39Z", "2023-08-23T13:05:39+00:00"])
def test_times_of_arm(text: str) -> None:
    time = parse_time(text)
    assert time and time.isoformat() == "2023-08-23T13:05:39+00:00"


def test_no_time_is_none() -> None:
    assert parse_time(None) is None and parse_time("") is None
