"""Two endpoints of one vault share a record: who came last has it. [ISS]"""

from emulator.worlds.network import Network, PrivateEndpoint, Subnet
from emulator.worlds.private_dns import VAULT_ZONE
from emulator.worlds.private_link import ENDPOINT, NODES, VAULTS, world, zone

_OTHER = Network("other-vnet", ("10.3.0.0/16",), (Subnet("endpoints", "10.3.0.0/24"),))

WORLD = world(
    "pl-two-endpoints",
    "private link: two endpoints of the vault write one record, which leads to the one that the nodes do not reach",
    networks=(NODES, VAULTS, _OTHER),
    private_endpoints=(
        ENDPOINT,
        PrivateEndpoint("other-pe", network="other-vnet", subnet="endpoints", zone_group=VAULT_ZONE),
    ),
    zones=(zone("nodes-vnet", "vault-vnet", "other-vnet"),),
)
