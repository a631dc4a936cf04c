"""The objects of the class are no YAML: a bar is missing. [ISS]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

_BROKEN = "array:\n  - objectName: db-pass\n    objectType: secret: x\n"

WORLD = world(
    "sp-spc-objects-yaml",
    "the objects of the class are not YAML",
    provider_class("sp-spc-objects-yaml", objects=_BROKEN),
    pod(),
)
