"""What arguments and snapshot come to together."""

from __future__ import annotations

import pytest

from azext_akskv.model.choice import (
    identity_to_use,
    is_on_with,
    key_name_to_use,
    network_access_of,
    place_to_make,
    rewrite_owed,
    vault_to_use,
)
from azext_akskv.model.ids import identity_id, vault_id
from azext_akskv.model.kube import Switch
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.tags import RUN_TAG, changed_by, identity_since
from tests.builders import (
    GROUP,
    IDENTITY,
    KEY,
    LOCATION,
    NOW,
    OTHER_KEY,
    SUBSCRIPTION,
    TENANT,
    VAULT,
    a_cluster,
    a_snapshot,
    a_vault,
    cluster_json,
    snapshot_with_kms_on,
    vault_json,
)

CLOSED, SELECTED = a_vault(vault_json(public="Disabled")), a_vault(vault_json(default_action="Deny"))
PRIVATE_ON = a_cluster(cluster_json(kms=KEY, private=True))


@pytest.mark.parametrize(
    ("wanted", "sections", "mode"),
    [
        (None, {}, "Public"),
        (None, {"vault": CLOSED}, "Private"),
        (None, {"vault": SELECTED}, None),
        (None, {"vault": None}, "Public"),
        ("Private", {}, "Private"),
        ("Public", {"vault": CLOSED}, "Public"),
        (None, {"cluster": PRIVATE_ON}, "Private"),
        ("Public", {"cluster": PRIVATE_ON}, "Public"),
    ],
)
def test_the_mode_is_the_one_asked_for_else_the_declared_one_else_what_the_firewall_says(
    wanted, sections, mode
) -> None:
    asked = Wanted("enable", vault="kv1", key="etcd", network_access=wanted)
    assert network_access_of(a_snapshot(asked, **sections)) == mode


def test_names_without_a_place_are_beside_the_cluster() -> None:
    named = a_snapshot(Wanted("enable", vault="kv9", key="etcd", identity="id9"), vault=None)
    assert vault_to_use(named) == vault_id(SUBSCRIPTION, GROUP, "kv9")
    assert identity_to_use(named) == identity_id(SUBSCRIPTION, GROUP, "id9")
    assert identity_to_use(a_snapshot()) == IDENTITY
    assert vault_to_use(a_snapshot(Wanted("enable"), vault=None)) is None


def test_a_vault_that_could_not_be_looked_at_is_not_guessed() -> None:
    with pytest.raises(NotObserved):
        vault_to_use(a_snapshot(vault=Observed.unknown("403")))


def test_the_keys_name_comes_from_the_argument_else_from_the_cluster() -> None:
    assert key_name_to_use(a_snapshot(Wanted("enable", key=OTHER_KEY))) == "etcd"
    assert key_name_to_use(a_snapshot(Wanted("enable", key="other"))) == "other"
    assert key_name_to_use(snapshot_with_kms_on()) == "etcd"
    assert key_name_to_use(a_snapshot(Wanted("enable"))) is None


def test_new_things_are_made_beside_what_is_there() -> None:
    for sections in ({}, {"cluster": None}, {"cluster": None, "vault": None}):
        place = place_to_make(a_snapshot(**sections))
        assert place and (place.location, place.tenant) == (LOCATION, TENANT)
    assert place_to_make(a_snapshot(cluster=None, vault=None, identity=None)) is None


def test_kms_is_on_with_what_is_wanted_only_when_key_mode_and_vault_are_the_same() -> None:
    public = a_cluster(cluster_json(kms=KEY))
    assert is_on_with(public, KEY, "Public", VAULT)
    assert not is_on_with(public, OTHER_KEY, "Public", VAULT)
    assert not is_on_with(public, KEY, "Private", VAULT)
    assert is_on_with(PRIVATE_ON, KEY, "Private", VAULT)
    assert not is_on_with(PRIVATE_ON, KEY, "Private", vault_id(SUBSCRIPTION, GROUP, "kv9"))
    assert not is_on_with(a_cluster(cluster_json(kms=KEY, enabled=False)), KEY, "Public", VAULT)


@pytest.mark.parametrize(
    ("cluster", "switch", "owed"),
    [
        (a_cluster(), None, False),
        (a_cluster(cluster_json(renewed=True)), None, False),
        (a_cluster(cluster_json(kms=KEY)), None, None),
        (a_cluster(cluster_json(kms=KEY)), Switch(str(KEY), "", 7), True),
        (a_cluster(cluster_json(kms=KEY)), Switch(str(KEY), "", 7, proved=True), False),
        (a_cluster(cluster_json(kms=KEY)), Switch(str(OTHER_KEY), "", 7, proved=True), None),
        (a_cluster(cluster_json(kms=KEY)), Switch(str(KEY), "another-run", 7, proved=True), None),
        (a_cluster(cluster_json(kms=KEY, enabled=False)), Switch("off", "", 7, proved=True), False),
        (None, None, None),
    ],
)
def test_whether_a_rewrite_is_owed(cluster, switch, owed) -> None:
    assert rewrite_owed(a_snapshot(Wanted("show"), cluster=cluster, switch=switch)) is owed


def test_whose_run_a_tag_tells_of() -> None:
    assert changed_by({RUN_TAG: "20261122-144501-enable"}, "enable")
    assert changed_by({RUN_TAG: "20261122-144501-enable-2"}, "enable")
    assert not changed_by({RUN_TAG: "20261122-144501-enable"}, "disable")
    assert not changed_by({}, "enable")


@pytest.mark.parametrize("text", ["", "soon", "2026-11-22", "2026-11-22T14:45:00"])
def test_a_spoiled_time_in_a_tag_is_no_time(text: str) -> None:
    assert identity_since({"akskv-identity-since": text}) is None
    assert identity_since({"akskv-identity-since": NOW.isoformat()}) == NOW
