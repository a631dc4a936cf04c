"""ARM as a user of private DNS sees it, and networks to link, which are put there without asking anybody."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer
from emulator.providers.network import networks
from emulator.world import EmulatedWorld
from tests.emulator.arm_client import GROUP, Arm

ZONE_NAME = "privatelink.vaultcore.azure.net"
ZONE = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/{ZONE_NAME}"
NET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/nodes"
HUB = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/hub"


class Dns(Arm):
    """`dns("PUT", url, ...)` with the newest version unless the URL has one."""

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        if "/providers/Microsoft.Network/" in url and "api-version=" not in url:
            url = f"{url}{'&' if '?' in url else '?'}api-version=2024-06-01"
        return super().__call__(method, url, body, **headers)

    def end_of(self, answer: Answer) -> Any:
        """What an accepted operation says when it is over."""
        assert answer.status == 202, answer.body
        self.wait(self.world.spec.delays.update)
        return self("GET", answer.headers["Azure-AsyncOperation"]).body

    def zone(self, url: str = ZONE, **more: Any) -> None:
        assert self.end_of(self("PUT", url, {"location": "global", **more})) == {"status": "Succeeded"}

    def link(self, name: str = "nodes", network: str = NET, zone: str = ZONE, **properties: Any) -> Answer:
        """Asks for a link."""
        return self("PUT", f"{zone}/virtualNetworkLinks/{name}", a_link(network, **properties))

    def linked(self, name: str = "nodes", network: str = NET, zone: str = ZONE, **properties: Any) -> None:
        """A link that is done."""
        assert self.end_of(self.link(name, network, zone, **properties)) == {"status": "Succeeded"}

    def record(self, name: str, *addresses: str, zone: str = ZONE, ttl: int = 10) -> Answer:
        body = {"properties": {"ttl": ttl, "aRecords": [{"ipv4Address": one} for one in addresses]}}
        return self("PUT", f"{zone}/A/{name}", body)


def a_link(network: str = NET, **properties: Any) -> dict[str, Any]:
    asked = {"registrationEnabled": False, "virtualNetwork": {"id": network}, **properties}
    return {"location": "global", "properties": asked}


def put_network(world: EmulatedWorld, network_id: str, prefix: str, *dns_servers: str) -> None:
    """A virtual network that is there."""
    properties = {"addressSpace": {"addressPrefixes": [prefix]}, "dhcpOptions": {"dnsServers": list(dns_servers)}}
    request = {"location": "westeurope", "properties": properties}
    networks.mark(world, networks.create(world, network_id, request, world.clock.now()), "Succeeded")


def a_dns(*dns_servers: str, **overrides: Any) -> Dns:
    """A world with the network of the nodes, which asks `dns_servers`, and a hub; no zone yet."""
    dns = Dns(**overrides)
    put_network(dns.world, NET, "10.224.0.0/12", *dns_servers)
    put_network(dns.world, HUB, "10.0.0.0/16")
    return dns
