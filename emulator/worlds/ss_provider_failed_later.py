"""The secret was deleted after it had been synchronised."""

from dataclasses import replace

from emulator.worlds.synced_secrets import NAME, OTHER, VAULT, world
from emulator.worlds.vault_contents import VaultSecret

WORLD = world(
    "ss-provider-failed-later",
    "the secret was deleted, and the one that was synchronised is still there",
    vaults=(replace(VAULT, secrets=(VaultSecret(NAME, versions=2, deleted=True), OTHER)),),
    cluster={"applied_seconds": 5400.0},
)
