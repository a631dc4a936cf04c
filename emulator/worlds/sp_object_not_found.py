"""The second of two objects does not exist. [D]"""

from emulator.worlds.shop_secrets import OBJECT, objects, pod, provider_class, world

_WANTED = objects(OBJECT, {**OBJECT, "objectName": "db-pas"})

WORLD = world(
    "sp-object-not-found",
    "the class names an object that the vault does not have",
    provider_class("sp-object-not-found", objects=_WANTED),
    pod(),
)
