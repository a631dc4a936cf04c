"""Who reaches whom in the networks."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


@dataclass(frozen=True)
class Reach:
    """`outcome` is connected, timeout or refused; `endpoint_id` the private endpoint that has the address."""

    outcome: str
    endpoint_id: str = ""


def reach(world: EmulatedWorld, subnet_id: str, address: str, port: int = 443) -> Reach:
    """From a machine in a subnet: public addresses, and the endpoints of its own network."""
    if ipaddress.ip_address(address).is_global:
        return Reach("connected")
    network = subnet_id.rpartition("/subnets/")[0].lower()
    for interface in world.resources.under("/", "Microsoft.Network/networkInterfaces"):
        properties = interface.body["properties"]
        for one in properties["ipConfigurations"]:
            inner = one["properties"]
            same = inner["subnet"]["id"].lower().startswith(f"{network}/")
            if network and same and inner["privateIPAddress"] == address:
                return Reach("connected", properties["privateEndpoint"]["id"])
    return Reach("timeout")
