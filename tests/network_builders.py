"""One-line makers of networks, private endpoints and private DNS: two networks, `nodes` with a cluster's nodes and
`shared` with the vault's endpoint, and only what matters is named. Documents of ARM, through our own decoders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import (
    NETWORK_TYPE,
    SUBNET_TYPE,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    Subnet,
    VirtualNetwork,
    parse_network,
    parse_peering,
)
from azext_akskv.model.private_dns import LINK_TYPE, AddressRecord, Link, Zone, record_id, zone_id
from azext_akskv.model.private_endpoint import (
    ENDPOINT_TYPE,
    INTERFACE_TYPE,
    PrivateEndpoint,
    ZoneGroup,
    parse_zone_group,
    zone_group_id,
)
from tests.builders import GROUP, LOCATION, SUBSCRIPTION, VAULT, Json

ZONE_NAME = "privatelink.vaultcore.azure.net"
ADDRESS = "10.1.0.4"


def network_id(name: str, group: str = GROUP, subscription: str = SUBSCRIPTION) -> ResourceId:
    return ResourceId(subscription, group, NETWORK_TYPE, (name,))


def subnet_id(network: ResourceId, name: str = "default") -> ResourceId:
    return ResourceId(network.subscription, network.group, SUBNET_TYPE, (network.name, name))


def peering_id(network: ResourceId, name: str) -> ResourceId:
    kind = f"{NETWORK_TYPE}/virtualNetworkPeerings"
    return ResourceId(network.subscription, network.group, kind, (network.name, name))


NODES, SHARED = network_id("nodes"), network_id("shared")
NODE_SUBNET, SHARED_SUBNET = subnet_id(NODES), subnet_id(SHARED)
ENDPOINT = ResourceId(SUBSCRIPTION, GROUP, ENDPOINT_TYPE, ("kv1-pe",))
INTERFACE = ResourceId(SUBSCRIPTION, GROUP, INTERFACE_TYPE, ("kv1-pe.nic",))
ZONE = zone_id(SUBSCRIPTION, GROUP, ZONE_NAME)
PREFIXES = {"nodes": ("10.0.0.0/16",), "shared": ("10.1.0.0/16",)}


def a_subnet(network: ResourceId = NODES, name: str = "default", prefix: str = "", **references: ResourceId) -> Json:
    """`references`: networkSecurityGroup, routeTable."""
    prefix = prefix or PREFIXES.get(network.name, ("10.9.0.0/16",))[0].replace("/16", "/24")
    given: Json = {kind: {"id": str(id_)} for kind, id_ in references.items()}
    properties = {"addressPrefix": prefix, "privateEndpointNetworkPolicies": "Disabled", **given}
    return {"id": str(subnet_id(network, name)), "name": name, "properties": properties}


def a_network(
    network: ResourceId = NODES,
    prefixes: Sequence[str] = (),
    peerings: Iterable[Peering] = (),
    dns_servers: Sequence[str] = (),
    **properties: object,
) -> VirtualNetwork:
    """With one subnet, `default`, and Azure's own DNS; `properties` go over those of the document."""
    document: Json = {
        "addressSpace": {"addressPrefixes": list(prefixes or PREFIXES.get(network.name, ("10.9.0.0/16",)))},
        "dhcpOptions": {"dnsServers": list(dns_servers)},
        "subnets": [a_subnet(network)],
        "virtualNetworkPeerings": [each.raw for each in peerings],
        "provisioningState": "Succeeded",
        **properties,
    }
    return parse_network({"id": str(network), "location": LOCATION, "properties": document})


def peering_json(network: ResourceId = NODES, remote: ResourceId = SHARED, **properties: object) -> Json:
    name = f"{network.name}-to-{remote.name}"
    seen = {"addressPrefixes": list(PREFIXES.get(remote.name, ("10.9.0.0/16",)))}
    document = {
        "provisioningState": "Succeeded",
        "peeringState": "Connected",
        "peeringSyncLevel": "FullyInSync",
        "allowVirtualNetworkAccess": True,
        "allowForwardedTraffic": False,
        "allowGatewayTransit": False,
        "useRemoteGateways": False,
        "peerCompleteVnets": True,
        "remoteVirtualNetwork": {"id": str(remote)},
        "remoteAddressSpace": seen,
        "remoteVirtualNetworkAddressSpace": seen,
        "resourceGuid": "5c1d2a7e-0000-4000-8000-0000000000b1",
        **properties,
    }
    return {"id": str(peering_id(network, name)), "name": name, "properties": document}


