"""No such secret in the vault."""

from dataclasses import replace

from emulator.worlds.synced_secrets import OTHER, VAULT, world

WORLD = world("ss-secret-missing", "the secret is not in the vault", vaults=(replace(VAULT, secrets=(OTHER,)),))
