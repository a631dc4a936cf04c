"""Virtual networks and their subnets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.router import Routes
from emulator.providers.errors import resource_not_found
from emulator.providers.ids import same_id
from emulator.providers.network import (
    addresses,
    ages,
    networks,
    operations,
    peering_rules,
    peerings,
    refusals,
    removal,
    subnets,
)
from emulator.providers.network.networks import NETWORKS, Network
from emulator.providers.network.subnets import Occupants

ROUTES = Routes()
_TYPE = "/providers/Microsoft.Network/virtualNetworks"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
NETWORK = _GROUP + _TYPE + "/{network}"
_SUBNET = NETWORK + "/subnets/{subnet}"
_OFFERED = 5


def network_of(call: Call) -> Network:
    """The network in the path. Raises Refusal: 404 ResourceNotFound [REC], also for what would lie in it."""
    found = networks.find(call.world, call.path)
    if found is None:
        raise resource_not_found(NETWORKS, call.params["network"], call.params["group"])
    return found


def _shown(call: Call, network: Network, inside: Mapping[str, Occupants] | None = None) -> dict[str, Any]:
    inside = subnets.occupants(call.world) if inside is None else inside
    document = {**network.body, "properties": dict(network.properties)}
    document["properties"]["subnets"] = [subnets.shown(inside, one) for one in network.subnets]
    seen = [peerings.shown(call.world, network, one) for one in network.peerings]
    document["properties"]["virtualNetworkPeerings"] = seen
    return ages.of_network(call, document)


@ROUTES.route("GET", "/subscriptions/{subscription}" + _TYPE)
@ROUTES.route("GET", _GROUP + _TYPE)
def list_networks(call: Call) -> Answer:
    scope = call.path.lower().partition("/providers/")[0]
    found = [one for one in call.world.resources.under(scope, NETWORKS) if isinstance(one, Network)]
    inside = subnets.occupants(call.world)
    return Answer(200, {"value": [_shown(call, one, inside) for one in found]})


@ROUTES.route("GET", NETWORK)
def get_network(call: Call) -> Answer:
    """[REC] The etag is a header too."""
    network = network_of(call)
    return Answer(200, _shown(call, network), {"ETag": network.body["etag"]})


@ROUTES.route("PUT", NETWORK)
def put_network(call: Call) -> Answer:
    """[REC] 201 or 200, Updating with everything in it."""
    world, request, existing = call.world, call.json() or {}, networks.find(call.world, call.path)
    refusals.require_location(request)
    asked, version = request.get("properties") or {}, call.query["api-version"]
    new_id = existing.id if existing else networks.network_id(*_where(call), call.params["network"])
    networks.refuse_bad(new_id, asked, existing)
    _refuse_unless_linked(call, new_id, asked.get("subnets") or [])
    peerings.refuse_unless_peers(call, new_id, asked.get("virtualNetworkPeerings") or [])
    if existing is None:
        network = networks.create(world, new_id, request, world.clock.now(), version)
    else:
        network = existing
        refusals.refuse_other_location(call, network, request)
        _refuse_change(call, network, asked)
        peerings.replace_all(call, network, asked.get("virtualNetworkPeerings"))
        networks.replace(world, network, request, version)
    operation = operations.begin(call, network, lambda: networks.mark(world, network, "Succeeded"))
    return operations.put_answer(call, 200 if existing else 201, _shown(call, network), operation)


def _where(call: Call) -> tuple[str, str]:
    return call.params["subscription"], call.params["group"]


def _refuse_change(call: Call, network: Network, asked: dict[str, Any]) -> None:
    refusals.refuse_unless_matching(call, network.body["etag"])
    operations.refuse_while_busy(call, network.id)
    peering_rules.refuse_overlap_after(call.world, network, asked["addressSpace"]["addressPrefixes"])
    if asked.get("subnets") is not None:
        named = {str(one["name"]).lower() for one in asked["subnets"]}
        subnets.refuse_in_use(call.world, [one for one in network.subnets if one["name"].lower() not in named])


@ROUTES.route("PATCH", NETWORK)
def patch_network(call: Call) -> Answer:
    """[SPEC] Tags only, at once."""
    network = network_of(call)
    network.body["tags"] = (call.json() or {}).get("tags") or {}
    networks.touch(call.world, network)
    return Answer(200, _shown(call, network))


@ROUTES.route("DELETE", NETWORK)
def delete_network(call: Call) -> Answer:
    """[REC] 202; 204 when there was none [SPEC]."""
    world, network = call.world, networks.find(call.world, call.path)
    if network is None:
        return Answer(204)
    refusals.refuse_unless_matching(call, network.body["etag"])
    operations.refuse_while_busy(call, network.id)
    subnets.refuse_in_use(world, network.subnets)
    network.properties["provisioningState"] = "Deleting"
    return operations.delete_answer(call, operations.begin(call, network, lambda: removal.remove(world, network)))


@ROUTES.route("GET", NETWORK + "/CheckIPAddressAvailability")
def check_address(call: Call) -> Answer:
    """[REC] Where it is taken some free ones are named; a subnet's first four and its last are the platform's."""
    network, asked = network_of(call), call.query.get("ipaddress", "")
    ranges = [(one, prefix) for one in network.subnets for prefix in subnets.prefixes_of(one)]
    subnet, prefix = next((each for each in ranges if addresses.contains(each[1], asked)), (None, ""))
    if subnet is None:
        message = f"IP address {asked} is not in any subnet of virtual network {network.id}."
        raise refusals.network_error(400, "PrivateIPAddressNotInAnySubnet", message)
    taken, usable = subnets.taken_in(call.world, subnet["id"]), addresses.usable(prefix)
    reserved = not any(asked == one for one in addresses.usable(prefix))
    if asked not in taken and not reserved:
        return Answer(200, {"available": True, "isPlatformReserved": False})
    free = [one for one, _ in zip((each for each in usable if each not in taken), range(_OFFERED), strict=False)]
    return Answer(200, {"available": False, "availableIPAddresses": free, "isPlatformReserved": reserved})


def _subnet(call: Call) -> tuple[Network, dict[str, Any]]:
    """Raises Refusal: 404 NotFound [REC]."""
    network = network_of(call)
    found = network.subnet(call.params["subnet"])
    if found is None:
        raise refusals.child_not_found(f"{network.id}/subnets/{call.params['subnet']}")
    return network, found


def _subnet_shown(call: Call, subnet: dict[str, Any]) -> dict[str, Any]:
    return ages.of_subnet(call, subnets.shown(subnets.occupants(call.world), subnet))


@ROUTES.route("GET", NETWORK + "/subnets")
def list_subnets(call: Call) -> Answer:
    return Answer(200, {"value": [_subnet_shown(call, one) for one in network_of(call).subnets]})


@ROUTES.route("GET", _SUBNET)
def get_subnet(call: Call) -> Answer:
    _, subnet = _subnet(call)
    return Answer(200, _subnet_shown(call, subnet), {"ETag": subnet["etag"]})


@ROUTES.route("PUT", _SUBNET)
def put_subnet(call: Call) -> Answer:
    """[REC] 201 or 200. The network is Updating for as long [ISS]."""
    world, network = call.world, network_of(call)
    old = network.subnet(call.params["subnet"])
    request = {**(call.json() or {}), "name": old["name"] if old else call.params["subnet"]}
    others = [one for one in network.subnets if one is not old]
    subnets.refuse_bad(network.id, network.prefixes, [*others, request])
    _refuse_unless_linked(call, network.id, [request])
    refusals.refuse_unless_matching(call, old["etag"] if old else None)
    operations.refuse_while_busy(call, network.id)
    made = subnets.document(network.id, request, call.query["api-version"])
    subnets.refuse_policies(world, made["id"], made, call.query["api-version"])
    if old is None:
        network.subnets.append(made)
    else:
        old["properties"], made = made["properties"], old
    _begin_change(call, network, "PutSubnetOperation")
    operation = operations.begin(call, network, lambda: networks.mark(world, network, "Succeeded"))
    return operations.put_answer(call, 200 if old else 201, _subnet_shown(call, made), operation)


def _begin_change(call: Call, network: Network, name: str) -> None:
    network.last_operation = name
    network.properties["provisioningState"] = "Updating"
    networks.touch(call.world, network)


@ROUTES.route("DELETE", _SUBNET)
def delete_subnet(call: Call) -> Answer:
    """[REC] 202; 204 when there was none [SPEC]."""
    world, network = call.world, network_of(call)
    subnet = network.subnet(call.params["subnet"])
    if subnet is None:
        return Answer(204)
    operations.refuse_while_busy(call, network.id)
    subnets.refuse_in_use(world, [subnet])

    def finish() -> None:
        network.subnets[:] = [one for one in network.subnets if one is not subnet]
        networks.mark(world, network, "Succeeded")

    subnet["properties"]["provisioningState"] = "Deleting"
    _begin_change(call, network, "DeleteSubnetOperation")
    return operations.delete_answer(call, operations.begin(call, network, finish))


def _refuse_unless_linked(call: Call, network_id: str, wanted: list[dict[str, Any]]) -> None:
    """[D] Whoever ties a security group or a route table to a subnet must be allowed to join it."""
    for subnet in wanted:
        subnet_id = f"{network_id}/subnets/{subnet['name']}"
        for member, kind in subnets.LINKS.items():
            linked = ((subnet.get("properties") or {}).get(member) or {}).get("id")
            if linked and not _is_linked(call, subnet_id, member, linked):
                action = f"Microsoft.Network/{kind}/join/action"
                refusals.refuse_unless_linked(call, f"{subnets.SUBNETS}/write", subnet_id, action, linked)
                refusals.referenced(call, linked, subnet_id)


def _is_linked(call: Call, subnet_id: str, member: str, linked: str) -> bool:
    network = networks.find(call.world, subnet_id)
    old = network.subnet(subnet_id.rpartition("/")[2]) if network else None
    return old is not None and same_id((old["properties"].get(member) or {}).get("id"), linked)
