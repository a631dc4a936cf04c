"""What must be true once the nodes of pl-nothing reach the vault by its private endpoint: of Azure's state, and of what
the command says that it has seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.entra.metadata import VAULT_SUFFIX
from emulator.providers.network import peerings
from emulator.providers.network.networks import Network
from emulator.providers.network.zonegroups import ZONE_GROUPS
from emulator.providers.privatedns import links, zones
from emulator.resolution import resolve
from emulator.world import EmulatedWorld

if TYPE_CHECKING:
    from tests.e2e.conftest import Ended, Station

ADDRESS = "10.1.0.4"
"""Of the endpoint: the first that its subnet has to give."""
PODS = "/registry/pods/kube-system/akskv-"


def untrue(station: Station, ended: Ended) -> Iterator[str]:
    """Nothing when all is well."""
    world = station.emulation.world
    yield from station.emulation.server.call(lambda: [*_naming(world), *_peering(world)])
    yield from _proofs(ended.json["proofs"])
    if station.vault()["publicNetworkAccess"] != "Disabled":
        yield "the vault was opened"
    storage = station.api_server().registry.storage
    yield from (f"left behind: {key}" for key, _ in storage.range(PODS, "", storage.revision))


def _all(world: EmulatedWorld, kind: str) -> list[Resource]:
    """Also those that belong to another resource."""
    return [each for each in world.resources if str(each.body.get("type")).lower() == kind.lower()]


def _networks(world: EmulatedWorld) -> tuple[Network, Network]:
    """The nodes' one and the vault's one."""
    found = [each for each in world.resources if isinstance(each, Network)]
    (far,) = (each for each in found if each.id.endswith("/vault-vnet"))
    (near,) = (each for each in found if each is not far)
    return near, far


def _naming(world: EmulatedWorld) -> Iterator[str]:
    """One zone with one link, to the nodes' network, and one record, that the endpoint keeps."""
    near, _ = _networks(world)
    found = {kind: _all(world, kind) for kind in (zones.ZONES, links.TYPE, f"{zones.ZONES}/A", ZONE_GROUPS)}
    yield from (f"{len(each)} of {kind}" for kind, each in found.items() if len(each) != 1)
    if [each.network.lower() for each in found[links.TYPE] if isinstance(each, links.Link)] != [near.id.lower()]:
        yield "the zone is not linked to the nodes' network"
    seen = resolve(world, near.id, f"shop-kv.{VAULT_SUFFIX}")
    if seen.addresses != (ADDRESS,):
        yield f"the nodes find {seen.addresses}"


def _peering(world: EmulatedWorld) -> Iterator[str]:
    """One on each side, to the other one."""
    near, far = _networks(world)
    for own, other in ((near, far), (far, near)):
        sides = [_side(each) for each in own.peerings]
        if sides != [(other.id.lower(), "Connected", True, "Succeeded")]:
            yield f"peerings of {own.body['name']}: {sides}"


def _side(peering: dict[str, Any]) -> tuple[str, str, bool, str]:
    properties = peering["properties"]
    return (
        peerings.remote_id(peering).lower(),
        properties["peeringState"],
        properties["allowVirtualNetworkAccess"],
        properties["provisioningState"],
    )


def _proofs(proofs: list[dict[str, Any]]) -> Iterator[str]:
    """Of the one node subnet, that the vault itself has answered it."""
    shown = [(each["addresses"], each["connection"], each["certificate"], each["status"]) for each in proofs]
    if shown != [([ADDRESS], "open", "good", 200)]:
        yield f"proofs: {shown}"
    if any("conn_type=" not in each["networkInfo"] for each in proofs):
        yield "a proof without the vault's word on how it was reached"
