"""The identity has no role at the vault."""

from emulator.worlds.synced_secrets import world

WORLD = world("ss-no-role", "the identity has no role at the vault", grants=())
