"""What `az network vnet peering create` makes without --allow-vnet-access. [CLI]"""

from emulator.worlds.private_link import pair, world

WORLD = world(
    "pl-no-access-flag",
    "private link: the peering is Connected, but the endpoint's network does not allow access over it",
    peerings=pair("nodes-vnet", "vault-vnet", access=False),
)
