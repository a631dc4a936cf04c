"""The class is not there."""

from emulator.worlds.synced_secrets import account, namespace, secret_sync, world

WORLD = world("ss-class-missing", "there is no class of that name", namespace(), account(), secret_sync())
