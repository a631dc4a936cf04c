"""A role has no effect on a vault of access policies. [D]"""

from dataclasses import replace

from emulator.worlds.shop_secrets import VAULT, world

WORLD = world(
    "sp-forbidden-policy",
    "the vault goes by access policies, and the identity has a role",
    vaults=(replace(VAULT, rbac=False),),
)
