"""A new version is in the vault, and the pod still has the old one: nobody switched rotation on. [D]"""

from emulator.worlds.shop_secrets import world

WORLD = world(
    "sp-rotation-off",
    "there is a newer version than the mounted one, and rotation is off",
    store={"renewed": ("shop-kv/db-pass",)},
)
