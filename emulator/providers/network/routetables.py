"""Route tables and their routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.providers.network import addresses
from emulator.providers.network.refusals import network_error

ROUTE_TABLES = "Microsoft.Network/routeTables"
_HOPS = ("VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None")
_MEMBERS = ("addressPrefix", "nextHopType", "nextHopIpAddress")


def own_properties(asked: dict[str, Any]) -> dict[str, Any]:
    """[SPEC] What a table shows beside its routes."""
    return {"disableBgpRoutePropagation": bool(asked.get("disableBgpRoutePropagation"))}


def route_properties(asked: dict[str, Any]) -> dict[str, Any]:
    """[SPEC] A route as it was sent; whether it overrides that of a gateway is filled in."""
    shown = {name: asked[name] for name in _MEMBERS if asked.get(name) is not None}
    return {**shown, "hasBgpOverride": False}


def refuse_bad_routes(routes: Sequence[dict[str, Any]], parent_id: str) -> None:
    """Raises Refusal: 400 for a range that is none, an unknown next hop, a missing or a needless address of it [D]."""
    for route in routes:
        properties, route_id = route.get("properties") or {}, f"{parent_id}/routes/{route['name']}"
        prefix, hop = str(properties.get("addressPrefix") or ""), properties.get("nextHopType")
        if prefix[:1].isdigit() or not prefix:  # a letter begins a service tag [D]
            addresses.checked(prefix, route_id)
        if hop not in _HOPS:
            raise network_error(400, "InvalidRequestFormat", f"Route {route_id} has an unknown next hop type '{hop}'.")
        if (hop == "VirtualAppliance") != bool(properties.get("nextHopIpAddress")):
            message = f"Route {route_id} must have a next hop IP address if its next hop type is VirtualAppliance, "
            raise network_error(400, "InvalidNextHopIpAddress", f"{message}and must not have one otherwise.")
