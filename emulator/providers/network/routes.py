"""Microsoft.Network: all its routes in one."""

from __future__ import annotations

from emulator.core.router import Routes
from emulator.providers.network import (
    endpoint_routes,
    list_routes,
    network_routes,
    operations,
    peering_routes,
    zonegroup_routes,
)

ROUTES = Routes()
for _part in (operations, network_routes, peering_routes, list_routes, endpoint_routes, zonegroup_routes):
    ROUTES.routes += _part.ROUTES.routes
