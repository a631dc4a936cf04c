"""Private DNS zones, their links to networks, their address records; and the decoders for ARM's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, children, flag, number, text, whole

ZONE_TYPE = "Microsoft.Network/privateDnsZones"
LINK_TYPE = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
RECORD_TYPE = "Microsoft.Network/privateDnsZones/A"
REDIRECT = "NxDomainRedirect"
"""The resolution policy with which names that a zone does not have are looked up in public. [D]"""

RECORD_SECONDS = 10
"""How long an address may be kept by who asked for it: as private endpoints write it [ISS]; Key Vault's document asks
for 10 to 600. [D]"""


@dataclass(frozen=True)
class Link:
    """Of a zone to a network."""

    id: ResourceId
    network: ResourceId
    registration: bool
    state: str
    """`virtualNetworkLinkState`: `InProgress` or `Completed`."""
    provisioning_state: str
    policy: str
    """`Default`, `NxDomainRedirect`, or empty where the service does not tell."""


@dataclass(frozen=True)
class AddressRecord:
    """An A record set. `creator`: which private endpoint wrote it; empty for one made by hand."""

    id: ResourceId
    addresses: tuple[str, ...]
    ttl: int
    etag: str
    creator: str


@dataclass(frozen=True)
class Zone:
    id: ResourceId
    records: int
    """How many record sets it has, its SOA among them."""
    provisioning_state: str


def parse_zone(raw: Json) -> Zone:
    """Raises BadInput when the JSON is not a private DNS zone."""
    properties = child(whole(raw), "properties")
    return Zone(
        ResourceId.parse(text(raw, "id")),
        number(properties, "numberOfRecordSets") or 0,
        text(properties, "provisioningState") or "Unknown",
    )


def parse_link(raw: Json) -> Link:
    properties = child(whole(raw), "properties")
    return Link(
        id=ResourceId.parse(text(raw, "id")),
        network=ResourceId.parse(text(child(properties, "virtualNetwork"), "id")),
        registration=bool(flag(properties, "registrationEnabled")),
        state=text(properties, "virtualNetworkLinkState"),
        provisioning_state=text(properties, "provisioningState") or "Unknown",
        policy=text(properties, "resolutionPolicy"),
    )


def parse_record(raw: Json) -> AddressRecord:
    properties = child(whole(raw), "properties")
    return AddressRecord(
        id=ResourceId.parse(text(raw, "id")),
        addresses=tuple(text(each, "ipv4Address") for each in children(properties, "aRecords")),
        ttl=number(properties, "ttl") or 0,
        etag=text(raw, "etag"),
        creator=text(child(properties, "metadata"), "creator"),
    )


def new_zone(tags: Mapping[str, str]) -> Json:
    return {"location": "global", "tags": dict(tags)}


def new_link(network: ResourceId, policy: str) -> Json:
    """The body of a link without registration; `policy` empty: the default one, which is then not named."""
    properties: Json = {"virtualNetwork": {"id": str(network)}, "registrationEnabled": False}
    return {"location": "global", "properties": properties | ({"resolutionPolicy": policy} if policy else {})}


def new_record(address: str) -> Json:
    """The body of an A record set of one address."""
    return {"properties": {"ttl": RECORD_SECONDS, "aRecords": [{"ipv4Address": address}]}}


def record_id(zone: ResourceId, name: str) -> ResourceId:
    return ResourceId(zone.subscription, zone.group, RECORD_TYPE, (zone.name, name))


def zone_id(subscription: str, group: str, name: str) -> ResourceId:
    return ResourceId(subscription, group, ZONE_TYPE, (name,))
