"""A security group at the nodes' subnet lets nothing out to the endpoint's."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.network import NetworkSecurityGroup, SecurityRule, Subnet
from emulator.worlds.private_link import NODES, VAULTS, but

_RULE = SecurityRule("no-vaults", 200, protocol="Tcp", destination="10.1.0.0/24", ports="443")
_NODES = replace(NODES, subnets=(Subnet("nodes", "10.0.0.0/22", security_group="nodes-nsg"),))

WORLD = but(
    "pl-nsg",
    "a security group that keeps the nodes from the private endpoint",
    networks=(_NODES, VAULTS),
    security_groups=(NetworkSecurityGroup("nodes-nsg", (_RULE,)),),
)
