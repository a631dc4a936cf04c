"""Somebody has disabled the secret. [D]"""

from dataclasses import replace

from emulator.worlds.shop_secrets import VAULT, world
from emulator.worlds.vault_contents import VaultSecret

WORLD = world(
    "sp-object-disabled",
    "the secret is disabled",
    vaults=(replace(VAULT, secrets=(VaultSecret(enabled=False),)),),
)
