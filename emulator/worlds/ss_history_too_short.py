"""More versions are wanted than there are."""

from dataclasses import replace

from emulator.worlds.synced_secrets import NAME, OTHER, VAULT, world
from emulator.worlds.vault_contents import VaultSecret

WORLD = world(
    "ss-history-too-short",
    "the secret has one version, and two are wanted",
    vaults=(replace(VAULT, secrets=(VaultSecret(NAME), OTHER)),),
)
