"""Which recorded rows the emulator has a route for: its own routers say so, nobody picks them by hand."""

from __future__ import annotations

from emulator import arm
from emulator.core.router import Route
from emulator.dataplane.keyvault.routes import routes as keys
from emulator.providers.versions import VERSIONS
from tests.emulator.traffic.recordings import Row

VAULTS = ".vault.azure.net"
_HSMS = ".managedhsm.azure.net"
_PROVIDER = "/providers/{namespace}"
_EMULATED = {name.partition("/")[0].lower() for name in VERSIONS}
NOT_COMPARED = {
    "/keys/{name}/{version}": "its last segment is no version but `rotationpolicy`, which the emulator does not have",
    _PROVIDER: "it asks about the provider of a service that the emulator does not have",
}
"""Route -> why some rows that fit it are counted with those that have none; `is_implemented` says which."""


def is_implemented(row: Row) -> bool:
    route = _route(row)
    if route is None:
        return False
    if route.template.partition("/register")[0].endswith(_PROVIDER):
        return row.path.partition("/providers/")[2].partition("/")[0].lower() in _EMULATED
    return not row.path.endswith("/rotationpolicy")


def _route(row: Row) -> Route | None:
    found = None
    if row.host.endswith(VAULTS):
        found = keys.find(row.method, row.path)
    elif row.host.startswith("management."):
        found = arm.find_route(row.method, row.path)
    return found[0] if found else None


def name_of_operation(row: Row) -> str:
    """As the tables have it; the same paths of a managed HSM are another service's."""
    return row.operation if not row.host.endswith(_HSMS) else f"{row.operation} (managed HSM)"
