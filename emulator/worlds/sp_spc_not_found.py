"""The class is in another namespace than the pod. [D]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-spc-not-found",
    "the class is in another namespace than the pod",
    provider_class("sp-spc-not-found", namespace="team-a"),
    pod(),
)
