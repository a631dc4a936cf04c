"""Private DNS zones: the documents, what is counted in them, when a change of one is too late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id, name_of, same_id

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

ZONES = "Microsoft.Network/privateDnsZones"
LINKS = "virtualNetworkLinks"
RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "PTR", "SOA", "SRV", "TXT")
_LIMITS = {
    "maxNumberOfRecordSets": 25000,
    "maxNumberOfVirtualNetworkLinks": 1000,
    "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
}
_LABELS = range(2, 35)
SOA = {
    "email": "azureprivatedns-host.microsoft.com",
    "expireTime": 2419200,
    "host": "azureprivatedns.net",
    "minimumTtl": 10,
    "refreshTime": 3600,
    "retryTime": 300,
    "serialNumber": 1,
}
"""[REC] Of every zone."""


def zone_id(subscription: str, group: str, name: str) -> str:
    """[REC] `resourceGroups`; the name in lower case [INF from links, whose names are]."""
    return f"{group_id(subscription, group)}/providers/{ZONES}/{name.lower()}"


def create(world: EmulatedWorld, new_id: str, request: Mapping[str, Any], created: datetime) -> Resource:
    """A new zone from the body of a PUT, with the SOA record set that every zone has [REC]."""
    name = name_of(new_id)
    body = {"id": new_id, "name": name, "type": ZONES, "etag": "", "location": "global", "properties": {}}
    zone = world.resources.put(Resource(new_id, body, created))
    change(world, zone, request)
    properties = {"fqdn": f"{name}.", "ttl": 3600, "soaRecord": dict(SOA), "isAutoRegistered": False}
    soa_id, etag = f"{new_id}/SOA/@", world.ids.next("etag")
    soa = {"id": soa_id, "name": "@", "type": f"{ZONES}/SOA", "etag": etag, "properties": properties}
    world.resources.put(Resource(soa_id, soa, created))
    return zone


def change(world: EmulatedWorld, zone: Resource, request: Mapping[str, Any], *, whole: bool = True) -> None:
    """[REC] Only tags can change, absent where there are none; the etag is another one. A PATCH (not `whole`) keeps
    what it does not name [SPEC]."""
    if whole:
        zone.body.pop("tags", None)
    if request.get("tags") is not None:
        zone.body["tags"] = dict(request["tags"])
    zone.body["etag"] = world.ids.next("etag")


def records_of(world: EmulatedWorld, zone: Resource) -> Iterator[Resource]:
    """All record sets, by type."""
    for record_type in RECORD_TYPES:
        yield from world.resources.children(zone.id, record_type)


def links_of(world: EmulatedWorld, zone: Resource) -> Iterator[Resource]:
    return world.resources.children(zone.id, LINKS)


def all_zones(world: EmulatedWorld, scope: str = "/") -> Iterator[Resource]:
    return world.resources.under(scope, ZONES)


def shown(world: EmulatedWorld, zone: Resource) -> dict[str, Any]:
    """[REC] The document, with the numbers of what is in the zone now."""
    links = list(links_of(world, zone))
    properties = {
        **_LIMITS,
        "numberOfRecordSets": len(list(records_of(world, zone))),
        "numberOfVirtualNetworkLinks": len(links),
        "numberOfVirtualNetworkLinksWithRegistration": sum(
            bool(link.body["properties"]["registrationEnabled"]) for link in links
        ),
        "provisioningState": "Succeeded",
    }
    ordered = [key for key in zone.body if key not in ("tags", "properties")]
    head = {key: zone.body[key] for key in (*ordered, "tags") if key in zone.body}
    return {**head, "properties": properties}


def name_is_valid(name: str) -> bool:
    """[D] 2 to 34 labels, each of 1 to 63 characters."""
    labels = name.rstrip(".").split(".")
    return len(labels) in _LABELS and all(0 < len(label) <= 63 for label in labels)


def too_late(existing: Resource | None, headers: Mapping[str, str], what: str) -> str | None:
    """[REC] Why If-None-Match and If-Match forbid a change: the text of PreconditionFailed; None when they do not.
    `what` begins it: `The Zone contoso.com`."""
    if headers.get("if-none-match") == "*" and existing is not None:
        return f"{what} exists already and hence cannot be created again."
    wanted = headers.get("if-match")
    if wanted is None:
        return None
    if existing is None:
        return f"{what} does not exist."
    if wanted != "*" and not same_id(wanted.strip('"'), str(existing.body["etag"]).strip('"')):
        return f"{what} has been modified (etag mismatch)."
    return None
