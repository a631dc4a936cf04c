"""Private endpoints, their network interfaces and their DNS zone groups; and the decoders for ARM's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, children, text, texts, whole

ENDPOINT_TYPE = "Microsoft.Network/privateEndpoints"
INTERFACE_TYPE = "Microsoft.Network/networkInterfaces"
ZONE_GROUP_TYPE = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
NEW_ZONE_GROUP = "default"
"""As the portal calls it. [ISS]"""


@dataclass(frozen=True)
class PrivateEndpoint:
    id: ResourceId
    location: str
    subnet: ResourceId
    target: str
    """The id of what it leads to; empty for a connection by alias."""
    group_ids: tuple[str, ...]
    status: str
    """As the endpoint sees it: Approved, Pending, Rejected or Disconnected."""
    interface: ResourceId | None
    provisioning_state: str


@dataclass(frozen=True)
class ZoneRecord:
    """What a zone group says that it wrote."""

    name: str
    fqdn: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class ZoneConfig:
    name: str
    zone: ResourceId | None
    records: tuple[ZoneRecord, ...]


@dataclass(frozen=True)
class ZoneGroup:
    """An endpoint has at most one. [ISS pulumi/pulumi-azure-native#2179]"""

    id: ResourceId
    configs: tuple[ZoneConfig, ...]
    provisioning_state: str
    raw: Json = field(repr=False, compare=False)


def parse_endpoint(raw: Json) -> PrivateEndpoint:
    """Raises BadInput when the JSON is not a private endpoint."""
    properties = child(whole(raw), "properties")
    connections = [
        *children(properties, "privateLinkServiceConnections"),
        *children(properties, "manualPrivateLinkServiceConnections"),
    ]
    connection = child(connections[0], "properties") if connections else {}
    interfaces = [text(each, "id") for each in children(properties, "networkInterfaces")]
    return PrivateEndpoint(
        id=ResourceId.parse(text(raw, "id")),
        location=text(raw, "location"),
        subnet=ResourceId.parse(text(child(properties, "subnet"), "id")),
        target=text(connection, "privateLinkServiceId"),
        group_ids=tuple(texts(connection, "groupIds")),
        status=text(child(connection, "privateLinkServiceConnectionState"), "status") or "Unknown",
        interface=ResourceId.parse(interfaces[0]) if interfaces else None,
        provisioning_state=text(properties, "provisioningState") or "Unknown",
    )


def addresses_of(raw: Json) -> tuple[str, ...]:
    """The private addresses of a network interface."""
    configurations = children(child(whole(raw), "properties"), "ipConfigurations")
    found = (text(child(each, "properties"), "privateIPAddress") for each in configurations)
    return tuple(dict.fromkeys(filter(None, found)))


def parse_zone_group(raw: Json) -> ZoneGroup:
    properties = child(whole(raw), "properties")
    return ZoneGroup(
        id=ResourceId.parse(text(raw, "id")),
        configs=tuple(_config(each) for each in children(properties, "privateDnsZoneConfigs")),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
        raw=raw,
    )


def zone_group_id(endpoint: ResourceId, name: str) -> ResourceId:
    return ResourceId(endpoint.subscription, endpoint.group, ZONE_GROUP_TYPE, (endpoint.name, name))


def with_zone(group: ZoneGroup | None, zone: ResourceId) -> Json:
    """The body of a zone group with one zone more, the others as they are; `None`: of a new group. One that has the
    zone already stays: put again it writes its records once more. [INF]"""
    present = children(child(group.raw, "properties"), "privateDnsZoneConfigs") if group else []
    kept = [{"name": text(each, "name"), "properties": _written_by_us(child(each, "properties"))} for each in present]
    if not group or all(each.zone != zone for each in group.configs):
        properties = {"privateDnsZoneId": str(zone)}
        kept.append({"name": _free_name(zone, {str(each["name"]).lower() for each in kept}), "properties": properties})
    return {"properties": {"privateDnsZoneConfigs": kept}}


def _written_by_us(properties: Json) -> Json:
    return {name: value for name, value in properties.items() if name not in ("recordSets", "provisioningState")}


def _free_name(zone: ResourceId, taken: set[str]) -> str:
    """As the portal calls it, `privatelink-vaultcore-azure-net` [ISS][D]; with a number where somebody took that."""
    name = zone.name.lower().replace(".", "-")
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbered) if each not in taken)


def _config(raw: Json) -> ZoneConfig:
    properties = child(raw, "properties")
    zone = text(properties, "privateDnsZoneId")
    records = (
        ZoneRecord(text(each, "recordSetName"), text(each, "fqdn"), tuple(texts(each, "ipAddresses")))
        for each in children(properties, "recordSets")
    )
    return ZoneConfig(text(raw, "name"), ResourceId.parse(zone) if zone else None, tuple(records))
