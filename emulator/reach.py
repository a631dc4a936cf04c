"""Who reaches whom: whether a machine in a subnet gets a TCP connection to an address, from the topology alone.

It reads the resources of the world and nothing else. [OWN] There are no appliances and no gateways: what is sent to one
arrives nowhere, and from spoke to spoke there is no way through a hub.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.filters import INBOUND, OUTBOUND, Flow, Subnet, may_pass, network_of, next_hop
from emulator.providers.ids import name_of
from emulator.providers.network import addresses, networks, peerings, subnets
from emulator.providers.network.interfaces import INTERFACES
from emulator.providers.network.networks import Network
from emulator.resolution import FRONT_ADDRESS, LOGIN_ADDRESS

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

HTTPS = 443
CONNECTED, TIMEOUT, REFUSED = "connected", "timeout", "refused"


@dataclass(frozen=True)
class Reach:
    """`outcome`: `connected`, `timeout` or `refused`. `endpoint_id`: the private endpoint that took the connection, if
    one did; whether the vault lets it in is the vault's to say."""

    outcome: str
    endpoint_id: str = ""


@dataclass(frozen=True)
class _Place:
    """An interface that has the address, and where it is; `endpoint_id` is empty for a machine's."""

    network: Network
    subnet: Subnet
    endpoint_id: str


def reach(world: EmulatedWorld, subnet_id: str, address: str, port: int = HTTPS) -> Reach:
    """How a TCP connection ends that a machine in this subnet opens. [OWN] The machine is the first one of its subnet.

    Raises KeyError when there is no such subnet, ValueError for an address that is none.
    """
    network, subnet = network_of(world, subnet_id)
    source = next(addresses.usable(subnets.prefixes_of(subnet)[0]))
    flow = Flow(source, str(ipaddress.ip_address(address)), port)
    if not may_pass(world, network, subnet, OUTBOUND, flow):
        return Reach(TIMEOUT)
    if ipaddress.ip_address(address).is_global and not _is_near(network, address):
        return _reach_public(world, subnet, flow)
    place = next(_places(world, network, subnet, address), None)
    if place is None:
        return Reach(TIMEOUT)
    return _reach_endpoint(world, subnet, place, flow) if place.endpoint_id else _reach_machine(world, place, flow)


def _is_near(network: Network, address: str) -> bool:
    """[D] A network may be made of addresses that are public elsewhere."""
    spaces = [one["properties"]["remoteAddressSpace"]["addressPrefixes"] for one in network.peerings]
    return any(addresses.contains(prefix, address) for space in (network.prefixes, *spaces) for prefix in space)


def _reach_public(world: EmulatedWorld, subnet: Subnet, flow: Flow) -> Reach:
    """[D] Over the internet, unless a route of one's own leads elsewhere. [OWN] Nobody else is out there."""
    listens = flow.address in (FRONT_ADDRESS, LOGIN_ADDRESS) and flow.port == HTTPS
    leaves = next_hop(world, subnet, flow.address) in ("", "Internet")
    return Reach(CONNECTED if listens and leaves else TIMEOUT)


def _reach_endpoint(world: EmulatedWorld, subnet: Subnet, place: _Place, flow: Flow) -> Reach:
    """[D] An endpoint's own route of 32 bits beats all others, and no security group holds at it, unless its subnet has
    network policies: then routes that are no wider than its network count, and so does the group. [INF] It listens
    where its service does, and what its connection's state is shows later."""
    policies = str(place.subnet["properties"].get("privateEndpointNetworkPolicies"))
    if policies in ("Enabled", "RouteTableEnabled"):
        hop = next_hop(world, subnet, flow.address, within=place.network.prefixes)
        if hop not in ("", "VnetLocal"):
            return Reach(TIMEOUT)
    filtered = policies in ("Enabled", "NetworkSecurityGroupEnabled")
    if flow.port != HTTPS or (filtered and not may_pass(world, place.network, place.subnet, INBOUND, flow)):
        return Reach(TIMEOUT)
    return Reach(CONNECTED, place.endpoint_id)


def _reach_machine(world: EmulatedWorld, place: _Place, flow: Flow) -> Reach:
    """[OWN] A node listens on no port that anybody is told of."""
    passes = may_pass(world, place.network, place.subnet, INBOUND, flow)
    return Reach(REFUSED if passes else TIMEOUT)


def _places(world: EmulatedWorld, network: Network, subnet: Subnet, address: str) -> Iterator[_Place]:
    """Where the address is, as seen from a subnet: in its own network before peered ones."""
    found = list(_holders(world, address))
    yield from (place for place in found if place.network is network)
    for place in found:
        if place.network is not network and _is_peered(world, network, subnet, place, address):
            yield place


def _holders(world: EmulatedWorld, address: str) -> Iterator[_Place]:
    for interface in (*world.resources.under("/", INTERFACES), *subnets.machine_interfaces(world)):
        for configuration in interface.body["properties"]["ipConfigurations"]:
            properties = configuration["properties"]
            if properties.get("privateIPAddress") == address:
                yield from _place(world, interface, str((properties.get("subnet") or {}).get("id")))


def _place(world: EmulatedWorld, interface: Resource, subnet_id: str) -> Iterator[_Place]:
    """None for an interface whose subnet is not there."""
    network = networks.find(world, subnet_id)
    subnet = network.subnet(name_of(subnet_id)) if network else None
    endpoint = interface.body["properties"].get("privateEndpoint") or {}
    if network is not None and subnet is not None:
        yield _Place(network, subnet, str(endpoint.get("id") or ""))


def _is_peered(world: EmulatedWorld, network: Network, subnet: Subnet, place: _Place, address: str) -> bool:
    """[D] Both sides are Connected and allow access; [INF] the address is among those that this side last saw."""
    there = peerings.towards(network, place.network.id)
    back = peerings.towards(place.network, network.id)
    if there is None or back is None:
        return False
    seen = there["properties"]["remoteAddressSpace"]["addressPrefixes"]
    return (
        any(addresses.contains(prefix, address) for prefix in seen)
        and _is_open(there, subnet["name"], place.subnet["name"])
        and _is_open(back, place.subnet["name"], subnet["name"])
    )


def _is_open(side: dict[str, Any], local: str, remote: str) -> bool:
    """One side, for traffic between one of its own subnets and one of the other network. [3P] With peerCompleteVnets
    false only those in its lists are peered."""
    properties = side["properties"]
    if properties["peeringState"] != "Connected" or not properties["allowVirtualNetworkAccess"]:
        return False
    if properties["peerCompleteVnets"]:
        return True
    return _names(local, properties.get("localSubnetNames")) and _names(remote, properties.get("remoteSubnetNames"))


def _names(subnet: str, listed: list[str] | None) -> bool:
    return subnet.lower() in [one.lower() for one in listed or ()]
