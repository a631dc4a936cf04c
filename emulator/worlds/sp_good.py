"""Everything is right: the pod runs, and its file is mounted."""

from emulator.worlds.shop_secrets import world

WORLD = world("sp-good", "everything is right")
