"""virtualNetworkPeerings."""

from __future__ import annotations

from typing import Any

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.core.router import Routes
from emulator.providers.network import ages, networks, operations, peerings, refusals
from emulator.providers.network.network_routes import NETWORK, network_of
from emulator.providers.network.networks import Network

ROUTES = Routes()
_PEERINGS = NETWORK + "/virtualNetworkPeerings"
_PEERING = _PEERINGS + "/{peering}"


def _peering(call: Call) -> tuple[Network, dict[str, Any]]:
    """Raises Refusal: 404 NotFound [INF: as for a subnet]."""
    network = network_of(call)
    found = peerings.named(network, call.params["peering"])
    if found is None:
        raise refusals.child_not_found(f"{network.id}/virtualNetworkPeerings/{call.params['peering']}")
    return network, found


def _shown(call: Call, network: Network, peering: dict[str, Any]) -> dict[str, Any]:
    return ages.of_peering(call, peerings.shown(call.world, network, peering))


@ROUTES.route("GET", _PEERINGS)
def list_peerings(call: Call) -> Answer:
    network = network_of(call)
    return Answer(200, {"value": [_shown(call, network, one) for one in network.peerings]})


@ROUTES.route("GET", _PEERING)
def get_peering(call: Call) -> Answer:
    network, peering = _peering(call)
    return Answer(200, _shown(call, network, peering), {"ETag": peering["etag"]})


@ROUTES.route("PUT", _PEERING)
def put_peering(call: Call) -> Answer:
    """[REC] 201 or 200; the state is that of the end already."""
    world, network, asked = call.world, network_of(call), (call.json() or {}).get("properties") or {}
    remote = str((asked.get("remoteVirtualNetwork") or {}).get("id") or "")
    old = peerings.named(network, call.params["peering"])
    refusals.refuse_unless_matching(call, old["etag"] if old else None)
    _refuse_while_busy(call, network, remote)
    peering = peerings.put(call, network, call.params["peering"], asked)
    _mark(call, network, peering, "Updating")
    about = Resource(peering["id"], network.body, world.clock.now())
    operation = operations.begin(call, about, lambda: _mark(call, network, peering, "Succeeded"))
    if other := networks.find(world, remote):
        networks.touch(world, other)
    return operations.put_answer(call, 200 if old else 201, _shown(call, network, peering), operation)


def _mark(call: Call, network: Network, peering: dict[str, Any], state: str) -> None:
    peering["properties"]["provisioningState"] = state
    networks.touch(call.world, network)


def _refuse_while_busy(call: Call, network: Network, remote: str) -> None:
    """[ISS] Neither network may have a peering in progress, nor this one a change of its own."""
    other = networks.find(call.world, remote)
    busy = [one["id"] for each in (network, other) if each for one in each.peerings]
    operations.refuse_while_busy(call, network.id, *busy)


@ROUTES.route("DELETE", _PEERING)
def delete_peering(call: Call) -> Answer:
    """[REC] 202; 204 when there was none [SPEC]."""
    world, network = call.world, network_of(call)
    peering = peerings.named(network, call.params["peering"])
    if peering is None:
        return Answer(204)
    _refuse_while_busy(call, network, peerings.remote_id(peering))

    def finish() -> None:
        peerings.remove(world, network, peering)
        networks.touch(world, network)

    _mark(call, network, peering, "Deleting")
    about = Resource(peering["id"], network.body, world.clock.now())
    return operations.delete_answer(call, operations.begin(call, about, finish))
