"""Add-on, rights and trust are there, a secret in two versions and a certificate to be read; nothing mounts yet."""

from dataclasses import replace

from emulator.worlds.secrets_provider import Federation
from emulator.worlds.secrets_store import SecretsStore
from emulator.worlds.shop_secrets import ADDON_IDENTITY, READS, VAULT, world
from emulator.worlds.spec import Grant
from emulator.worlds.vault_contents import Certificate, VaultSecret

_SECRETS = (VaultSecret(), VaultSecret("api-token", versions=2), VaultSecret("old", enabled=False))

WORLD = world(
    "sp-ready",
    "everything is ready for a first mount",
    cluster={"workload_identity": True, "secrets_store": SecretsStore()},
    vaults=(replace(VAULT, secrets=_SECRETS, certificates=(Certificate(),)),),
    federations=(Federation("shop-id", subject="system:serviceaccount:default:shop"),),
    grants=(
        READS,
        Grant(ADDON_IDENTITY, "Key Vault Certificate User", "vault/shop-kv"),
        Grant("shop-id", "Key Vault Secrets User", "vault/shop-kv"),
        Grant("shop-id", "Key Vault Certificate User", "vault/shop-kv"),
    ),
)
