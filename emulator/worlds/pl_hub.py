"""Hub and spokes: peering is not transitive, and the hub has nothing that forwards."""

from emulator.worlds.private_link import HUB, NODES, VAULTS, pair, world, zone

WORLD = world(
    "pl-hub",
    "private link: nodes and endpoint are in two spokes of a hub; the zone is linked to the hub and the endpoint's",
    networks=(NODES, VAULTS, HUB),
    peerings=(*pair("nodes-vnet", "hub-vnet"), *pair("vault-vnet", "hub-vnet")),
    zones=(zone("vault-vnet", "hub-vnet"),),
)
