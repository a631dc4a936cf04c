"""Subnets: their documents, which lie in their network's, and what is in them."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.core.http import Refusal
from emulator.core.resources import Resource
from emulator.providers.ids import name_of
from emulator.providers.network import addresses
from emulator.providers.network.refusals import network_error

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
ENDPOINTS = "Microsoft.Network/privateEndpoints"
_OCCUPANTS = ("Microsoft.Network/networkInterfaces", "Microsoft.Network/virtualNetworkGateways")
MACHINES = "Microsoft.Compute/virtualMachineScaleSets"
MACHINE_INTERFACES = f"{MACHINES}/virtualMachines/networkInterfaces"
_POLICIES_OFF_SINCE = "2021-05-01"
"""[REC] In a version before it a new subnet has network policies for endpoints; today it has none [D]."""
_AS_SENT = ("natGateway", "serviceEndpointPolicies", "defaultOutboundAccess", "sharingScope", "ipAllocations")
LINKS = {"networkSecurityGroup": "networkSecurityGroups", "routeTable": "routeTables"}
"""The members that name another resource, and its type."""


def prefixes_of(subnet: dict[str, Any]) -> list[str]:
    """[SPEC] One prefix, or a list of them."""
    properties = subnet.get("properties") or {}
    one, many = properties.get("addressPrefix"), properties.get("addressPrefixes")
    return [one] if one else list(many or [])


def document(network_id: str, asked: dict[str, Any], version: str) -> dict[str, Any]:
    """A subnet as a PUT of itself or of its network asks for it, Updating."""
    subnet_id, wanted = f"{network_id}/subnets/{asked['name']}", asked.get("properties") or {}
    default = "Disabled" if version >= _POLICIES_OFF_SINCE or not version else "Enabled"
    properties: dict[str, Any] = {
        "provisioningState": "Updating",
        "delegations": [_delegation(subnet_id, one) for one in wanted.get("delegations") or []],
        "privateEndpointNetworkPolicies": wanted.get("privateEndpointNetworkPolicies") or default,
        "privateLinkServiceNetworkPolicies": wanted.get("privateLinkServiceNetworkPolicies") or "Enabled",
    }
    for name in ("addressPrefix", "addressPrefixes", *_AS_SENT):
        if wanted.get(name) is not None:
            properties[name] = copy.deepcopy(wanted[name])
    for name in LINKS:
        if wanted.get(name):
            properties[name] = {"id": wanted[name]["id"]}
    if wanted.get("serviceEndpoints"):
        properties["serviceEndpoints"] = [_service(one) for one in wanted["serviceEndpoints"]]
    return {"name": asked["name"], "id": subnet_id, "etag": "", "properties": properties, "type": SUBNETS}


def _service(asked: dict[str, Any]) -> dict[str, Any]:
    """[REC] A service endpoint, for every region unless the caller says otherwise."""
    kept = {name: asked[name] for name in ("networkIdentifier",) if asked.get(name)}
    locations = asked.get("locations") or ["*"]
    return {"provisioningState": "Updating", "service": asked["service"], "locations": locations, **kept}


def _delegation(subnet_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    """[REC] What the service may do in the subnet is filled in."""
    wanted = asked.get("properties") or {}
    properties = {"provisioningState": "Succeeded", "serviceName": wanted.get("serviceName")}
    return {
        "name": asked["name"],
        "id": f"{subnet_id}/delegations/{asked['name']}",
        "etag": "",
        "properties": {**properties, "actions": ["Microsoft.Network/virtualNetworks/subnets/join/action"]},
        "type": f"{SUBNETS}/delegations",
    }


def mark(subnet: dict[str, Any], state: str) -> None:
    subnet["properties"]["provisioningState"] = state
    for endpoint in subnet["properties"].get("serviceEndpoints") or []:
        endpoint["provisioningState"] = state


def tag(subnet: dict[str, Any], etag: str) -> None:
    for one in (subnet, *subnet["properties"]["delegations"]):
        one["etag"] = etag


@dataclass
class Occupants:
    """What is in one subnet."""

    configurations: list[dict[str, Any]] = field(default_factory=list)
    endpoints: list[Resource] = field(default_factory=list)


def occupants(world: EmulatedWorld) -> dict[str, Occupants]:
    """What is in every subnet, by its id in lower case, from one look at everything."""
    found: dict[str, Occupants] = defaultdict(Occupants)
    others = (one for resource_type in _OCCUPANTS for one in world.resources.under("/", resource_type))
    for one in (*others, *machine_interfaces(world)):
        for configuration in (one.body.get("properties") or {}).get("ipConfigurations") or []:
            subnet_id = str((configuration["properties"].get("subnet") or {}).get("id")).lower()
            found[subnet_id].configurations.append(configuration)
    for one in world.resources.under("/", ENDPOINTS):
        found[one.body["properties"]["subnet"]["id"].lower()].endpoints.append(one)
    return found


def machine_interfaces(world: EmulatedWorld) -> Iterator[Resource]:
    """The interfaces of machines in scale sets, which are children of theirs."""
    return (one for one in world.resources if one.body.get("type") == MACHINE_INTERFACES)


def shown(inside: Mapping[str, Occupants], subnet: dict[str, Any]) -> dict[str, Any]:
    """With what is in it: addresses by the ids that the platform writes in capitals [REC], private endpoints [3P]."""
    found = inside.get(subnet["id"].lower(), Occupants())
    properties = dict(subnet["properties"])
    if found.configurations:
        properties["ipConfigurations"] = [{"id": _in_capitals(one["id"])} for one in found.configurations]
    if found.endpoints:
        endpoints = [{"id": one.id} for one in found.endpoints]
        properties |= {"privateEndpoints": endpoints, "purpose": "PrivateEndpoints"}
    if properties["delegations"] and found.configurations:
        properties["purpose"] = "HostedWorkloads"
    return {**subnet, "properties": properties}


def configurations_in(world: EmulatedWorld, subnet_id: str) -> list[dict[str, Any]]:
    """The IP configurations of network interfaces and gateways in a subnet."""
    return occupants(world).get(subnet_id.lower(), Occupants()).configurations


def endpoints_in(world: EmulatedWorld, subnet_id: str) -> list[Resource]:
    return occupants(world).get(subnet_id.lower(), Occupants()).endpoints


def taken_in(world: EmulatedWorld, subnet_id: str) -> set[str]:
    """The addresses in use."""
    return {str(one["properties"].get("privateIPAddress")) for one in configurations_in(world, subnet_id)}


def _in_capitals(configuration_id: str) -> str:
    parts = configuration_id.split("/")
    return "/".join(part.upper() if index in (4, 8, 10) else part for index, part in enumerate(parts))


def refuse_in_use(world: EmulatedWorld, going: Sequence[dict[str, Any]]) -> None:
    """Raises Refusal: 400 InUseSubnetCannotBeDeleted [REC] for a subnet with something in it [ISS: the text]. An
    endpoint that is being deleted is not counted [INF]."""
    inside = occupants(world)
    for subnet in going:
        found = inside.get(subnet["id"].lower(), Occupants())
        leaving = {one.id.lower() for one in found.endpoints if _is_leaving(one)}
        for configuration in found.configurations:
            interface = world.resources.get("/".join(configuration["id"].split("/")[:9]))
            if interface is None or str(interface.body.get("managedBy", "")).lower() not in leaving:
                raise network_error(
                    400,
                    "InUseSubnetCannotBeDeleted",
                    f"Subnet {subnet['name']} is in use by {configuration['id']} and cannot be deleted. In order to "
                    "delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
                )


def refuse_policies(world: EmulatedWorld, subnet_id: str, made: dict[str, Any], version: str) -> None:
    """[3P] In older versions a subnet with endpoints cannot get network policies. Raises Refusal: 400."""
    turned_on = made["properties"]["privateEndpointNetworkPolicies"] == "Enabled"
    if turned_on and version < _POLICIES_OFF_SINCE and endpoints_in(world, subnet_id):
        raise network_error(
            400,
            "PrivateEndpointNetworkPoliciesCannotBeEnabledOnPrivateEndpointSubnet",
            f"Private endpoint network policies cannot be enabled on private endpoint subnet {subnet_id}.",
        )


def _is_leaving(endpoint: Resource) -> bool:
    return bool(endpoint.body["properties"]["provisioningState"] == "Deleting")


def refuse_bad(network_id: str, prefixes: Sequence[str], wanted: Sequence[dict[str, Any]]) -> None:
    """Raises Refusal: 400 for a range that is malformed, lies outside the network [ISS] or overlaps another [ISS]."""
    network, seen = f"virtual network '{name_of(network_id)}'", list[str]()
    for subnet in wanted:
        subnet_id = f"{network_id}/subnets/{subnet['name']}"
        if not prefixes_of(subnet):
            raise network_error(400, "MissingAddressPrefix", f"Subnet {subnet_id} has no address prefix.")
        for prefix in prefixes_of(subnet):
            addresses.checked(prefix, subnet_id)
            if not addresses.inside(prefix, prefixes):
                why = f"is outside the IP address range of {network}"
                raise _not_valid(subnet["name"], "NetcfgSubnetRangeOutsideVnet", why)
            if addresses.overlapping([prefix], seen):
                why = f"overlaps with that of an existing subnet in {network}"
                raise _not_valid(subnet["name"], "NetcfgSubnetRangesOverlap", why)
            seen.append(prefix)


def _not_valid(name: str, code: str, why: str) -> Refusal:
    return network_error(400, code, f"Subnet '{name}' is not valid because its IP address range {why}.")
