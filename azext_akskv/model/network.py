"""Virtual networks, their subnets and peerings, and what stands in the way in them; and the decoders for ARM's JSON.

Field names are those of Microsoft.Network. [SPEC]
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, children, flag, number, text, texts, whole

NETWORK_TYPE = "Microsoft.Network/virtualNetworks"
SUBNET_TYPE = "Microsoft.Network/virtualNetworks/subnets"

Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network

READ_ONLY_OF_PEERINGS = frozenset(
    {
        *("peeringState", "peeringSyncLevel", "provisioningState", "resourceGuid", "routeServiceVips"),
        *("remoteAddressSpace", "remoteVirtualNetworkAddressSpace", "localAddressSpace"),
        *("localVirtualNetworkAddressSpace", "remoteVirtualNetworkEncryption", "remoteGateways"),
        "remoteBgpCommunities",
    }
)
"""What the service finds out by itself. Some may be sent [SPEC]: az's update of a peering sends its state and address
spaces back as it read them, its sync leaves them out [REC]. A stale address space is nothing that we mean to say."""


@dataclass(frozen=True)
class Subnet:
    id: ResourceId
    prefixes: tuple[str, ...]
    security_group: ResourceId | None
    route_table: ResourceId | None
    endpoint_policies: str
    """`Disabled` (groups and routes do not touch private endpoints), `Enabled`, `NetworkSecurityGroupEnabled` or
    `RouteTableEnabled`."""


@dataclass(frozen=True)
class Peering:
    """One side of a pair, as the network that has it sees it."""

    id: ResourceId
    remote: ResourceId
    state: str
    """`Initiated`, `Connected` or `Disconnected`."""
    sync: str
    """`FullyInSync`, `LocalNotInSync` (this object is to be synced), `RemoteNotInSync` (that of the other side),
    `LocalAndRemoteNotInSync`; empty in old answers."""
    provisioning_state: str
    access: bool
    """`allowVirtualNetworkAccess`: without it a Connected peering carries nothing."""
    forwarded: bool
    remote_prefixes: tuple[str, ...]
    """What of the remote network is reached: its address space at the last sync."""
    raw: Json = field(repr=False, compare=False)

    @property
    def stale_here(self) -> bool:
        return self.sync in ("LocalNotInSync", "LocalAndRemoteNotInSync")


@dataclass(frozen=True)
class VirtualNetwork:
    id: ResourceId
    location: str
    prefixes: tuple[str, ...]
    dns_servers: tuple[str, ...]
    """Its own ones; empty: Azure's."""
    subnets: tuple[Subnet, ...]
    peerings: tuple[Peering, ...]
    provisioning_state: str

    def peering_with(self, remote: ResourceId) -> Peering | None:
        """By the remote network: what a peering is called says nothing. [ISS Azure/bicep-registry-modules#3386]"""
        return next((each for each in self.peerings if each.remote == remote), None)

    def subnet(self, subnet: ResourceId) -> Subnet | None:
        return next((each for each in self.subnets if each.id == subnet), None)


@dataclass(frozen=True)
class SecurityRule:
    name: str
    priority: int
    allows: bool
    outbound: bool
    protocol: str
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    """Prefixes, addresses, `*`, or service tags."""
    ports: tuple[str, ...]


@dataclass(frozen=True)
class SecurityGroup:
    """`rules` are its own ones and the default ones, by priority."""

    id: ResourceId
    rules: tuple[SecurityRule, ...]


@dataclass(frozen=True)
class Route:
    name: str
    prefix: str
    hop: str
    """`VirtualAppliance`, `None`, `VnetLocal`, `Internet` or `VirtualNetworkGateway`."""
    appliance: str


@dataclass(frozen=True)
class RouteTable:
    id: ResourceId
    routes: tuple[Route, ...]


def network_of(subnet: ResourceId) -> ResourceId:
    """The network of a subnet, or of anything else that lies in a network."""
    return ResourceId(subnet.subscription, subnet.group, NETWORK_TYPE, subnet.names[:1])


def parse_network(raw: Json) -> VirtualNetwork:
    """Raises BadInput when the JSON is not a virtual network."""
    properties = child(whole(raw), "properties")
    return VirtualNetwork(
        id=ResourceId.parse(text(raw, "id")),
        location=text(raw, "location"),
        prefixes=tuple(texts(child(properties, "addressSpace"), "addressPrefixes")),
        dns_servers=tuple(texts(child(properties, "dhcpOptions"), "dnsServers")),
        subnets=tuple(parse_subnet(each) for each in children(properties, "subnets")),
        peerings=tuple(parse_peering(each) for each in children(properties, "virtualNetworkPeerings")),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
    )


