"""The Secret is to be made of a file under its name, and the file has an alias. [SRC]"""

from emulator.worlds.shop_secrets import OBJECT, objects, pod, provider_class, synced, world

_WANTED = objects({**OBJECT, "objectAlias": "disk-key"})

WORLD = world(
    "sp-sync-object-mismatch",
    "secretObjects names an object that has an alias",
    provider_class("sp-sync-object-mismatch", objects=_WANTED, secrets=(synced(OBJECT["objectName"]),)),
    pod(env="shop-synced"),
)
