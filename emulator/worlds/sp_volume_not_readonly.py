"""The volume is not read-only. [SRC]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-volume-not-readonly",
    "the volume of the pod is not read-only",
    provider_class("sp-volume-not-readonly"),
    pod(csi={"readOnly": False}),
)
