"""How the networks of a world begin, and what lies in them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.providers.ids import same_id
from emulator.providers.keyvault import connections, vaults
from emulator.providers.network import endpoints, lists, networks, peerings
from emulator.providers.resources import groups
from emulator.worlds import network as data
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


def populate(world: EmulatedWorld, created: datetime) -> None:
    """Makes what the world's data lists. Raises StopIteration for a name that the world does not have."""
    for group in world.spec.security_groups:
        rules = [{"name": one.name, "properties": _rule(one)} for one in group.rules]
        _make_list(world, lists.SECURITY_GROUPS, group.name, {"securityRules": rules}, created)
    for table in world.spec.route_tables:
        routes = [{"name": one.name, "properties": _route(one)} for one in table.routes]
        _make_list(world, lists.ROUTE_TABLES, table.name, {"routes": routes}, created)
    for network in world.spec.networks:
        _make_network(world, network, created)
    for peering in world.spec.peerings:
        _make_peering(world, peering)
    for endpoint in world.spec.private_endpoints:
        _make_endpoint(world, endpoint, created)


def id_of(world: EmulatedWorld, kind: str, name: str) -> str:
    """The id of a `network`, by its name in the world, or of an `endpoint`."""
    if kind == "endpoint":
        return endpoints.endpoint_id(spec.SUBSCRIPTION, world.spec.group, name)
    network = next(one for one in world.spec.networks if one.name == name)
    return networks.network_id(network.subscription or spec.SUBSCRIPTION, network.group or world.spec.group, name)


def _make_list(
    world: EmulatedWorld, kind: lists.Kind, name: str, properties: dict[str, Any], created: datetime
) -> None:
    request = {"location": spec.LOCATION, "properties": properties}
    made = lists.create(world, kind, _list_id(world, kind, name), request, created)
    lists.mark(world, kind, made, "Succeeded")


def _list_id(world: EmulatedWorld, kind: lists.Kind, name: str) -> str:
    return lists.list_id(kind, spec.SUBSCRIPTION, world.spec.group, name)


def _rule(rule: data.SecurityRule) -> dict[str, Any]:
    return {
        "protocol": rule.protocol,
        "sourcePortRange": "*",
        "destinationPortRange": rule.ports,
        "sourceAddressPrefix": rule.source,
        "destinationAddressPrefix": rule.destination,
        "access": rule.access,
        "priority": rule.priority,
        "direction": rule.direction,
    }


def _route(route: data.Route) -> dict[str, Any]:
    hop = {"nextHopIpAddress": route.appliance} if route.hop == "VirtualAppliance" else {}
    return {"addressPrefix": route.prefix, "nextHopType": route.hop, **hop}


def _make_network(world: EmulatedWorld, network: data.Network, created: datetime) -> None:
    if network.group:
        groups.create_in(world, network.subscription or spec.SUBSCRIPTION, network.group, created)
    properties: dict[str, Any] = {
        "addressSpace": {"addressPrefixes": list(network.prefixes)},
        "subnets": [_subnet(world, one) for one in network.subnets],
    }
    if network.dns_servers:
        properties["dhcpOptions"] = {"dnsServers": list(network.dns_servers)}
    request = {"location": network.location, "properties": properties}
    made = networks.create(world, id_of(world, "network", network.name), request, created)
    networks.mark(world, made, "Succeeded")


def _subnet(world: EmulatedWorld, subnet: data.Subnet) -> dict[str, Any]:
    policies = subnet.endpoint_policies
    properties: dict[str, Any] = {"addressPrefix": subnet.prefix, "privateEndpointNetworkPolicies": policies}
    if subnet.security_group:
        properties["networkSecurityGroup"] = {"id": _list_id(world, lists.SECURITY_GROUPS, subnet.security_group)}
    if subnet.route_table:
        properties["routeTable"] = {"id": _list_id(world, lists.ROUTE_TABLES, subnet.route_table)}
    if subnet.delegation:
        properties["delegations"] = [{"name": "delegation", "properties": {"serviceName": subnet.delegation}}]
    return {"name": subnet.name, "properties": properties}


def _make_peering(world: EmulatedWorld, peering: data.Peering) -> None:
    network = networks.find(world, id_of(world, "network", peering.network))
    remote = peering.remote if peering.remote.startswith("/") else id_of(world, "network", peering.remote)
    other = networks.find(world, remote)
    assert network is not None
    made = peerings.document(world, network, peering.name, remote, peering.seen or (other.prefixes if other else ()))
    made["properties"] |= {
        "provisioningState": "Succeeded",
        "peeringState": peering.state,
        "allowVirtualNetworkAccess": peering.access,
        "allowForwardedTraffic": peering.forwarded,
    }
    network.peerings.append(made)


def _make_endpoint(world: EmulatedWorld, endpoint: data.PrivateEndpoint, created: datetime) -> None:
    vault = next(one for one in world.spec.vaults if same_id(one.name, endpoint.vault))
    vault_id = vaults.vault_id(vault.subscription, world.spec.group, vault.name)
    network_id = id_of(world, "network", endpoint.network)
    location = next(one.location for one in world.spec.networks if one.name == endpoint.network)
    manual = endpoint.status == "Pending"
    link = {"name": endpoint.name, "properties": {"privateLinkServiceId": vault_id, "groupIds": ["vault"]}}
    properties: dict[str, Any] = {
        "subnet": {"id": f"{network_id}/subnets/{endpoint.subnet}"},
        endpoints.MANUAL if manual else endpoints.AUTOMATIC: [link],
    }
    if endpoint.address:
        chosen = {"groupId": "vault", "memberName": "default", "privateIPAddress": endpoint.address}
        properties["ipConfigurations"] = [{"name": "chosen", "properties": chosen}]
    own, request = id_of(world, "endpoint", endpoint.name), {"location": location, "properties": properties}
    made = endpoints.create(world, own, request, created)
    endpoints.mark(world, made, "Succeeded")
    _decide(world, vault_id, made, endpoint.status)


def _decide(world: EmulatedWorld, vault_id: str, made: endpoints.Endpoint, status: str) -> None:
    """What the vault's side has become since."""
    vault = world.resources.get(vault_id)
    connection = connections.connection_of(vault, made.id) if vault else None
    if vault is None or connection is None:
        return
    if status == "Disconnected":
        connections.disconnect(world, vault, connection)
    elif status == "Rejected":
        state = {"status": status, "description": ""}
        connections.decide(world, connection, {"properties": {"privateLinkServiceConnectionState": state}})