def a_peering(network: ResourceId = NODES, remote: ResourceId = SHARED, **properties: object) -> Peering:
    """The side of `network`, Connected and in sync; `properties` as ARM names them: peeringState, peeringSyncLevel,
    allowVirtualNetworkAccess, remoteAddressSpace, ..."""
    return parse_peering(peering_json(network, remote, **properties))


def both_sides(one: ResourceId = NODES, other: ResourceId = SHARED) -> tuple[VirtualNetwork, VirtualNetwork]:
    """Two networks, peered and in order."""
    return a_network(one, peerings=[a_peering(one, other)]), a_network(other, peerings=[a_peering(other, one)])


def a_subnet_of(network: VirtualNetwork, name: str = "default") -> Subnet:
    """Raises StopIteration when there is none of that name."""
    return next(each for each in network.subnets if each.id.name == name)


def an_endpoint(
    endpoint: ResourceId = ENDPOINT,
    subnet: ResourceId = SHARED_SUBNET,
    status: str = "Approved",
    *,
    target: str = str(VAULT),
    interface: ResourceId | None = INTERFACE,
) -> PrivateEndpoint:
    return PrivateEndpoint(endpoint, LOCATION, subnet, target, ("vault",), status, interface, "Succeeded")


def a_zone(zone: ResourceId = ZONE, records: int = 1) -> Zone:
    return Zone(zone, records, "Succeeded")


def a_link(
    network: ResourceId = NODES, zone: ResourceId = ZONE, name: str = "", *, policy: str = "Default", **fields: str
) -> Link:
    """Completed, without registration. `fields`: state, provisioning_state."""
    link = ResourceId(zone.subscription, zone.group, LINK_TYPE, (zone.name, name or f"to-{network.name}"))
    told = {"state": "Completed", "provisioning_state": "Succeeded", **fields}
    return Link(link, network, False, policy=policy, **told)


def a_record(
    *addresses: str, zone: ResourceId = ZONE, name: str = VAULT.name, creator: str = "", etag: str = "1"
) -> AddressRecord:
    return AddressRecord(record_id(zone, name), addresses or (ADDRESS,), 10, etag, creator)


def a_zone_group(*zones: ResourceId, endpoint: ResourceId = ENDPOINT, name: str = "default") -> ZoneGroup:
    """That keeps the record of kv1 in these zones; without any: in ZONE."""
    record = {"recordSetName": VAULT.name, "fqdn": f"{VAULT.name}.{ZONE_NAME}", "ipAddresses": [ADDRESS]}
    configs = [
        {
            "name": zone.name.replace(".", "-"),
            "properties": {"privateDnsZoneId": str(zone), "recordSets": [{"recordType": "A", **record}]},
        }
        for zone in zones or (ZONE,)
    ]
    properties = {"provisioningState": "Succeeded", "privateDnsZoneConfigs": configs}
    return parse_zone_group({"id": str(zone_group_id(endpoint, name)), "name": name, "properties": properties})


def a_rule(name: str = "no-443", *, allows: bool = False, priority: int = 100, **fields: object) -> SecurityRule:
    """Outbound, of everything to everywhere on every port, unless `fields` say other: destinations, ports, ..."""
    whole: Json = {"protocol": "*", "sources": ("*",), "destinations": ("*",), "ports": ("*",), "outbound": True}
    return SecurityRule(name=name, priority=priority, allows=allows, **{**whole, **fields})


def a_security_group(*rules: SecurityRule, name: str = "nsg") -> SecurityGroup:
    group = ResourceId(SUBSCRIPTION, GROUP, "Microsoft.Network/networkSecurityGroups", (name,))
    return SecurityGroup(group, tuple(sorted(rules, key=lambda rule: rule.priority)))


def a_route_table(*routes: Route, name: str = "routes") -> RouteTable:
    return RouteTable(ResourceId(SUBSCRIPTION, GROUP, "Microsoft.Network/routeTables", (name,)), routes)
