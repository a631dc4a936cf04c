"""Looked at after the interval, and nothing was new."""

from emulator.worlds.synced_secrets import world

WORLD = world("ss-up-to-date", "looked at again, and nothing was new", cluster={"applied_seconds": 5400.0})
