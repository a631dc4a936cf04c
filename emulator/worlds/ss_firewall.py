"""The vault's firewall lets the cluster's address not through."""

from dataclasses import replace

from emulator.worlds.synced_secrets import VAULT, world

WORLD = world(
    "ss-firewall",
    "the vault lets selected networks in, and the cluster is not in them",
    vaults=(replace(VAULT, default_action="Deny", bypass="None"),),
)
