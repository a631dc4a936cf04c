"""A second zone of the same name hides the first: a network is linked to one of them only. [ISS]"""

from dataclasses import replace

from emulator.worlds.private_dns import VAULT_ZONE
from emulator.worlds.private_link import ENDPOINT, world, zone
from emulator.worlds.spec import SUBSCRIPTION

_ZONES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{{}}/providers/Microsoft.Network/privateDnsZones/{VAULT_ZONE}"
_NETWORKS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-rg/providers/Microsoft.Network/virtualNetworks"

WORLD = world(
    "pl-two-zones",
    "private link: two zones of one name; the nodes' network is linked to the one without the record",
    private_endpoints=(replace(ENDPOINT, zone_group=_ZONES.format("dns-rg")),),
    zones=(zone("nodes-vnet"), zone(f"{_NETWORKS}/vault-vnet", group="dns-rg")),
)
