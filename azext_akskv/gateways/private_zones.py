"""Private DNS zones, links and records, in plain JSON: the client in az drops what it does not know, and its version
has no resolution policy. [ADR 16]"""

from __future__ import annotations

from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.documents import Change, Documents
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.private_dns import (
    ZONE_TYPE,
    AddressRecord,
    Link,
    Zone,
    new_link,
    new_record,
    new_zone,
    parse_link,
    parse_record,
    parse_zone,
    record_id,
)
from azext_akskv.ports import Watch

ZONE_VERSIONS = ("2024-06-01", "2020-06-01")
"""Newest first. [REC]"""
POLICIES_SINCE = "2024-06-01"
"""The first one that knows resolutionPolicy. [REC]"""
ONLY_NEW = {"If-None-Match": "*"}


class ArmPrivateZones:
    """Fills ports.PrivateZones. Zones and links are only ever made, never rewritten. `poll_seconds`: see
    WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._documents = Documents(clients, KnownVersions(ZONE_VERSIONS), poll_seconds)
        with_policies = KnownVersions(tuple(each for each in ZONE_VERSIONS if each >= POLICIES_SINCE))
        self._with_policies = Documents(clients, with_policies, poll_seconds)

    def named(self, subscription: str, name: str) -> list[Zone]:
        doing = f"look for private DNS zones {name} in the subscription {subscription}"
        path = f"/subscriptions/{subscription}/providers/{ZONE_TYPE}"
        found = self._documents.all(doing, subscription, path, parse_zone)
        return [zone for zone in found if zone.id.name.lower() == name.lower()]

    def get(self, zone: ResourceId) -> Zone:
        return self._documents.read(f"read the private DNS zone {zone.name}", zone, parse_zone)

    def links(self, zone: ResourceId) -> list[Link]:
        doing = f"list the links of the private DNS zone {zone.name}"
        return self._documents.all(doing, zone.subscription, f"{zone}/virtualNetworkLinks", parse_link)

    def record(self, zone: ResourceId, name: str) -> AddressRecord:
        doing = f"read the A record {name} of the private DNS zone {zone.name}"
        return self._documents.read(doing, record_id(zone, name), parse_record)

    def records(self, zone: ResourceId) -> list[AddressRecord]:
        doing = f"list the A records of the private DNS zone {zone.name}"
        return self._documents.all(doing, zone.subscription, f"{zone}/A", parse_record)

    def create(self, zone: ResourceId, tags: dict[str, str], watch: Watch) -> None:
        doing = f"create the private DNS zone {zone.name}"
        self._documents.put(Change(doing, zone, new_zone(tags), headers=ONLY_NEW), watch)

    def link(self, link: ResourceId, network: ResourceId, policy: str, watch: Watch) -> None:
        """With a policy only under an api-version that knows policies: an older one leaves it out and says nothing.

        Raises Rejected, with what the cloud says about the version, where it knows none of those."""
        doing = f"link the private DNS zone {link.names[0]} to the virtual network {network.name}"
        documents = self._with_policies if policy else self._documents
        doing += f" with the resolution policy {policy}" if policy else ""
        documents.put(Change(doing, link, new_link(network, policy), headers=ONLY_NEW), watch)

    def put_record(self, zone: ResourceId, name: str, address: str, seen: AddressRecord | None) -> None:
        doing = f"write the A record {name} of the private DNS zone {zone.name}"
        condition = {"If-Match": seen.etag} if seen else ONLY_NEW
        self._documents.put_at_once(Change(doing, record_id(zone, name), new_record(address), headers=condition))
