"""K3s signs with its default issuer: AADSTS700211."""

from emulator.worlds.synced_secrets import world

WORLD = world("ss-default-issuer", "the tokens have the default issuer of K3s", cluster={"config": ()})
