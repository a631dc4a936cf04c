"""Nobody has given the identity a role. [D]"""

from emulator.worlds.shop_secrets import world

WORLD = world("sp-forbidden-rbac", "the identity has no role on the vault", grants=())