def parse_subnet(raw: Json) -> Subnet:
    properties = child(whole(raw), "properties")
    several = texts(properties, "addressPrefixes")
    return Subnet(
        id=ResourceId.parse(text(raw, "id")),
        prefixes=tuple(several or filter(None, [text(properties, "addressPrefix")])),
        security_group=_reference(properties, "networkSecurityGroup"),
        route_table=_reference(properties, "routeTable"),
        endpoint_policies=text(properties, "privateEndpointNetworkPolicies") or "Disabled",
    )


def parse_peering(raw: Json) -> Peering:
    properties = child(whole(raw), "properties")
    return Peering(
        id=ResourceId.parse(text(raw, "id")),
        remote=ResourceId.parse(text(child(properties, "remoteVirtualNetwork"), "id")),
        state=text(properties, "peeringState"),
        sync=text(properties, "peeringSyncLevel"),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
        access=bool(flag(properties, "allowVirtualNetworkAccess")),
        forwarded=bool(flag(properties, "allowForwardedTraffic")),
        remote_prefixes=tuple(texts(child(properties, "remoteAddressSpace"), "addressPrefixes")),
        raw=raw,
    )


def new_peering(remote: ResourceId) -> Json:
    """The body of a new side: traffic between the two networks, and nothing else. az leaves even that off unless it is
    told. [CLI]"""
    return {
        "properties": {
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": False,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
            "remoteVirtualNetwork": {"id": str(remote)},
        }
    }


def same_peering(peering: Peering, **changes: Any) -> Json:
    """The body that puts a side as it is, but for `changes` of its properties: what we do not know stays, too."""
    properties = child(peering.raw, "properties")
    kept = {name: value for name, value in properties.items() if name not in READ_ONLY_OF_PEERINGS}
    return {"properties": {**kept, **changes}}


def parse_security_group(raw: Json) -> SecurityGroup:
    properties = child(whole(raw), "properties")
    rules = [*children(properties, "securityRules"), *children(properties, "defaultSecurityRules")]
    found = sorted((parse_rule(each) for each in rules), key=lambda rule: rule.priority)
    return SecurityGroup(ResourceId.parse(text(raw, "id")), tuple(found))


def parse_rule(raw: Json) -> SecurityRule:
    properties = child(whole(raw), "properties")
    return SecurityRule(
        name=text(raw, "name"),
        priority=number(properties, "priority") or 0,
        allows=text(properties, "access").lower() == "allow",
        outbound=text(properties, "direction").lower() == "outbound",
        protocol=text(properties, "protocol") or "*",
        sources=_one_or_many(properties, "sourceAddressPrefix", "sourceAddressPrefixes"),
        destinations=_one_or_many(properties, "destinationAddressPrefix", "destinationAddressPrefixes"),
        ports=_one_or_many(properties, "destinationPortRange", "destinationPortRanges"),
    )


def parse_route_table(raw: Json) -> RouteTable:
    properties = child(whole(raw), "properties")
    routes = [(text(each, "name"), child(each, "properties")) for each in children(properties, "routes")]
    return RouteTable(
        ResourceId.parse(text(raw, "id")),
        tuple(
            Route(name, text(of, "addressPrefix"), text(of, "nextHopType"), text(of, "nextHopIpAddress"))
            for name, of in routes
        ),
    )


def lies_in(address: str, prefixes: Iterable[str]) -> bool:
    """Whether an address is in one of the prefixes; what is no prefix has none. `address` that is none is in none."""
    found = _address(address)
    return found is not None and any(found in prefix for prefix in prefixes_of(prefixes))


def overlapping(some: Iterable[str], others: Iterable[str]) -> list[str]:
    """The prefixes of `some` that overlap one of `others`."""
    theirs = prefixes_of(others)
    return [str(each) for each in prefixes_of(some) if any(_overlap(each, other) for other in theirs)]


def prefixes_of(texts_of: Iterable[str]) -> list[Prefix]:
    found = []
    for each in texts_of:
        try:
            found.append(ipaddress.ip_network(each, strict=False))
        except ValueError:
            continue
    return found


def _overlap(one: Prefix, other: Prefix) -> bool:
    return one.version == other.version and one.overlaps(other)


def _address(told: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(told)
    except ValueError:
        return None


def _one_or_many(raw: Json, one: str, many: str) -> tuple[str, ...]:
    return tuple(texts(raw, many) or filter(None, [text(raw, one)]))


def _reference(raw: Json, name: str) -> ResourceId | None:
    told = text(child(raw, name), "id")
    return ResourceId.parse(told) if told else None
