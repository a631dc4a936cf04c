"""Keys and vaults with which KMS could not work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.worlds.spec import OPERATOR_GRANTS, OTHER_SUBSCRIPTION, OTHER_TENANT, Cluster, Grant, Key, Kms, Vault
from tests.e2e.bad_input.arguments import VAULT
from tests.e2e.bad_input.case import BadInput, enable, without_vault

VERSION = "0123456789abcdef0123456789abcdef"
ASIDE = VAULT.replace("1f0e5a34-8c1b-4d27-9a56-3b7c2d9e8f10", OTHER_SUBSCRIPTION).replace("shop-kv", "aside-kv")
FAR = VAULT.replace("1f0e5a34-8c1b-4d27-9a56-3b7c2d9e8f10", "00000000-0000-4000-8000-000000000001")
GRANTED = (*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv"))


def with_key(key: Key) -> Mapping[str, Any]:
    return {"vaults": (Vault(keys=(key,)),)}


def unusable(brought: str, key: Key, found: str, remedy: str = "az keyvault key set-attributes") -> BadInput:
    return BadInput(
        brought,
        4,
        finding="key-unusable",
        expected="encrypt and decrypt every secret",
        found=found,
        remedy=remedy,
        overrides=with_key(key),
    )


CASES = (
    BadInput(
        "a key of another cloud",
        4,
        without_vault("--key", f"https://shop-kv.vault.azure.cn/keys/etcd/{VERSION}"),
        "key-other-vault",
        expected="whose address is shop-kv.vault.emulator.test",
        found="shop-kv.vault.azure.cn",
    ),
    BadInput(
        "a key identifier without a version, for legacy KMS",
        4,
        without_vault("--key", "https://shop-kv.vault.emulator.test/keys/etcd"),
        "key-versionless",
        expected="Name that version, or only the key's name",
        found="https://shop-kv.vault.emulator.test/keys/etcd names no version",
        remedy="az aks kv kms enable",
    ),
    BadInput(
        "a key of another vault than the one named",
        4,
        enable("--key", f"https://other-kv.vault.emulator.test/keys/etcd/{VERSION}"),
        "key-other-vault",
        expected="whose address is shop-kv.vault.emulator.test",
        found="other-kv.vault.emulator.test",
    ),
    BadInput(
        "a vault of another tenant",
        4,
        finding="vault-other-tenant",
        expected="the cluster in 72f988bf",
        found=f"in the tenant {OTHER_TENANT}",
        overrides={"vaults": (Vault(tenant=OTHER_TENANT),)},
    ),
    unusable("an EC key", Key(kind="EC"), "it is an EC key and KMS needs RSA", "az keyvault key create"),
    unusable(
        "a key that may only wrap and unwrap",
        Key(operations=("wrapKey", "unwrapKey")),
        "do not include decrypt and encrypt (they are: unwrapKey, wrapKey)",
    ),
    unusable("a key that may only decrypt", Key(operations=("decrypt",)), "do not include encrypt"),
    unusable("a disabled key", Key(enabled=False), "it is disabled"),
    unusable("an expired key", Key(expires_in_days=-3), "it expired on"),
    unusable("a key that is not valid yet", Key(valid_in_days=3), "it is not valid before"),
    BadInput(
        "a deleted key",
        3,
        finding="key-missing",
        expected="recovered, it is the same key",
        found="is soft-deleted",
        remedy="az keyvault key recover",
        overrides=with_key(Key(deleted=True)),
    ),
    BadInput(
        "a key that is not there",
        3,
        enable("--key", "nothing"),
        "key-missing",
        expected="with --create a key of that name is made",
        found="there is no key nothing in shop-kv",
    ),
    BadInput(
        "a version that is not there",
        3,
        without_vault("--key", f"https://shop-kv.vault.emulator.test/keys/etcd/{VERSION}"),
        "key-missing",
        expected="a version that is named must be there",
        found=VERSION,
    ),
    BadInput(
        "a key with a version where the new KMS data encryption is on",
        4,
        without_vault("--key", f"https://shop-kv.vault.emulator.test/keys/etcd/{VERSION}"),
        "not-legacy",
        expected="there is no way back from it to legacy KMS",
        found="(customer-managed)",
        world="modern-customer",
    ),
    BadInput(
        "another key than the one that is on",
        4,
        enable("--key", "other"),
        "other-key-attached",
        expected="putting in another key is a rotation",
        found="KMS is on with another key",
        world="kms-on",
        overrides={"vaults": (Vault(keys=(Key(), Key("other"))),)},
    ),
    BadInput(
        "a vault that is not there",
        3,
        enable("--vault", "nowhere-kv"),
        "vault-missing",
        expected="with --create it is made",
        found="there is no vault nowhere-kv",
    ),
    BadInput(
        "the resource id of a vault that is not there",
        3,
        enable("--vault", VAULT.replace("shop-kv", "nowhere-kv")),
        "vault-missing",
        expected="with --create it is made",
        found="there is no vault nowhere-kv",
    ),
    BadInput(
        "the name of a vault in another subscription",
        3,
        enable("--vault", "aside-kv"),
        "vault-missing",
        expected="a vault in another subscription is named with its resource id",
        found="there is no vault aside-kv in the subscription 1f0e5a34",
        overrides={"vaults": (Vault(), Vault("aside-kv", subscription=OTHER_SUBSCRIPTION))},
    ),
    BadInput(
        "a vault in another subscription where the caller has no rights",
        5,
        enable("--vault", ASIDE),
        "vault-missing",
        "unknown",
        expected="the right that is needed: Microsoft.KeyVault/vaults/read",
        found="AuthorizationFailed",
        remedy="",
        overrides={"vaults": (Vault(), Vault("aside-kv", subscription=OTHER_SUBSCRIPTION))},
    ),
    BadInput(
        "a vault in a subscription that az does not know",
        5,
        enable("--vault", FAR),
        "vault-missing",
        "unknown",
        expected="the right that is needed: Microsoft.KeyVault/vaults/read",
        found="00000000-0000-4000-8000-000000000001",
        remedy="",
    ),
    BadInput(
        "a soft-deleted vault",
        3,
        finding="vault-soft-deleted",
        expected="recover it",
        found="the vault shop-kv is soft-deleted",
        remedy="az keyvault recover",
        overrides={"vaults": (Vault(deleted=True),)},
    ),
    BadInput(
        "a private vault without API Server VNet Integration",
        4,
        finding="vnet-integration",
        expected="which a private vault needs",
        found="shop has no API Server VNet Integration",
        world="private-no-vnet",
    ),
    BadInput(
        "--network-access Private without API Server VNet Integration",
        4,
        enable("--network-access", "Private"),
        "vnet-integration",
        expected="which a private vault needs",
        found="shop has no API Server VNet Integration",
    ),
    BadInput(
        "--network-access Public for a closed vault",
        4,
        enable("--network-access", "Public"),
        "vault-unreachable",
        expected="open the vault, or use Private",
        found="is closed to public networks",
        world="private-vnet",
    ),
    BadInput(
        "a vault that is open to selected networks",
        4,
        finding="vault-unreachable",
        expected="open to all public networks, or closed and Private",
        found="lets selected networks in",
        world="selected-networks",
    ),
    BadInput(
        "another mode than the one that is on",
        4,
        enable("--network-access", "Private"),
        "mode-differs",
        expected="Private was asked for",
        found="KMS is on with the mode Public",
        world="kms-on",
        overrides={"clusters": (Cluster(kms=Kms(), vnet_integration=True),), "grants": GRANTED},
    ),
)
