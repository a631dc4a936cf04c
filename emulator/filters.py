"""What security groups and routes of the world let through, rule by rule."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.providers.ids import same_id
from emulator.providers.network import addresses, networks
from emulator.providers.network.networks import Network
from emulator.resolution import AZURE_DNS, FRONT_ADDRESS, LOGIN_ADDRESS

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Subnet = dict[str, Any]
OUTBOUND, INBOUND = "Outbound", "Inbound"
_SOURCE_PORT = 50000
"""[OWN] Connections come from a port of the ephemeral range."""
_TAGS = {"azurekeyvault": (FRONT_ADDRESS,), "azurecloud": (FRONT_ADDRESS,), "azureactivedirectory": (LOGIN_ADDRESS,)}
"""[D] Service tags, with or without a region behind a dot, and the public addresses that are in them: Entra's are in
none but its own [INF]."""


@dataclass(frozen=True)
class Flow:
    """One TCP connection, from a machine of a subnet to an address."""

    source: str
    address: str
    port: int


def may_pass(world: EmulatedWorld, network: Network, subnet: Subnet, direction: str, flow: Flow) -> bool:
    """Whether the security group of a subnet lets a connection out, or in. [D] The rule with the lowest number that
    matches decides, the built-in ones come last; without a group everything passes."""
    group = world.resources.get(str((subnet["properties"].get("networkSecurityGroup") or {}).get("id")))
    if group is None:
        return True
    properties = group.body["properties"]
    rules = [one["properties"] for one in (*properties["securityRules"], *properties["defaultSecurityRules"])]
    ours = [rule for rule in rules if same_id(rule["direction"], direction)]
    space = tag_virtual_network(network)
    for rule in sorted(ours, key=lambda rule: int(rule["priority"])):
        if _matches(rule, flow, space):
            return same_id(rule["access"], "Allow")
    return False


def tag_virtual_network(network: Network) -> list[str]:
    """[D] What the service tag VirtualNetwork stands for: the network's own space, and those of its peers as it last
    saw them. [OWN] Not what routes or gateways add."""
    found = list(network.prefixes)
    for peering in network.peerings:
        properties = peering["properties"]
        if properties["peeringState"] == "Connected" and properties["allowVirtualNetworkAccess"]:
            found += properties["remoteAddressSpace"]["addressPrefixes"]
    return found


def _matches(rule: dict[str, Any], flow: Flow, space: Sequence[str]) -> bool:
    return (
        rule["protocol"].lower() in ("*", "tcp")
        and any(_is_port(one, _SOURCE_PORT) for one in _all(rule, "sourcePortRange"))
        and any(_is_port(one, flow.port) for one in _all(rule, "destinationPortRange"))
        and any(_is_address(one, flow.source, space) for one in _all(rule, "sourceAddressPrefix", "es"))
        and any(_is_address(one, flow.address, space) for one in _all(rule, "destinationAddressPrefix", "es"))
    )


def _all(rule: dict[str, Any], member: str, plural: str = "s") -> Iterator[str]:
    """[SPEC] One value, or a list of them."""
    if rule.get(member):
        yield str(rule[member])
    yield from rule.get(f"{member}{plural}") or ()


def _is_port(wanted: str, port: int) -> bool:
    """`*`, `443` or `400-500`."""
    if wanted == "*":
        return True
    first, _, last = wanted.partition("-")
    return int(first) <= port <= int(last or first)


def _is_address(wanted: str, address: str, space: Sequence[str]) -> bool:
    """`*`, a range, an address, or a service tag; [OWN] tags of services that are not here match nothing."""
    name = wanted.partition(".")[0].lower()
    if wanted == "*":
        return True
    if wanted[:1].isdigit():
        return addresses.contains(wanted, address)
    inside = any(addresses.contains(prefix, address) for prefix in space)
    if name == "virtualnetwork":
        return inside
    if name == "internet":
        return not inside and ipaddress.ip_address(address).is_global
    if name == "azureloadbalancer":
        return address == AZURE_DNS
    return address in _TAGS.get(name, ())


def next_hop(world: EmulatedWorld, subnet: Subnet, address: str, within: Sequence[str] | None = None) -> str:
    """The next hop of the route of one's own that takes traffic from a subnet to an address: the longest prefix [D];
    empty when there is none, or `VnetLocal`. `within`: only routes that are no wider than one of these ranges."""
    table = world.resources.get(str((subnet["properties"].get("routeTable") or {}).get("id")))
    routes = [one["properties"] for one in table.body["properties"]["routes"]] if table else []
    fitting = [one for one in routes if _leads_to(str(one["addressPrefix"]), address)]
    if within is not None:
        fitting = [one for one in fitting if _is_narrow(str(one["addressPrefix"]), within)]
    best = max(fitting, key=lambda one: _length(str(one["addressPrefix"])), default=None)
    return str(best["nextHopType"]) if best else ""


def _leads_to(prefix: str, address: str) -> bool:
    return _is_address(prefix, address, ())


def _is_narrow(prefix: str, ranges: Sequence[str]) -> bool:
    return prefix[:1].isdigit() and addresses.inside(prefix, ranges)


def _length(prefix: str) -> int:
    """[D] A route for a service tag gives way to one for a range."""
    return ipaddress.ip_network(prefix, strict=False).prefixlen if prefix[:1].isdigit() else -1


def network_of(world: EmulatedWorld, subnet_id: str) -> tuple[Network, Subnet]:
    """The network and the document of a subnet. Raises KeyError."""
    network = networks.find(world, subnet_id)
    subnet = network.subnet(subnet_id.rstrip("/").rpartition("/")[2]) if network else None
    if network is None or subnet is None:
        raise KeyError(subnet_id)
    return network, subnet
