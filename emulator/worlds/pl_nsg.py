"""Names and peering are right, and a rule of the security team stands in the way."""

from dataclasses import replace

from emulator.worlds.network import NetworkSecurityGroup, SecurityRule, Subnet
from emulator.worlds.private_link import NODES, VAULTS, world

_RULE = SecurityRule("no-https-to-endpoints", 200, protocol="Tcp", destination="10.1.0.0/24", ports="443")
_NODES = replace(NODES, subnets=(Subnet("nodes", "10.224.0.0/16", "nodes-nsg"),))

WORLD = world(
    "pl-nsg",
    "private link: a security group of the nodes' subnet denies port 443 to the endpoint's subnet",
    networks=(_NODES, VAULTS),
    security_groups=(NetworkSecurityGroup("nodes-nsg", (_RULE,)),),
)
