"""The class names no identity, and the nodes have two. [ISS]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-multiple-identities",
    "the class names no identity, and the nodes have several",
    provider_class("sp-multiple-identities", userAssignedIdentityID=""),
    pod(),
)
