"""The vault is private, its endpoint is in another network, and its name resolves to its public address. [D]"""

from dataclasses import replace

from emulator.worlds.private_link import ENDPOINT, VAULTS
from emulator.worlds.shop_secrets import VAULT, world

WORLD = world(
    "sp-forbidden-connection",
    "the vault is private, and the nodes reach it over the internet",
    vaults=(replace(VAULT, public_network_access="Disabled", default_action="Deny"),),
    networks=(VAULTS,),
    private_endpoints=(replace(ENDPOINT, zone_group=""),),
)
