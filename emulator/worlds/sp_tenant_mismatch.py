"""The vault was made in another tenant, or has moved. [ISS]"""

from dataclasses import replace

from emulator.worlds.shop_secrets import VAULT, world
from emulator.worlds.spec import OTHER_TENANT

WORLD = world(
    "sp-tenant-mismatch", "the vault is bound to another tenant", vaults=(replace(VAULT, tenant=OTHER_TENANT),)
)
