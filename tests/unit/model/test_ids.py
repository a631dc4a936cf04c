from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.model.ids import VAULT_TYPE, BadInput, KeyId, ResourceId, vault_id

SEGMENT = st.text("abcDEF0123-_", min_size=1, max_size=20)
NAME = st.from_regex(r"[0-9a-zA-Z-]{1,20}", fullmatch=True)


@given(SEGMENT, SEGMENT, SEGMENT)
def test_a_resource_id_survives_printing_and_parsing(subscription: str, group: str, name: str) -> None:
    made = vault_id(subscription, group, name)
    parsed = ResourceId.parse(str(made))
    assert (parsed.subscription, parsed.group, parsed.type, parsed.names) == (subscription, group, VAULT_TYPE, (name,))


@given(
    st.from_regex(r"[a-z0-9-]{1,20}\.vault\.azure\.net", fullmatch=True),
    NAME,
    st.none() | st.from_regex("[0-9a-f]{32}", fullmatch=True),
)
def test_a_key_identifier_survives_printing_and_parsing(host: str, name: str, version: str | None) -> None:
    assert KeyId.parse(str(KeyId(host, name, version))) == KeyId(host, name, version)


def test_ids_that_differ_only_in_case_are_one() -> None:
    """AKS answers `resourcegroups`, Key Vault `resourceGroups`."""
    one, other = vault_id("S", "Group", "KV"), ResourceId.parse(str(vault_id("s", "group", "kv")).lower())
    assert one == other and len({one, other}) == 1 and one.is_a("microsoft.keyvault/VAULTS")


def test_a_child_keeps_its_parents_names() -> None:
    child = ResourceId.parse("/subscriptions/s/resourceGroups/g/providers/A.B/vaults/v/keys/k")
    assert (child.type, child.names, child.name) == ("A.B/vaults/keys", ("v", "k"), "k")
    assert str(child) == "/subscriptions/s/resourceGroups/g/providers/A.B/vaults/v/keys/k"


@pytest.mark.parametrize("text", ["", "kv1", "/subscriptions/s", "/subscriptions/s/resourceGroups/g/providers/A.B/v"])
def test_what_is_no_resource_id_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        ResourceId.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "etcd",
        "http://kv1.vault.azure.net/keys/etcd/1",
        "https://kv1.vault.azure.net/secrets/etcd/1",
        "https://kv1.vault.azure.net/keys/etcd/1/2",
        "https://kv1.vault.azure.net/keys/e tcd",
        "https://user@kv1.vault.azure.net/keys/etcd",
        "https://kv1.vault.azure.net:8443/keys/etcd",
    ],
)
def test_what_is_no_key_identifier_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        KeyId.parse(text)


def test_versions_of_one_key() -> None:
    key = KeyId.parse("https://KV1.vault.azure.net/keys/Etcd/ABC/")
    assert key == KeyId("kv1.vault.azure.net", "Etcd", "abc") and key.vault_name == "kv1"
    assert key.is_version_of(KeyId("kv1.vault.azure.net", "etcd"))
    assert not key.is_version_of(KeyId("kv2.vault.azure.net", "etcd"))
