"""The vault is closed to the internet, and the cluster has no private way to it."""

from dataclasses import replace

from emulator.worlds.synced_secrets import VAULT, world

WORLD = world(
    "ss-private-vault",
    "the vault is closed to the internet, and the cluster comes from there",
    vaults=(replace(VAULT, public_network_access="Disabled"),),
)
