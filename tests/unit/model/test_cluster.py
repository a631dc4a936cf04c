from __future__ import annotations

import copy
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.cluster import (
    READ_ONLY_PROPERTIES,
    Experience,
    for_put,
    minor_of,
    parse_cluster,
    with_encryption,
    with_identity,
    with_kms_off,
    with_kms_on,
    with_tags,
)
from azext_akskv.model.ids import BadInput, identity_id
from tests.builders import GROUP, IDENTITY, KEY, NOW, OTHER_KEY, SUBSCRIPTION, VAULT, a_cluster, cluster_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def experience(kms: dict[str, Any] | None, renewed: str | None, version: str = "1.30.4") -> Experience:
    profile: dict[str, Any] = {"azureKeyVaultKms": kms}
    if renewed:
        profile["kubernetesResourceObjectEncryptionProfile"] = {"infrastructureEncryption": renewed}
    return a_cluster(securityProfile=profile, currentKubernetesVersion=version).experience


ON, OFF = {"enabled": True, "keyId": str(KEY)}, {"enabled": False, "keyId": str(KEY)}
VERSIONLESS = {"enabled": True, "keyId": "https://kv1.vault.azure.net/keys/etcd"}


@pytest.mark.parametrize(
    ("kms", "renewed", "version", "expected"),
    [
        (None, None, "1.30.4", Experience.NEVER),
        ({"enabled": None}, "Disabled", "1.30.4", Experience.NEVER),
        (OFF, None, "1.30.4", Experience.OFF),
        (OFF, "Disabled", "1.30.4", Experience.OFF),
        (ON, None, "1.27.0", Experience.LEGACY_V2),
        (ON, "Disabled", "1.26.10", Experience.LEGACY_V1),
        (VERSIONLESS, "Enabled", "1.33.0", Experience.CUSTOMER_MANAGED),
        (ON, "Enabled", "1.33.0", Experience.CUSTOMER_MANAGED),
        (None, "Enabled", "1.33.0", Experience.PLATFORM_MANAGED),
        (OFF, "Enabled", "1.33.0", Experience.PLATFORM_MANAGED),
    ],
)
def test_the_six_rows_of_the_state_decoder(kms, renewed, version, expected) -> None:
    assert experience(kms, renewed, version) is expected


def test_a_disabled_profile_keeps_naming_its_key() -> None:
    cluster = a_cluster(cluster_json(kms=KEY, enabled=False))
    assert cluster.kms.key == KEY and cluster.key_in_force == "off"
    assert a_cluster(cluster_json(kms=KEY)).key_in_force == str(KEY)


@pytest.mark.parametrize(
    ("identity", "kind"),
    [
        ({"type": "UserAssigned", "userAssignedIdentities": {str(IDENTITY): {"principalId": "p"}}}, "UserAssigned"),
        ({"type": "SystemAssigned", "principalId": "p"}, "SystemAssigned"),
        ({"type": "None"}, "ServicePrincipal"),
        (None, "ServicePrincipal"),
    ],
)
def test_kinds_of_identity(identity, kind) -> None:
    found = a_cluster(identity=identity).identity
    assert found.kind == kind and found.principal_id == ("p" if identity and kind != "ServicePrincipal" else None)
    assert found.id == (IDENTITY if kind == "UserAssigned" else None)


def test_what_is_absent_is_not_made_up() -> None:
    bare = parse_cluster({"id": cluster_json()["id"], "properties": {"kubernetesVersion": "1.30"}}, NOW)
    assert (bare.provisioning_state, bare.settled, bare.running) == ("Unknown", False, True)
    assert bare.experience is Experience.NEVER and bare.tags == {} and bare.etag is None


def test_a_body_that_is_no_cluster_is_refused() -> None:
    for raw in ({}, {"id": "/subscriptions/s"}, cluster_json() | {"id": ""}):
        with pytest.raises(BadInput):
            parse_cluster(raw, datetime(2026, 1, 1, tzinfo=timezone.utc))


@given(st.dictionaries(st.text(min_size=1, max_size=8), JSON, max_size=4), JSON)
def test_fields_unknown_to_us_survive_every_change(extra: dict[str, Any], inner: Any) -> None:
    raw = cluster_json(kms=KEY)
    known = set(raw["properties"]) | set(READ_ONLY_PROPERTIES)
    own = {name: value for name, value in extra.items() if name not in known}
    raw["properties"].update(own)
    raw["properties"]["securityProfile"]["defender"] = inner
    before = copy.deepcopy(raw)
    for body in (
        with_kms_on(raw, OTHER_KEY, "Public", None),
        with_kms_off(raw),
        with_encryption(raw, None),
        with_encryption(raw, OTHER_KEY, "Private", VAULT),
        with_identity(raw, IDENTITY),
        with_tags(for_put(raw), {"a": "b"}),
    ):
        assert {name: body["properties"][name] for name in own} == own
        assert body["properties"]["securityProfile"]["defender"] == inner
    assert raw == before


def test_kms_on_always_sends_mode_and_vault_again() -> None:
    private = with_kms_on(cluster_json(), KEY, "Private", VAULT)["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert private["keyVaultResourceId"] == str(VAULT) and private["enabled"] is True
    public = with_kms_on(cluster_json(kms=KEY, private=True), OTHER_KEY, "Public", VAULT)
    profile = public["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert (profile["keyVaultResourceId"], profile["keyId"]) == ("", str(OTHER_KEY))


def test_kms_off_leaves_the_rest_as_it_was() -> None:
    profile = with_kms_off(cluster_json(kms=KEY))["properties"]["securityProfile"]["azureKeyVaultKms"]
    assert profile["enabled"] is False and profile["keyId"] == str(KEY)


def test_the_new_encryption_takes_a_key_without_a_version_or_none() -> None:
    security = with_encryption(cluster_json(kms=KEY), KEY, "Private", VAULT)["properties"]["securityProfile"]
    assert security["kubernetesResourceObjectEncryptionProfile"] == {"infrastructureEncryption": "Enabled"}
    assert security["azureKeyVaultKms"] == {
        "enabled": True,
        "keyId": str(KEY).rpartition("/")[0],
        "keyVaultNetworkAccess": "Private",
        "keyVaultResourceId": str(VAULT),
    }
    platforms = with_encryption(cluster_json(kms=KEY), None)["properties"]["securityProfile"]
    assert platforms["azureKeyVaultKms"]["enabled"] is False
    assert "azureKeyVaultKms" not in with_encryption(cluster_json(), None)["properties"]["securityProfile"]


def test_what_only_the_service_writes_is_not_sent_back() -> None:
    body = for_put(cluster_json() | {"systemData": {}})
    assert not {"id", "name", "eTag", "systemData"} & set(body)
    assert not set(READ_ONLY_PROPERTIES) & set(body["properties"])


def test_a_change_of_identity_replaces_the_old_one() -> None:
    other = identity_id(SUBSCRIPTION, GROUP, "id2")
    assert with_identity(cluster_json(), other)["identity"]["userAssignedIdentities"] == {str(other): {}}


@pytest.mark.parametrize(("version", "minor"), [("1.30.4", (1, 30)), ("v1.9", (1, 9)), ("1.27.0-beta", (1, 27))])
def test_minor_versions(version, minor) -> None:
    assert minor_of(version) == minor


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput):
        minor_of("latest")
