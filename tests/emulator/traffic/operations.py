"""Which recorded rows the emulator has a route for: its own routers say so, nobody picks them by hand."""

from __future__ import annotations

from emulator import arm
from emulator.dataplane.keyvault.routes import routes as keys
from tests.emulator.traffic.recordings import Row

VAULTS = ".vault.azure.net"
_HSMS = ".managedhsm.azure.net"


def is_implemented(row: Row) -> bool:
    if row.host.endswith(VAULTS):
        return keys.find(row.method, row.path) is not None
    return row.host.startswith("management.") and arm.find_route(row.method, row.path) is not None


def name_of_operation(row: Row) -> str:
    """As the tables have it; the same paths of a managed HSM are another service's."""
    return row.operation if not row.host.endswith(_HSMS) else f"{row.operation} (managed HSM)"
