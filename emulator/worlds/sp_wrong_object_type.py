"""The class asks for a certificate, and there is a secret of that name. [ISS]"""

from emulator.worlds.shop_secrets import ADDON_IDENTITY, OBJECT, READS, objects, pod, provider_class, world
from emulator.worlds.spec import Grant

WORLD = world(
    "sp-wrong-object-type",
    "the class asks for a certificate where there is a secret",
    provider_class("sp-wrong-object-type", objects=objects({**OBJECT, "objectType": "cert"})),
    pod(),
    grants=(READS, Grant(ADDON_IDENTITY, "Key Vault Certificate User", "vault/shop-kv")),
)
