"""The network interface of a private endpoint, which holds its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, group_of
from emulator.providers.network import addresses, networks, subnets, targets
from emulator.providers.network.refusals import network_error

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

INTERFACES = "Microsoft.Network/networkInterfaces"


def create(world: EmulatedWorld, endpoint: Resource, name: str) -> Resource:
    """In the endpoint's group, with one address for each name of what the endpoint leads to.

    Raises Refusal: 400 SubnetIsFull.
    """
    own = f"{group_id(endpoint.id.split('/')[2], group_of(endpoint.id))}/providers/{INTERFACES}/{name}"
    properties: dict[str, Any] = {
        "provisioningState": "Succeeded",
        "resourceGuid": world.ids.next("interface"),
        "ipConfigurations": [],
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": [], "internalDomainNameSuffix": _suffix(world)},
        "macAddress": "",
        "vnetEncryptionSupported": False,
        "enableIPForwarding": False,
        "disableTcpStateTracking": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        "privateEndpoint": {"id": endpoint.id},
        "nicType": "Standard",
        "allowPort25Out": True,
        "auxiliaryMode": "None",
        "auxiliarySku": "None",
    }
    body: dict[str, Any] = {"name": name, "id": own, "etag": networks.new_etag(world), "properties": properties}
    body |= {"type": INTERFACES, "location": endpoint.body["location"], "managedBy": endpoint.id, "kind": "Regular"}
    interface, given = Resource(own, body, endpoint.created), set[str]()
    for number, fqdn in enumerate(_names(world, endpoint)):
        address = _address(world, endpoint, number, given)
        given.add(address)
        properties["ipConfigurations"] += [_configuration(world, interface, endpoint, fqdn, address)]
    return world.resources.put(interface)


def _suffix(world: EmulatedWorld) -> str:
    return f"{world.ids.uuid('internal')[:8]}.ax.internal.cloudapp.net"


def _names(world: EmulatedWorld, endpoint: Resource) -> list[str]:
    target = world.resources.get(_connection(endpoint)["privateLinkServiceId"])
    found = targets.names(target, _connection(endpoint).get("groupIds") or ()) if target else []
    return found or [""]


def _connection(endpoint: Resource) -> dict[str, Any]:
    properties = endpoint.body["properties"]
    both = [*properties["privateLinkServiceConnections"], *properties["manualPrivateLinkServiceConnections"]]
    found: dict[str, Any] = both[0]["properties"]
    return found


def _address(world: EmulatedWorld, endpoint: Resource, number: int, given: set[str]) -> str:
    """The chosen one, or the first free one of the subnet."""
    chosen = endpoint.body["properties"]["ipConfigurations"]
    if number < len(chosen):
        return str(chosen[number]["properties"]["privateIPAddress"])
    subnet_id = endpoint.body["properties"]["subnet"]["id"]
    network = networks.find(world, subnet_id)
    subnet = network.subnet(subnet_id.rpartition("/")[2]) if network else None
    taken = subnets.taken_in(world, subnet_id) | given
    for prefix in subnets.prefixes_of(subnet or {}):
        if found := addresses.first_free(prefix, taken):
            return found
    raise network_error(400, "SubnetIsFull", f"Subnet {subnet_id} does not have enough capacity for 1 IP addresses.")


def _configuration(
    world: EmulatedWorld, interface: Resource, endpoint: Resource, fqdn: str, address: str
) -> dict[str, Any]:
    """[REC] One address, and the names that lead to it."""
    name = f"privateEndpointIpConfig.{world.ids.next('ip')}"
    group = next(iter(_connection(endpoint).get("groupIds") or ()), "")
    member = "default" if group == "vault" else group
    linked: dict[str, Any] = {"groupId": group, "requiredMemberName": member, "fqdns": [fqdn] if fqdn else []}
    return {
        "name": name,
        "id": f"{interface.id}/ipConfigurations/{name}",
        "etag": interface.body["etag"],
        "type": f"{INTERFACES}/ipConfigurations",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": address,
            "privateIPAllocationMethod": "Dynamic",
            "subnet": {"id": endpoint.body["properties"]["subnet"]["id"]},
            "primary": not interface.body["properties"]["ipConfigurations"],
            "privateIPAddressVersion": "IPv4",
            "privateLinkConnectionProperties": linked,
        },
    }


def names_in(world: EmulatedWorld, endpoint: Resource) -> Iterator[tuple[str, str]]:
    """The names that lead to an endpoint, each with its address."""
    for one in endpoint.body["properties"]["networkInterfaces"]:
        interface = world.resources.get(one["id"])
        for configuration in interface.body["properties"]["ipConfigurations"] if interface else ():
            properties = configuration["properties"]
            for fqdn in properties["privateLinkConnectionProperties"]["fqdns"]:
                yield fqdn, properties["privateIPAddress"]
