"""The class has no tenant. [SRC]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-spc-parameter-missing",
    "the class names no tenant",
    provider_class("sp-spc-parameter-missing", tenantID=None),
    pod(),
)
