"""Looks at what lies between the nodes of a cluster and the private endpoints of a vault, side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from azext_akskv.failures import GatewayError
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import BadInput, ResourceId
from azext_akskv.model.network import RouteTable, SecurityGroup, VirtualNetwork, lies_in, network_of
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.pools import locked_down, subnets_of
from azext_akskv.model.private_dns import Zone
from azext_akskv.model.private_endpoint import PrivateEndpoint
from azext_akskv.model.private_way import USABLE, is_of_aks, policies_at
from azext_akskv.model.topology import EndpointSeen, NodeSubnet, Topology, ZoneSeen
from azext_akskv.model.vault import EndpointConnection, Openness, Vault
from azext_akskv.observe.sections import if_there, observe
from azext_akskv.ports import Ports

T = TypeVar("T")

READ_NETWORK = "Microsoft.Network/virtualNetworks/read"
READ_GROUP = "Microsoft.Network/networkSecurityGroups/read"
READ_TABLE = "Microsoft.Network/routeTables/read"
READ_ENDPOINT = "Microsoft.Network/privateEndpoints/read"
READ_INTERFACE = "Microsoft.Network/networkInterfaces/read"
READ_ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read"
READ_ZONES = "Microsoft.Network/privateDnsZones/read at the subscription"
READ_LINKS = "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read"
READ_RECORD = "Microsoft.Network/privateDnsZones/A/read"
LIST_VAULTS = "Microsoft.KeyVault/vaults/read at the subscription"


@dataclass(frozen=True)
class Survey:
    """`subscriptions`: where zones are looked for, the cluster's first."""

    cluster: Cluster
    vault: Vault
    ports: Ports
    pool: Executor
    subscriptions: tuple[str, ...]

    def ask(self, what: str, action: str, reads: Iterable[Callable[[], T]]) -> list[Observed[T]]:
        """All at the same time, in their order."""
        asked = [self.pool.submit(observe, what, action, read) for read in reads]
        return [each.result() for each in asked]


def take_topology(survey: Survey) -> Topology:
    """Raises GatewayError or NotObserved only for what nothing can be told without; the rest is unknown in it."""
    zone_name = survey.ports.vaults.private_zone(survey.vault)
    record = survey.vault.host.partition(".")[0]
    connections = survey.vault.connections
    ids = [_endpoint_id(each) for each in connections]
    found = survey.ask("the private endpoint", READ_ENDPOINT, [partial(_endpoint, survey.ports, each) for each in ids])
    nodes = node_subnets(survey)
    endpoints = tuple(_from_both_ends(survey, *pair) for pair in zip(connections, found, strict=True))
    zones = zones_of(survey, zone_name, record, endpoints)
    return Topology(
        zone_name=zone_name,
        record_name=record,
        nodes=tuple(_with_dns(survey, node) for node in nodes),
        endpoints=endpoints,
        zones=zones,
        misnamed=_misnamed(survey, zone_name),
        locked_down=locked_down(survey.cluster),
        shadowed=_shadowed(survey, zones),
        orphans=() if any(not is_of_aks(each) for each in endpoints) else _orphans(survey),
    )


def node_subnets(survey: Survey) -> list[NodeSubnet]:
    """Raises NotObserved where AKS's own network cannot be told."""
    by_subnet = subnets_of(survey.cluster)
    managed = by_subnet.pop(None, ())
    own = _managed_subnet(survey) if managed else None
    places = [(subnet, pools, False) for subnet, pools in by_subnet.items() if subnet is not None]
    places += [(own, managed, True)] if own else []
    networks = dict.fromkeys(network_of(subnet) for subnet, _, _ in places)
    seen = survey.ask(
        "the nodes' network", READ_NETWORK, [partial(survey.ports.networks.get, each) for each in networks]
    )
    by_id = dict(zip(networks, seen, strict=True))
    return [_node_subnet(survey, place, by_id[network_of(place[0])]) for place in places]


def _managed_subnet(survey: Survey) -> ResourceId:
    """AKS's network in the node resource group has one subnet for nodes, `aks-subnet`. [AKS docs]"""
    networks = survey.ports.networks.in_group(survey.cluster.id.subscription, survey.cluster.node_resource_group)
    subnets = [subnet.id for network in networks for subnet in network.subnets]
    own = [each for each in subnets if each.name.lower() == "aks-subnet"] or subnets
    if len(own) != 1:
        group = survey.cluster.node_resource_group
        raise NotObserved(f"{group} has {len(own) or 'no'} subnets that the nodes may be in, not one")
    return own[0]


def _node_subnet(
    survey: Survey, place: tuple[ResourceId, tuple[str, ...], bool], network: Observed[VirtualNetwork]
) -> NodeSubnet:
    subnet_id, pools, managed = place
    subnet = network.value.subnet(subnet_id) if network.value else None
    group, table = (subnet.security_group, subnet.route_table) if subnet else (None, None)
    ports = survey.ports.networks
    guard: Observed[SecurityGroup | None] = Observed(None)
    detour: Observed[RouteTable | None] = Observed(None)
    if group:
        guard = observe("the security group", READ_GROUP, lambda: ports.security_group(group))
    if table:
        detour = observe("the route table", READ_TABLE, lambda: ports.route_table(table))
    return NodeSubnet(
        id=subnet_id,
        pools=pools,
        managed=managed,
        network=network,
        security_group=guard,
        route_table=detour,
    )


def _with_dns(survey: Survey, node: NodeSubnet) -> NodeSubnet:
    """Where the DNS servers of a network are: in itself, or in a network that it is peered with."""
    if not node.network.known or not node.own_dns:
        return node
    near = node.network.get()
    server = node.own_dns[0]
    if lies_in(server, near.prefixes):
        return replace(node, dns_network=Observed(near.id))
    peers = [each.remote for each in near.peerings if lies_in(server, each.remote_prefixes)]
    return replace(node, dns_network=Observed(peers[0] if len(peers) == 1 else None))


