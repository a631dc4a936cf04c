"""The class asks for pod identity, which nobody has installed. [ISS]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-nmi-absent",
    "the class asks for pod identity, which is not there",
    provider_class("sp-nmi-absent", usePodIdentity="true", useVMManagedIdentity="false"),
    pod(),
    store={"provider": "1.4.1", "driver": "1.3.3"},
)
