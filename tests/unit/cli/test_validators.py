"""What is refused while az parses, and in which words."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

import pytest

from azext_akskv.cli import validators
from azext_akskv.model.ids import KeyId, ResourceId

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
VAULT = f"{GROUP}/Microsoft.KeyVault/vaults/kv1"
IDENTITY = f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/id1"
VERSION = "https://kv1.vault.azure.net/keys/kms/0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("check", "text", "meant"),
    [
        (validators.vault, "my-vault1", "my-vault1"),
        (validators.vault, VAULT, ResourceId.parse(VAULT)),
        (validators.vault, VAULT.upper(), ResourceId.parse(VAULT)),
        (validators.key, "etcd-2", "etcd-2"),
        (validators.key, VERSION, KeyId.parse(VERSION)),
        (validators.key, "https://kv1.vault.azure.net/keys/kms", KeyId("kv1.vault.azure.net", "kms")),
        (validators.identity, "id_1", "id_1"),
        (validators.identity, IDENTITY, ResourceId.parse(IDENTITY)),
        (validators.namespace, "team-a", "team-a"),
        (validators.connections, "128", 128),
        (validators.rate, "0.5", 0.5),
        (validators.rate, "0", 0.0),
        (validators.run_id, "20261123-144501-enable-2", "20261123-144501-enable-2"),
    ],
)
def test_what_is_well_formed_is_taken(check: Callable[[str], Any], text: str, meant: Any) -> None:
    assert check(text) == meant


@pytest.mark.parametrize(
    ("check", "text", "words"),
    [
        (validators.vault, "", "unset"),
        (validators.vault, "kv", "3 to 24"),
        (validators.vault, "a--b", "single hyphens"),
        (validators.vault, "1vault", "a letter first"),
        (validators.vault, "vault-", "single hyphens"),
        (validators.vault, "a" * 25, "3 to 24"),
        (validators.vault, "https://kv1.vault.azure.net", "not an ARM resource id"),
        (validators.vault, IDENTITY, "expected that of a key vault"),
        (validators.key, " ", "unset"),
        (validators.key, "my_key", "letters, digits and hyphens"),
        (validators.key, "https://kv1.vault.azure.net/secrets/kms", "expected https://"),
        (validators.key, f"{VERSION}/more", "expected https://"),
        (validators.identity, VAULT, "user-assigned managed identity"),
        (validators.identity, "-id", "3 to 128"),
        (validators.namespace, "Team", "lower-case"),
        (validators.namespace, "../kube-system", "lower-case"),
        (validators.namespace, "a" * 64, "lower-case"),
        (validators.connections, "0", "1 to 128"),
        (validators.connections, "٣", "1 to 128"),
        (validators.rate, "-1", "secrets a second"),
        (validators.rate, "nan", "secrets a second"),
        (validators.rate, "1e9", "secrets a second"),
        (validators.run_id, "../../etc/passwd", "operation list"),
    ],
)
def test_what_is_malformed_is_refused_with_what_was_expected(
    check: Callable[[str], Any], text: str, words: str
) -> None:
    with pytest.raises(ArgumentTypeError, match=words):
        check(text)
