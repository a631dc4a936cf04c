"""The security group of the nodes lets nothing out. [D]"""

from emulator.worlds.network import Network, NetworkSecurityGroup, SecurityRule, Subnet
from emulator.worlds.shop_secrets import world

_RULE = SecurityRule("no-way-out", 200, destination="Internet", ports="443", protocol="Tcp")
_NODES = Network("nodes-vnet", ("10.224.0.0/12",), (Subnet("nodes", "10.224.0.0/16", "nodes-nsg"),))

WORLD = world(
    "sp-egress-blocked",
    "a security group keeps the nodes from the vault and from Entra",
    networks=(_NODES,),
    security_groups=(NetworkSecurityGroup("nodes-nsg", (_RULE,)),),
    cluster={"subnets": ("nodes-vnet/nodes",)},
)
