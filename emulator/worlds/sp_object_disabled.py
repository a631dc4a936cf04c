"""Somebody has disabled the secret. [D]"""

from dataclasses import replace

from emulator.worlds.shop_secrets import READS, VAULT, world
from emulator.worlds.spec import CALLER, Grant
from emulator.worlds.vault_contents import VaultSecret

WORLD = world(
    "sp-object-disabled",
    "the secret is disabled",
    vaults=(replace(VAULT, secrets=(VaultSecret(enabled=False),)),),
    grants=(READS, Grant(CALLER, "Key Vault Secrets Officer", "vault/shop-kv")),
)
