"""Virtual networks, their peerings, private endpoints and what lies around them, in plain JSON. [ADR 16]"""

from __future__ import annotations

from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.documents import Change, Documents
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import (
    NETWORK_TYPE,
    Peering,
    RouteTable,
    SecurityGroup,
    VirtualNetwork,
    new_peering,
    parse_network,
    parse_route_table,
    parse_security_group,
    same_peering,
)
from azext_akskv.model.private_endpoint import (
    ENDPOINT_TYPE,
    NEW_ZONE_GROUP,
    PrivateEndpoint,
    ZoneGroup,
    addresses_of,
    parse_endpoint,
    parse_zone_group,
    with_zone,
    zone_group_id,
)
from azext_akskv.ports import Watch

NETWORK_VERSIONS = ("2024-05-01", "2021-05-01")
"""Newest first. [REC] The older one has peeringSyncLevel, syncRemoteAddressSpace and zone groups already [SPEC]."""


class ArmNetworks:
    """Fills ports.Networks. `poll_seconds`: see WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._documents = Documents(clients, KnownVersions(NETWORK_VERSIONS), poll_seconds)

    def get(self, network: ResourceId) -> VirtualNetwork:
        return self._documents.read(f"read the virtual network {network.name}", network, parse_network)

    def in_group(self, subscription: str, group: str) -> list[VirtualNetwork]:
        doing = f"list the virtual networks of the resource group {group}"
        return self._listed(doing, subscription, f"/subscriptions/{subscription}/resourceGroups/{group}")

    def in_subscription(self, subscription: str) -> list[VirtualNetwork]:
        doing = f"list the virtual networks of the subscription {subscription}"
        return self._listed(doing, subscription, f"/subscriptions/{subscription}")

    def security_group(self, group: ResourceId) -> SecurityGroup:
        return self._documents.read(f"read the network security group {group.name}", group, parse_security_group)

    def route_table(self, table: ResourceId) -> RouteTable:
        return self._documents.read(f"read the route table {table.name}", table, parse_route_table)

    def endpoint(self, endpoint: ResourceId) -> PrivateEndpoint:
        return self._documents.read(f"read the private endpoint {endpoint.name}", endpoint, parse_endpoint)

    def endpoints_in(self, subscription: str) -> list[PrivateEndpoint]:
        doing = f"list the private endpoints of the subscription {subscription}"
        path = f"/subscriptions/{subscription}/providers/{ENDPOINT_TYPE}"
        return list(self._documents.all(doing, subscription, path, parse_endpoint))

    def addresses(self, interface: ResourceId) -> tuple[str, ...]:
        return self._documents.read(f"read the network interface {interface.name}", interface, addresses_of)

    def zone_group(self, endpoint: ResourceId) -> ZoneGroup | None:
        """By the list: what a group is called depends on who made it."""
        doing = f"read the DNS zone group of the private endpoint {endpoint.name}"
        path = f"{endpoint}/privateDnsZoneGroups"
        return next(iter(self._documents.all(doing, endpoint.subscription, path, parse_zone_group)), None)

    def peer(self, name: ResourceId, remote: ResourceId, watch: Watch) -> None:
        doing = f"peer the virtual network {name.names[0]} with {remote.name}"
        self._documents.put(Change(doing, name, new_peering(remote)), watch)

    def again(self, peering: Peering, watch: Watch) -> None:
        doing = f"put the peering {peering.id.name} of {peering.id.names[0]} once more"
        self._documents.put(Change(doing, peering.id, same_peering(peering, allowVirtualNetworkAccess=True)), watch)

    def sync(self, peering: Peering, watch: Watch) -> None:
        doing = f"sync the peering {peering.id.name} of {peering.id.names[0]}"
        change = Change(doing, peering.id, same_peering(peering), query="syncRemoteAddressSpace=true")
        self._documents.put(change, watch)

    def put_in_zone(self, endpoint: ResourceId, group: ZoneGroup | None, zone: ResourceId, watch: Watch) -> None:
        doing = f"have the record of the private endpoint {endpoint.name} kept in the zone {zone.name}"
        name = group.id.name if group else NEW_ZONE_GROUP
        self._documents.put(Change(doing, zone_group_id(endpoint, name), with_zone(group, zone)), watch)

    def _listed(self, doing: str, subscription: str, home: str) -> list[VirtualNetwork]:
        return self._documents.all(doing, subscription, f"{home}/providers/{NETWORK_TYPE}", parse_network)
