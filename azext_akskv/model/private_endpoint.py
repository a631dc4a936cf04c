"""Private endpoints, their network interfaces and their DNS zone groups; and the decoders for ARM's JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, children, text, texts, whole

ENDPOINT_TYPE = "Microsoft.Network/privateEndpoints"
INTERFACE_TYPE = "Microsoft.Network/networkInterfaces"
ZONE_GROUP_TYPE = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"


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


def _config(raw: Json) -> ZoneConfig:
    properties = child(raw, "properties")
    zone = text(properties, "privateDnsZoneId")
    records = (
        ZoneRecord(text(each, "recordSetName"), text(each, "fqdn"), tuple(texts(each, "ipAddresses")))
        for each in children(properties, "recordSets")
    )
    return ZoneConfig(text(raw, "name"), ResourceId.parse(zone) if zone else None, tuple(records))
