"""What Azure refuses about peerings, in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from emulator.core.http import Call, Refusal
from emulator.core.resources import Resource
from emulator.providers.ids import covers, name_of, same_id
from emulator.providers.network import addresses, networks
from emulator.providers.network.networks import Network
from emulator.providers.network.refusals import network_error, not_referenced, refuse_unless_linked

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

PEER = "Microsoft.Network/virtualNetworks/peer/action"
_WRITE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write"
_NAME = re.compile(r"\w(?:[\w.-]{0,78}\w)?", re.ASCII)
_GATEWAYS = "Microsoft.Network/virtualNetworkGateways"


def remote_network(call: Call, own: str, remote: str, old: dict[str, Any] | None) -> Network:
    """The network that a peering is to reference. Raises Refusal: for a bad name [ISS], a missing or a changed remote
    id [OWN: the codes], 403 LinkedAuthorizationFailed [3P], 400 for a remote network that is not there [ISS]."""
    _refuse_bad_name(name_of(own))
    if not remote:
        raise network_error(400, "InvalidRequestFormat", f"Peering {own} must have a remoteVirtualNetwork with an id.")
    if old is not None and not same_id(old["properties"]["remoteVirtualNetwork"]["id"], remote):
        message = (
            f"The remote virtual network of peering {own} cannot be changed. Delete the peering and create it again."
        )
        raise network_error(400, "RemoteVnetReferenceCannotBeChanged", message)
    refuse_unless_linked(call, _WRITE, own, PEER, remote)
    other = networks.find(call.world, remote)
    if other is None or not same_id(other.id, remote):
        raise not_referenced(remote, own)
    return other


def _refuse_bad_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise network_error(
            400,
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            "'.', '-', '_'.",
        )


def refuse_bad(world: EmulatedWorld, network: Network, own: str, other: Network, asked: dict[str, Any]) -> None:
    """Raises Refusal: 400 for whatever stands between two networks."""
    _refuse_second_reference(network, own, other)
    _refuse_unprovisioned(own, other)
    _refuse_disconnected(network, own, other)
    if asked.get("peerCompleteVnets", True):  # [3P] of peered subnets what lies outside the lists may overlap
        refuse_overlap(own, network, other)
    if asked.get("useRemoteGateways"):
        _refuse_without_gateways(world, network, own, other)


def _refuse_second_reference(network: Network, own: str, other: Network) -> None:
    for peering in _peerings_with(network, other.id):
        if not same_id(peering["id"], own):
            raise network_error(
                400,
                "AnotherPeeringAlreadyReferencesRemoteVnet",
                f"Peering {peering['id']} already references remote virtual network Id: {other.id}\r\n"
                f"AddressSpace: {', '.join(other.prefixes)}\r\nResourceGuid: {other.properties['resourceGuid']}. "
                "Cannot add another peering referencing the same remote virtual network.",
            )


def _refuse_unprovisioned(own: str, other: Network) -> None:
    state = other.properties["provisioningState"]
    if state != "Succeeded":
        raise network_error(
            400,
            "ReferencedResourceNotProvisioned",
            f"Cannot proceed with operation because resource {other.id} used by resource {own} is not in Succeeded "
            f"state. Resource is in {state} state and the last operation that updated/is updating the resource is "
            f"{other.last_operation}.",
        )


def _refuse_disconnected(network: Network, own: str, other: Network) -> None:
    """[ISS] Only a new side: one that is Disconnected itself may begin again [INF]."""
    is_new = not any(same_id(one["id"], own) for one in network.peerings)
    for back in _peerings_with(other, network.id):
        if is_new and back["properties"]["peeringState"] == "Disconnected":
            raise network_error(
                400,
                "RemotePeeringIsDisconnected",
                f"Cannot create or update peering {own} because remote peering {back['id']} referencing parent virtual "
                f"network {network.id} is in Disconnected state. Update or re-create the remote peering to get it back "
                "to Initiated state. Peering gets Disconnected when remote vnet or remote peering is deleted and "
                "re-created.",
            )


def _peerings_with(network: Network, other_id: str) -> Iterator[dict[str, Any]]:
    for one in network.peerings:
        if same_id(one["properties"]["remoteVirtualNetwork"]["id"], other_id):
            yield one


def refuse_overlap(own: str, network: Network, other: Network) -> None:
    """Raises Refusal: 400 VnetAddressSpacesOverlap [ISS], VnetAddressSpaceOverlapsWithAlreadyPeeredVnet [ISS]."""
    if shared := addresses.overlapping(network.prefixes, other.prefixes):
        raise network_error(
            400,
            "VnetAddressSpacesOverlap",
            f"Cannot create or update peering {own}. Virtual networks {network.id} and {other.id} cannot be peered "
            f"because their address spaces overlap. Overlapping address prefixes: {', '.join(shared)}",
        )
    for first, second in ((network, other), (other, network)):
        for third, shared in _overlapping_peers(first, second):
            raise network_error(
                400,
                "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet",
                f"Cannot create or update peering {own}. Virtual networks {first.id} and {second.id} cannot be peered "
                f"because address space of the first virtual network overlaps with address space of virtual network "
                f"{third} already peered with the second virtual network. Overlapping address prefixes: "
                f"{', '.join(shared)}. For more information please refer to https://aka.ms/VnetPeeringInfo",
            )


def _overlapping_peers(first: Network, second: Network) -> Iterator[tuple[str, list[str]]]:
    """[3P] A Disconnected peering counts as well, with the addresses that it last saw."""
    for one in second.peerings:
        properties = one["properties"]
        third = str(properties["remoteVirtualNetwork"]["id"])
        shared = addresses.overlapping(first.prefixes, properties["remoteAddressSpace"]["addressPrefixes"])
        if shared and not same_id(third, first.id):
            yield third, shared


def refuse_overlap_after(world: EmulatedWorld, network: Network, prefixes: Sequence[str]) -> None:
    """[INF] An address space cannot grow into that of a peered network. Raises Refusal: 400."""
    for peering in network.peerings:
        other = networks.find(world, peering["properties"]["remoteVirtualNetwork"]["id"])
        shared = addresses.overlapping(prefixes, other.prefixes) if other else []
        if other and shared:
            raise network_error(
                400,
                "VnetAddressSpacesOverlap",
                f"Cannot create or update peering {peering['id']}. Virtual networks {network.id} and {other.id} cannot "
                f"be peered because their address spaces overlap. Overlapping address prefixes: {', '.join(shared)}",
            )


def gateways_of(world: EmulatedWorld, network_id: str) -> list[Resource]:
    """The virtual network gateways in a network."""
    return [
        one
        for one in world.resources.under("/", _GATEWAYS)
        if any(
            covers(network_id, str((each["properties"].get("subnet") or {}).get("id")))
            for each in (one.body.get("properties") or {}).get("ipConfigurations") or []
        )
    ]


def _refuse_without_gateways(world: EmulatedWorld, network: Network, own: str, other: Network) -> None:
    """Raises Refusal: 400 RemoteVnetHasNoGateways [ISS]; [OWN] the code where the other side allows no transit."""
    if not gateways_of(world, other.id):
        raise network_error(
            400,
            "RemoteVnetHasNoGateways",
            f"Peering {own} cannot have UseRemoteGateway flag set to true because remote virtual network {other.id} "
            "referenced by the peering does not have any gateways.",
        )
    for back in _peerings_with(other, network.id):
        if not back["properties"]["allowGatewayTransit"]:
            raise _no_transit(own)


def _no_transit(own: str) -> Refusal:
    return network_error(
        400,
        "RemotePeeringDoesNotAllowGatewayTransit",
        f"Peering {own} cannot have UseRemoteGateways flag set to true, because corresponding remote peering has "
        "AllowGatewayTransit flag set to false.",
    )
