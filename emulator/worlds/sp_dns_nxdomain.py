"""The name of the vault is misspelled. [ISS]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-dns-nxdomain",
    "the class names a vault that does not exist",
    provider_class("sp-dns-nxdomain", keyvaultName="shop-kw"),
    pod(),
)
