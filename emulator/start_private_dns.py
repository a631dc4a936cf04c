"""How the private DNS of a world begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import group_id
from emulator.providers.network import endpoints, zonegroups
from emulator.providers.privatedns import links, records, zones
from emulator.providers.resources import groups
from emulator.worlds.private_dns import Link, Record, Zone
from emulator.worlds.spec import SUBSCRIPTION

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


def make_zone(world: EmulatedWorld, zone: Zone, created: datetime) -> None:
    """A zone with its record sets and links, and its group where there is none yet."""
    subscription, group = zone.subscription or SUBSCRIPTION, zone.group or world.spec.group
    if world.resources.get(group_id(subscription, group)) is None:
        groups.create_in(world, subscription, group, created)
    made = zones.create(world, zones.zone_id(subscription, group, zone.name), {}, created)
    for record in zone.records:
        records.put(world, made, (record.kind, record.name), _properties(record), created)
    for link in zone.links:
        _make_link(world, made, link, created)


def join_zones(world: EmulatedWorld) -> None:
    """The zone groups of private endpoints, which write the records [ISS: the names]. Raises StopIteration for a zone
    that the world does not have."""
    for data in world.spec.private_endpoints:
        endpoint = world.resources.get(endpoints.endpoint_id(SUBSCRIPTION, world.spec.group, data.name))
        if data.zone_group and isinstance(endpoint, endpoints.Endpoint):
            properties = {"privateDnsZoneId": _zone_named(world, data.zone_group)}
            configuration = {"name": "privatelink-vaultcore-azure-net", "properties": properties}
            request = {"properties": {"privateDnsZoneConfigs": [configuration]}}
            zonegroups.finish(world, endpoint, zonegroups.put(world, endpoint, "default", request))


def _zone_named(world: EmulatedWorld, named: str) -> str:
    """The id of a zone by its name or id."""
    found = world.resources.under("/", zones.ZONES)
    return next(one.id for one in found if named.lower() in (one.body["name"].lower(), one.id.lower()))


def _make_link(world: EmulatedWorld, zone: Resource, link: Link, created: datetime) -> None:
    network = link.network
    if not network.startswith("/"):
        network = f"{group_id(SUBSCRIPTION, world.spec.group)}/providers/{links.NETWORKS}/{network}"
    properties = {
        "virtualNetwork": {"id": network},
        "registrationEnabled": link.registration,
        "resolutionPolicy": link.resolution_policy,
    }
    links.put(world, zone, link.name, {"properties": properties}, created)


def _properties(record: Record) -> dict[str, Any]:
    properties: dict[str, Any] = {"ttl": record.ttl}
    if record.creator:
        properties["metadata"] = {"creator": record.creator}
    member = {"A": "ipv4Address", "AAAA": "ipv6Address"}.get(record.kind)
    if member:
        properties[records.MEMBERS[record.kind]] = [{member: value} for value in record.values]
    elif record.kind == "CNAME":
        properties["cnameRecord"] = {"cname": record.values[0]}
    else:
        raise ValueError(f"a world begins with no {record.kind} records")
    return properties
