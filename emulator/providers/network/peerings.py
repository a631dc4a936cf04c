"""Peerings of virtual networks: each side is an object in its own network's document, and the two make a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emulator.core.http import Call
from emulator.providers.ids import same_id
from emulator.providers.network import networks, peering_rules, refusals
from emulator.providers.network.networks import Network

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

PEERINGS = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
FLAGS = {
    "allowVirtualNetworkAccess": True,
    "allowForwardedTraffic": False,
    "allowGatewayTransit": False,
    "useRemoteGateways": False,
    "doNotVerifyRemoteGateways": False,
    "peerCompleteVnets": True,
}
"""[REC] What a peering shows of what was sent; [INF] what holds when it was not."""
_AS_SENT = ("localSubnetNames", "remoteSubnetNames", "enableOnlyIPv6Peering")


def named(network: Network, name: str) -> dict[str, Any] | None:
    return next((one for one in network.peerings if same_id(one["name"], name)), None)


def remote_id(peering: dict[str, Any]) -> str:
    return str(peering["properties"]["remoteVirtualNetwork"]["id"])


def reverse(world: EmulatedWorld, network: Network, peering: dict[str, Any]) -> dict[str, Any] | None:
    """The other side: the remote network's peering that references this network."""
    other = networks.find(world, remote_id(peering))
    return towards(other, network.id) if other else None


def towards(network: Network, other_id: str) -> dict[str, Any] | None:
    """The network's peering with another one."""
    return next((one for one in network.peerings if same_id(remote_id(one), other_id)), None)


def document(world: EmulatedWorld, network: Network, name: str, remote: str, seen: Sequence[str]) -> dict[str, Any]:
    """A new side, Initiated, that has seen these prefixes of the remote network. [REC] Both sides have one guid."""
    guid = world.ids.uuid("peering", *sorted((network.id.lower(), remote.lower())))
    properties = {
        "provisioningState": "Updating",
        "resourceGuid": guid,
        "peeringState": "Initiated",
        "remoteVirtualNetwork": {"id": remote},
        **FLAGS,
        "remoteAddressSpace": {"addressPrefixes": list(seen)},
    }
    own = f"{network.id}/virtualNetworkPeerings/{name}"
    return {"name": name, "id": own, "etag": network.body["etag"], "properties": properties, "type": PEERINGS}