def _orphans(survey: Survey) -> tuple[PrivateEndpoint, ...]:
    """The vault's side of a connection may be deleted alone. [D] Only to say so: what cannot be listed is left out."""
    if survey.vault.openness is Openness.PUBLIC:
        return ()
    where = dict.fromkeys((*survey.subscriptions, survey.vault.id.subscription))
    reads = [partial(survey.ports.networks.endpoints_in, each) for each in where]
    listed = survey.ask("the private endpoints", READ_ENDPOINT, reads)
    known = {each.endpoint.lower() for each in survey.vault.connections}
    own = (one for each in listed for one in each.value or () if one.target.lower() == str(survey.vault.id).lower())
    return tuple(one for one in own if str(one.id).lower() not in known and one.status not in USABLE)


def _endpoint_id(connection: EndpointConnection) -> ResourceId | None:
    try:
        return ResourceId.parse(connection.endpoint)
    except BadInput:
        return None


def _endpoint(ports: Ports, endpoint: ResourceId | None) -> PrivateEndpoint | None:
    return if_there(lambda: ports.networks.endpoint(endpoint)) if endpoint else None


def _from_both_ends(
    survey: Survey, connection: EndpointConnection, found: Observed[PrivateEndpoint | None]
) -> EndpointSeen:
    endpoint, ports = found.value, survey.ports.networks
    if endpoint is None:
        gap: Observed[Any] = Observed.unknown(found.gap or f"{connection.endpoint.rpartition('/')[2]} is gone")
        return EndpointSeen(connection, found, gap, gap, gap, Observed(None))
    interface = endpoint.interface
    reading = survey.pool.submit(observe, "its network", READ_NETWORK, partial(ports.get, network_of(endpoint.subnet)))
    grouping = survey.pool.submit(observe, "its zone group", READ_ZONE_GROUP, partial(ports.zone_group, endpoint.id))
    addresses: Observed[tuple[str, ...]] = Observed(())
    if interface:
        addresses = observe("its network interface", READ_INTERFACE, lambda: ports.addresses(interface))
    seen = EndpointSeen(connection, found, addresses, reading.result(), grouping.result(), Observed(None))
    network = seen.network.value
    subnet = network.subnet(endpoint.subnet) if network else None
    if subnet and subnet.security_group and policies_at(seen, "NetworkSecurityGroupEnabled"):
        group = observe("its security group", READ_GROUP, partial(ports.security_group, subnet.security_group))
        seen = replace(seen, security_group=group)
    return seen


def zones_of(
    survey: Survey, name: str, record: str, endpoints: Collection[EndpointSeen]
) -> Observed[tuple[ZoneSeen, ...]]:
    """Of the right name, in every subscription that the caller sees, and those that zone groups name."""
    where = dict.fromkeys((*survey.subscriptions, survey.vault.id.subscription))
    listed = survey.ask(
        "private DNS zones", READ_ZONES, [partial(survey.ports.zones.named, each, name) for each in where]
    )
    if listed and all(not each.known for each in listed):
        return Observed.unknown(listed[0].gap or "")
    found: dict[ResourceId, Zone] = {zone.id: zone for each in listed for zone in each.value or ()}
    kept_in = {c.zone for seen in endpoints if seen.zone_group.value for c in seen.zone_group.value.configs if c.zone}
    for other in [each for each in kept_in if each not in found and each.name.lower() == name]:
        zone = observe("the zone", READ_ZONES, partial(_zone, survey.ports, other)).value
        found |= {zone.id: zone} if zone else {}
    seen = survey.pool.map(partial(_zone_seen, survey.ports, record), found.values())
    return Observed(tuple(seen))


def _zone(ports: Ports, zone: ResourceId) -> Zone | None:
    return if_there(lambda: ports.zones.get(zone))


def _zone_seen(ports: Ports, record: str, zone: Zone) -> ZoneSeen:
    links = observe("the zone's links", READ_LINKS, lambda: tuple(ports.zones.links(zone.id)))
    found = observe("the vault's record", READ_RECORD, lambda: if_there(lambda: ports.zones.record(zone.id, record)))
    return ZoneSeen(zone, links, found)


def _misnamed(survey: Survey, name: str) -> tuple[ResourceId, ...]:
    """`privatelink.vault.azure.net`, built from the vault's own suffix, is taken everywhere and serves nobody.
    [ISS Azure/bicep#12884]"""
    wrong = f"privatelink.{survey.vault.host.partition('.')[2]}"
    if wrong == name:
        return ()
    try:
        return tuple(zone.id for zone in survey.ports.zones.named(survey.cluster.id.subscription, wrong))
    except GatewayError:  # it is a hint alone; what the zones lack for is said by the zones of the right name
        return ()


def _shadowed(survey: Survey, zones: Observed[tuple[ZoneSeen, ...]]) -> Observed[tuple[str, ...]]:
    """Other vaults of the cluster's subscription with private endpoints and without a record in any of these zones."""

    def look() -> tuple[str, ...]:
        known = {each.id.name.lower() for zone in zones.get() for each in survey.ports.zones.records(zone.id)}
        others = [
            each for each in survey.ports.vaults.all(survey.cluster.id.subscription) if each.id != survey.vault.id
        ]
        private = [each for each in others if any(one.status == "Approved" for one in each.connections)]
        return tuple(each.id.name for each in private if each.host.partition(".")[0] not in known)

    return observe("the other vaults", LIST_VAULTS, look)
