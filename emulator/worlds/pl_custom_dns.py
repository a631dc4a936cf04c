"""The link that is there does not count: what counts is the network in which the DNS server stands. [D]"""

from dataclasses import replace

from emulator.worlds.private_link import HUB, NODES, VAULTS, pair, world

_NODES = replace(NODES, dns_servers=("10.2.0.4",))

WORLD = world(
    "pl-custom-dns",
    "private link: the nodes' network asks a DNS server in a hub, and the zone is not linked to the hub",
    networks=(_NODES, VAULTS, HUB),
    peerings=(*pair("nodes-vnet", "vault-vnet"), *pair("nodes-vnet", "hub-vnet")),
)
