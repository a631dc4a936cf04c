"""What Azure refuses about private endpoints."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Call
from emulator.providers.ids import same_id
from emulator.providers.network import endpoints, networks, refusals, targets
from emulator.providers.network.endpoints import Endpoint
from emulator.providers.network.networks import Network
from emulator.providers.network.refusals import network_error
from emulator.providers.network.subnets import ENDPOINTS

_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
_LONGEST_MESSAGE = 140
_POLICIES_MATTER_BEFORE = "2021-05-01"


def refuse_bad(call: Call, own: str, request: dict[str, Any], existing: Endpoint | None) -> None:
    """Raises Refusal: for a request that no endpoint can come of."""
    refusals.require_location(request)
    connection = _only_connection(own, request)
    subnet_id = str(((request.get("properties") or {}).get("subnet") or {}).get("id") or "")
    if existing is not None:
        refusals.refuse_other_location(call, existing, request)
        _refuse_move(existing, subnet_id, connection["privateLinkServiceId"])
        return
    refusals.refuse_unless_linked(call, f"{ENDPOINTS}/write", own, _JOIN, subnet_id)
    _refuse_bad_subnet(call, own, subnet_id, str(request["location"]))
    _refuse_bad_target(call, own, request, str(connection["privateLinkServiceId"]))


def _only_connection(own: str, request: dict[str, Any]) -> dict[str, Any]:
    """[D] An endpoint leads to one thing. [OWN] The codes."""
    found = endpoints.connections_in(request)
    if len(found) != 1 or not (found[0].get("properties") or {}).get("privateLinkServiceId"):
        message = f"Private endpoint {own} must have exactly one private link service connection."
        raise network_error(400, "InvalidRequestFormat", message)
    properties: dict[str, Any] = found[0]["properties"]
    if len(str(properties.get("requestMessage") or "")) > _LONGEST_MESSAGE:
        message = f"The request message of private endpoint {own} is longer than {_LONGEST_MESSAGE} characters."
        raise network_error(400, "PrivateEndpointRequestMessageTooLong", message)
    return properties


def _refuse_move(existing: Endpoint, subnet_id: str, target: str) -> None:
    """[INF] Neither its subnet nor where it leads to changes. [OWN] The code."""
    if not same_id(existing.properties["subnet"]["id"], subnet_id) or not same_id(existing.target, target):
        message = f"The subnet and the private link service of private endpoint {existing.id} cannot be changed."
        raise network_error(400, "PrivateEndpointCannotBeMoved", message)


def _refuse_bad_subnet(call: Call, own: str, subnet_id: str, location: str) -> None:
    """[ISS] A subnet that is there, in the same region, of a network that is not changing; [3P] none that is delegated;
    [ISS] in older versions none with network policies."""
    network = networks.find(call.world, subnet_id)
    subnet = network.subnet(subnet_id.rpartition("/")[2]) if network else None
    if network is None or subnet is None or not _is_in(network, location):
        raise refusals.not_referenced(subnet_id, own)
    _refuse_unprovisioned(own, network)
    if subnet["properties"]["delegations"]:
        service = subnet["properties"]["delegations"][0]["properties"]["serviceName"]
        message = f"Resource {own} cannot be created in subnet {subnet_id} because it is delegated to {service}."
        raise network_error(400, "ResourceNotPermittedOnDelegatedSubnet", message)
    policies = subnet["properties"]["privateEndpointNetworkPolicies"]
    if policies == "Enabled" and call.query["api-version"] < _POLICIES_MATTER_BEFORE:
        raise network_error(
            400,
            "PrivateEndpointCannotBeCreatedInSubnetThatHasNetworkPoliciesEnabled",
            f"Private endpoint {own} cannot be created in a subnet {subnet_id} since it has private endpoint network "
            "policies enabled.",
        )


def _is_in(network: Network, location: str) -> bool:
    return bool(network.body["location"].lower() == location.replace(" ", "").lower())


def _refuse_unprovisioned(own: str, network: Network) -> None:
    state = network.properties["provisioningState"]
    if state != "Succeeded":
        raise network_error(
            400,
            "ReferencedResourceNotProvisioned",
            f"Cannot proceed with operation because resource {network.id} used by resource {own} is not in Succeeded "
            f"state. Resource is in {state} state and the last operation that updated/is updating the resource is "
            f"{network.last_operation}.",
        )


def _refuse_bad_target(call: Call, own: str, request: dict[str, Any], target: str) -> None:
    """[ISS] Without the right to approve, a connection that is not manual is refused; [D] the manual one waits."""
    if (request.get("properties") or {}).get(endpoints.AUTOMATIC):
        action = targets.approval_action(target)
        refusals.refuse_unless_linked(call, f"{ENDPOINTS}/write", own, action, target)
    refusals.referenced(call, target, own)
