"""Everything is well: CreateSucceeded."""

from emulator.worlds.synced_secrets import world

WORLD = world("ss-healthy", "two versions of a secret, synchronised for the first time")
