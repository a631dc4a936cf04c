"""What answers of some days and versions show. The version in a recorded URL may be younger, the day not."""

from __future__ import annotations

import copy
from typing import Any

from emulator.core.http import Call

_SPACES_WITH_POOLS = ("2024-08-01", "2024-10-01")
_SUBNETS_WITH_POOLS = ("2024-07-01", "2024-10-01")
"""[REC] For some months of 2024 address spaces and subnets showed that no pool had filled them."""
_ENDPOINT_POLICIES = ("2024-08-01", "2024-03-01")
"""[REC] privateEndpointVNetPolicies: since this day, in versions from this one on."""
_SYNC_LEVELS = ("2021-01-01", "2021-01-01")
_POOLS = "ipamPoolPrefixAllocations"


def of_network(call: Call, document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a network's document as its day and version show it."""
    shown = copy.deepcopy(document)
    properties = shown["properties"]
    since_day, since_version = _ENDPOINT_POLICIES
    if _today(call) < since_day or call.query["api-version"] < since_version:
        properties.pop("privateEndpointVNetPolicies", None)
    _with_pools(call, properties["addressSpace"], _SPACES_WITH_POOLS)
    properties["subnets"] = [of_subnet(call, one) for one in properties["subnets"]]
    properties["virtualNetworkPeerings"] = [of_peering(call, one) for one in properties["virtualNetworkPeerings"]]
    return shown


def of_subnet(call: Call, document: dict[str, Any]) -> dict[str, Any]:
    shown = copy.deepcopy(document)
    _with_pools(call, shown["properties"], _SUBNETS_WITH_POOLS)
    return shown


def of_peering(call: Call, document: dict[str, Any]) -> dict[str, Any]:
    """[REC] The answers of 2018 have no sync level, and the remote address space once."""
    shown = copy.deepcopy(document)
    properties = shown["properties"]
    since_day, since_version = _SYNC_LEVELS
    if _today(call) < since_day or call.query["api-version"] < since_version:
        properties.pop("peeringSyncLevel", None)
        properties.pop("remoteVirtualNetworkAddressSpace", None)
    for name in ("remoteAddressSpace", "remoteVirtualNetworkAddressSpace"):
        if name in properties:
            _with_pools(call, properties[name], _SPACES_WITH_POOLS)
    return shown


def _with_pools(call: Call, holder: dict[str, Any], days: tuple[str, str]) -> None:
    if days[0] <= _today(call) < days[1]:
        holder[_POOLS] = []


def _today(call: Call) -> str:
    return f"{call.world.clock.now():%Y-%m-%d}"
