"""Links of private DNS zones to virtual networks: the documents, and what can be linked with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.core.operations import OperationFailed
from emulator.core.resources import Resource
from emulator.providers.ids import name_of, same_id
from emulator.providers.privatedns import zones
from emulator.providers.privatedns.refusals import bad_request

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

TYPE = f"{zones.ZONES}/{zones.LINKS}"
NETWORKS = "Microsoft.Network/virtualNetworks"
POLICIES = ("Default", "NxDomainRedirect")
WITH_POLICY = "2024-06-01"
"""The first version that knows resolutionPolicy [REC]."""


@dataclass
class Link(Resource):
    """`complete`: when virtualNetworkLinkState has got to Completed."""

    complete: datetime

    @property
    def network(self) -> str:
        return str(self.body["properties"]["virtualNetwork"]["id"])

    @property
    def registers(self) -> bool:
        return bool(self.body["properties"]["registrationEnabled"])

    @property
    def zone_id(self) -> str:
        return self.id.rpartition(f"/{zones.LINKS}/")[0]


def link_id(zone: str, name: str) -> str:
    """[REC] The name in lower case, however it was asked for."""
    return f"{zone}/{zones.LINKS}/{name.lower()}"


def put(world: EmulatedWorld, zone: Resource, name: str, request: Mapping[str, Any], created: datetime) -> Link:
    """Creates or replaces a link from the body of a PUT."""
    new_id, asked = link_id(zone.id, name), request.get("properties") or {}
    existing = world.resources.get(new_id)
    policy = existing.body["properties"]["resolutionPolicy"] if existing else POLICIES[0]
    registers = bool(asked.get("registrationEnabled"))
    wait = world.spec.delays.update if registers else 0.0
    body: dict[str, Any] = {
        "id": new_id,
        "name": name_of(new_id),
        "type": TYPE,
        "etag": _etag(world),
        "location": "global",
        **({"tags": dict(request["tags"])} if request.get("tags") else {}),
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": registers,
            "resolutionPolicy": asked.get("resolutionPolicy") or policy,
            "virtualNetwork": {"id": asked["virtualNetwork"]["id"]},
        },
    }
    made = Link(new_id, body, existing.created if existing else created, created + timedelta(seconds=wait))
    world.resources.put(made)
    return made


def _etag(world: EmulatedWorld) -> str:
    """[REC] Of another kind than those of zones and record sets, and in quotes."""
    return f'"{world.ids.next("etag")[:8]}-0000-0100-0000-{int(world.clock.now().timestamp()):08x}0000"'


def shown(world: EmulatedWorld, link: Link, api_version: str) -> dict[str, Any]:
    """[REC] A link with registration is InProgress for a while after it has Succeeded, another is Completed at once.
    resolutionPolicy: only in zones for private link."""
    properties = dict(link.body["properties"])
    if api_version < WITH_POLICY or not of_private_link(name_of(link.zone_id)):
        del properties["resolutionPolicy"]
    done = link.complete <= world.clock.now()
    properties["virtualNetworkLinkState"] = "Completed" if done else "InProgress"
    return {**link.body, "properties": properties}


def of_private_link(zone_name: str) -> bool:
    """Whether the zone is one of those for private endpoints: `privatelink.vaultcore.azure.net`."""
    return "privatelink" in zone_name.split(".")


def all_links(world: EmulatedWorld) -> Iterator[Link]:
    return (one for one in world.resources if isinstance(one, Link))


def links_to(world: EmulatedWorld, network_id: str) -> list[Link]:
    """Those of any zone, in any subscription."""
    return [link for link in all_links(world) if same_id(link.network, network_id)]


def forget_network(world: EmulatedWorld, network_id: str) -> None:
    """[D] A network is deleted: its links go with it."""
    for link in links_to(world, network_id):
        world.resources.remove(link.id)


def refuse_bad(world: EmulatedWorld, new_id: str, request: Mapping[str, Any]) -> None:
    """What no link can be, told before anything begins.

    Raises Refusal: 400 BadRequest, flat [ISS].
    """
    asked = request.get("properties") or {}
    network_id = str((asked.get("virtualNetwork") or {}).get("id") or "")
    if not isinstance(asked.get("registrationEnabled"), bool):
        raise bad_request("The specified virtual network link registration setting is invalid.")
    if world.resources.get(network_id) is None or f"/{NETWORKS}/".lower() not in network_id.lower():
        raise bad_request(f"Virtual network resource not found for '{network_id}'")
    if asked.get("resolutionPolicy") not in (None, *POLICIES):
        raise bad_request(f"The resolution policy '{asked['resolutionPolicy']}' is not one of {', '.join(POLICIES)}.")
    existing = world.resources.get(new_id)
    if isinstance(existing, Link) and not same_id(existing.network, network_id):
        raise bad_request("The virtual network of a virtual network link cannot be changed.")
    zone = new_id.rpartition(f"/{zones.LINKS}/")[0]
    for link in links_to(world, network_id):
        if same_id(name_of(link.zone_id), name_of(zone)) and not same_id(link.zone_id, zone):
            raise bad_request(
                "A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link "
                f"virtual network with '{name_of(link.zone_id)}' and '{name_of(zone)}' zones."
            )


def refuse_conflict(world: EmulatedWorld, new_id: str, request: Mapping[str, Any]) -> None:
    """What is found out inside the operation.

    Raises OperationFailed: Conflict [ISS].
    """
    asked, zone = request["properties"], new_id.rpartition(f"/{zones.LINKS}/")[0]
    others = [one for one in links_to(world, asked["virtualNetwork"]["id"]) if not same_id(one.id, new_id)]
    for link in others:
        if same_id(link.zone_id, zone):
            text = f"is already linked to the Private DNS zone '{name_of(zone)}' by '{name_of(link.id)}'."
            raise OperationFailed("Conflict", f"The virtual network '{link.network}' {text}")
        if asked["registrationEnabled"] and link.registers:
            raise OperationFailed(
                "Conflict",
                "A virtual network can only be linked to 1 Private DNS zone(s) with auto-registration enabled; "
                f'conflicting Private DNS zone is "{link.zone_id}"',
            )