def put(call: Call, network: Network, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Makes or changes a side and moves the pair on. Raises Refusal for everything that `peering_rules` knows.

    [REC] A new side is Initiated, and Connected with the other when that is there. [ISS][D] A Disconnected one becomes
    Initiated again. Only a new side, a renewed one and one that is told to sync look at the remote address space.
    """
    world, remote = call.world, str((asked.get("remoteVirtualNetwork") or {}).get("id") or "")
    old = named(network, name)
    own = f"{network.id}/virtualNetworkPeerings/{old['name'] if old else name}"
    other = peering_rules.remote_network(call, own, remote, old)
    peering_rules.refuse_bad(world, network, own, other, asked)
    peering = old or document(world, network, name, other.id, other.prefixes)
    if old is None:
        network.peerings.append(peering)
    properties = peering["properties"]
    properties |= {flag: asked.get(flag, properties[flag]) for flag in FLAGS}
    properties |= {member: asked[member] for member in _AS_SENT if asked.get(member) is not None}
    _move_on(peering, towards(other, network.id))
    if old is None or call.query.get("syncremoteaddressspace", "").lower() == "true" or _is_new(properties):
        properties["remoteAddressSpace"] = {"addressPrefixes": list(other.prefixes)}
    return peering


def _move_on(peering: dict[str, Any], back: dict[str, Any] | None) -> None:
    properties = peering["properties"]
    if back is not None and back["properties"]["peeringState"] in ("Initiated", "Connected"):
        properties["peeringState"] = back["properties"]["peeringState"] = "Connected"
    elif properties["peeringState"] == "Disconnected":
        properties["peeringState"] = "Initiated"


def _is_new(properties: dict[str, Any]) -> bool:
    return bool(properties["peeringState"] == "Initiated")


def remove(world: EmulatedWorld, network: Network, peering: dict[str, Any]) -> None:
    """[3P] The other side is Disconnected."""
    back = reverse(world, network, peering)
    if back is not None:
        _disconnect(world, back)
    network.peerings[:] = [one for one in network.peerings if one is not peering]


def network_gone(world: EmulatedWorld, network: Network) -> None:
    """[3P] The other sides of all its peerings are Disconnected."""
    for other in networks.all_networks(world):
        back = towards(other, network.id)
        if back is not None and other is not network:
            _disconnect(world, back)


def _disconnect(world: EmulatedWorld, peering: dict[str, Any]) -> None:
    peering["properties"]["peeringState"] = "Disconnected"
    if owner := networks.find(world, peering["id"]):
        networks.touch(world, owner)


def shown(world: EmulatedWorld, network: Network, peering: dict[str, Any]) -> dict[str, Any]:
    """[REC][SPEC] With the level of sync, the remote network's address space of now beside that of the last sync, and
    the remote gateways in use."""
    properties = dict(peering["properties"])
    other = networks.find(world, remote_id(peering))
    now = other.prefixes if other else properties["remoteAddressSpace"]["addressPrefixes"]
    properties["remoteVirtualNetworkAddressSpace"] = {"addressPrefixes": list(now)}
    properties["peeringSyncLevel"] = _level(world, network, peering, now)
    properties["routeServiceVips"] = {}
    if other and "encryption" in other.properties:
        properties["remoteVirtualNetworkEncryption"] = other.properties["encryption"]
    gateways = peering_rules.gateways_of(world, remote_id(peering)) if properties["useRemoteGateways"] else []
    if gateways:
        properties["remoteGateways"] = [{"id": one.id} for one in gateways]
    return {**peering, "properties": properties}


def _level(world: EmulatedWorld, network: Network, peering: dict[str, Any], now: Sequence[str]) -> str:
    """[INF of the documents] Local: this side has not seen the remote addresses of now. Remote: the other side has not
    seen this network's, or is not there [REC]."""
    back = reverse(world, network, peering)
    local = _seen(peering) != list(now)
    remote = back is None or _seen(back) != network.prefixes
    levels = {(False, False): "FullyInSync", (True, False): "LocalNotInSync", (False, True): "RemoteNotInSync"}
    return levels.get((local, remote), "LocalAndRemoteNotInSync")


def _seen(peering: dict[str, Any]) -> list[str]:
    found: list[str] = peering["properties"]["remoteAddressSpace"]["addressPrefixes"]
    return found


def refuse_unless_peers(call: Call, network_id: str, listed: Sequence[dict[str, Any]]) -> None:
    """[ISS] A PUT of a network repeats its peerings, so it needs the right to peer with every remote network.

    Raises Refusal: 403 LinkedAuthorizationFailed.
    """
    for one in listed:
        remote = ((one.get("properties") or {}).get("remoteVirtualNetwork") or {}).get("id")
        if remote:
            action, write = peering_rules.PEER, "Microsoft.Network/virtualNetworks/write"
            refusals.refuse_unless_linked(call, write, network_id, action, remote)


def replace_all(call: Call, network: Network, listed: Sequence[dict[str, Any]] | None) -> None:
    """[INF] What a PUT of the network does to its peerings: those that its list leaves out are removed, new ones are
    put, of the others the flags change and no state; without a list they stay."""
    if listed is None:
        return
    kept = {str(one["name"]).lower() for one in listed}
    for peering in [one for one in network.peerings if one["name"].lower() not in kept]:
        remove(call.world, network, peering)
    for one in listed:
        asked, old = one.get("properties") or {}, named(network, str(one["name"]))
        if old is not None and same_id(remote_id(old), (asked.get("remoteVirtualNetwork") or {}).get("id")):
            old["properties"] |= {flag: asked[flag] for flag in FLAGS if asked.get(flag) is not None}
        else:
            put(call, network, str(one["name"]), asked)["properties"]["provisioningState"] = "Succeeded"
