"""A landing zone: the platform's team keeps the zone, in a subscription of its own."""

from emulator.worlds.private_link import world, zone
from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, OTHER_SUBSCRIPTION, SUBSCRIPTION, Grant

_VAULTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-rg/providers/Microsoft.Network/virtualNetworks/vault-vnet"

WORLD = world(
    "pl-foreign-zone",
    "private link: the zone is in another subscription, where the caller only reads; its link to the nodes is missing",
    zones=(zone(_VAULTS, group="dns-rg", subscription=OTHER_SUBSCRIPTION),),
    grants=(*OPERATOR_GRANTS, Grant(CALLER, "Reader", f"/subscriptions/{OTHER_SUBSCRIPTION}")),
)
