"""The class asks for two kinds of identity. [SRC]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-spc-identity-modes",
    "the class asks for two identity modes at once",
    provider_class("sp-spc-identity-modes", usePodIdentity="true"),
    pod(),
    store={"provider": "1.8.2"},
)
