"""Networks as data of a world: what surrounds a private vault and the clusters that use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subnet:
    """`security_group` and `route_table` are names in the world, `delegation` is a service."""

    name: str = "default"
    prefix: str = "10.0.0.0/24"
    security_group: str = ""
    route_table: str = ""
    endpoint_policies: str = "Disabled"
    delegation: str = ""


@dataclass(frozen=True)
class Network:
    """`subscription` and `group` are the world's unless they are named. Without `dns_servers` Azure's own answer."""

    name: str = "shop-vnet"
    prefixes: tuple[str, ...] = ("10.0.0.0/16",)
    subnets: tuple[Subnet, ...] = (Subnet(),)
    dns_servers: tuple[str, ...] = ()
    subscription: str = ""
    group: str = ""
    location: str = "westeurope"


@dataclass(frozen=True)
class Peering:
    """One side of a pair: of `network` with `remote`, which is a name in the world or the id of a network that may be
    gone. `seen`: the remote addresses as they were at the last sync, if they have changed since or are gone."""

    name: str
    network: str
    remote: str
    state: str = "Connected"
    access: bool = True
    forwarded: bool = False
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class SecurityRule:
    name: str
    priority: int = 100
    access: str = "Deny"
    direction: str = "Outbound"
    protocol: str = "*"
    source: str = "*"
    destination: str = "*"
    ports: str = "*"


@dataclass(frozen=True)
class NetworkSecurityGroup:
    name: str
    rules: tuple[SecurityRule, ...] = ()


@dataclass(frozen=True)
class Route:
    """`appliance` is the address of the next hop of type VirtualAppliance."""

    name: str
    prefix: str = "0.0.0.0/0"
    hop: str = "VirtualAppliance"
    appliance: str = "10.0.0.4"


@dataclass(frozen=True)
class RouteTable:
    name: str
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True)
class PrivateEndpoint:
    """Of a vault of the world, in a subnet of one of its networks. `status`: Approved, Pending, Rejected, or
    Disconnected for one whose other side was deleted. `address`: a chosen one, else the subnet's first free one.
    `zone_group`: the name or the id of the private zone in which it keeps its record; of several zones of one name the
    world's first. Who comes later in a world takes over the record of who came before."""

    name: str = "shop-pe"
    vault: str = "shop-kv"
    network: str = "shop-vnet"
    subnet: str = "default"
    status: str = "Approved"
    address: str = ""
    zone_group: str = ""
