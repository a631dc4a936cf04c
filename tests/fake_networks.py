"""Virtual networks, private endpoints and private DNS of tests/fakes.py, with the rules that matter to a repair.

What a test puts there is told as it is; a change moves a pair of peerings on, and both sides' levels of sync with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from azext_akskv.failures import Conflict, Denied, GatewayError, Missing, Rejected
from azext_akskv.model.ids import VAULT_TYPE, ResourceId
from azext_akskv.model.members import Json
from azext_akskv.model.network import (
    Peering,
    RouteTable,
    SecurityGroup,
    VirtualNetwork,
    network_of,
    overlapping,
    parse_peering,
)
from azext_akskv.model.private_dns import RECORD_SECONDS, AddressRecord, Link, Zone, record_id
from azext_akskv.model.private_endpoint import (
    NEW_ZONE_GROUP,
    PrivateEndpoint,
    ZoneGroup,
    parse_zone_group,
    with_zone,
    zone_group_id,
)
from azext_akskv.ports import Watch
from tests.fake_port import FakePort
from tests.network_builders import peering_json

if TYPE_CHECKING:
    from tests.fakes import FakeWorld

T = TypeVar("T")

OPERATION = "https://management.azure.com/operations/1"


@dataclass(eq=False)
class Topology:
    """What a test fills, each by its id; `interfaces` are the addresses of network interfaces, `zone_groups` stand by
    their endpoint. `hidden`: what the caller may not read."""

    networks: dict[ResourceId, VirtualNetwork] = field(default_factory=dict)
    security_groups: dict[ResourceId, SecurityGroup] = field(default_factory=dict)
    route_tables: dict[ResourceId, RouteTable] = field(default_factory=dict)
    endpoints: dict[ResourceId, PrivateEndpoint] = field(default_factory=dict)
    interfaces: dict[ResourceId, tuple[str, ...]] = field(default_factory=dict)
    zone_groups: dict[ResourceId, ZoneGroup] = field(default_factory=dict)
    zones: dict[ResourceId, Zone] = field(default_factory=dict)
    links: dict[ResourceId, Link] = field(default_factory=dict)
    records: dict[ResourceId, AddressRecord] = field(default_factory=dict)
    hidden: set[ResourceId] = field(default_factory=set)
    blind: dict[str, GatewayError | dict[str, str]] = field(default_factory=dict)
    """Of pools, what keeps their nodes from looking, or what they cannot tell."""
    written: int = 0

    def add(self, *resources: VirtualNetwork | PrivateEndpoint | Zone | Link | AddressRecord) -> None:
        """Each to its own kind."""
        kinds = {
            VirtualNetwork: self.networks,
            PrivateEndpoint: self.endpoints,
            Zone: self.zones,
            Link: self.links,
            AddressRecord: self.records,
        }
        for each in resources:
            kinds[type(each)][each.id] = each

    def read(self, kind: dict[ResourceId, T], resource: ResourceId) -> T:
        """Raises Denied and Missing as ARM does."""
        if resource in self.hidden:
            raise Denied(f"read {resource.name}", "AuthorizationFailed", "The client does not have authorization.")
        if resource not in kind:
            raise Missing(f"read {resource.name}", "ResourceNotFound", "The resource was not found.")
        return kind[resource]

    def replace_peering(self, network: ResourceId, peering: Peering) -> None:
        """Raises KeyError when there is no such network."""
        there = self.networks[network]
        others = tuple(each for each in there.peerings if each.id != peering.id)
        self.networks[network] = dataclasses.replace(there, peerings=(*others, peering))

    def put_record(self, record: ResourceId, addresses: tuple[str, ...], creator: str = "") -> None:
        self.written += 1
        self.records[record] = AddressRecord(record, addresses, RECORD_SECONDS, f"etag-{self.written}", creator)


class FakeNetworks(FakePort):
    def get(self, network: ResourceId) -> VirtualNetwork:
        self.asked("networks.get")
        return self._there.read(self._there.networks, network)

    def in_group(self, subscription: str, group: str) -> list[VirtualNetwork]:
        self.asked("networks.in_group")
        return [each for each in self._seen(subscription) if each.id.group.lower() == group.lower()]

    def in_subscription(self, subscription: str) -> list[VirtualNetwork]:
        self.asked("networks.in_subscription")
        return list(self._seen(subscription))

    def security_group(self, group: ResourceId) -> SecurityGroup:
        self.asked("networks.security_group")
        return self._there.read(self._there.security_groups, group)

    def route_table(self, table: ResourceId) -> RouteTable:
        self.asked("networks.route_table")
        return self._there.read(self._there.route_tables, table)

    def endpoint(self, endpoint: ResourceId) -> PrivateEndpoint:
        self.asked("networks.endpoint")
        return self._there.read(self._there.endpoints, endpoint)

    def endpoints_in(self, subscription: str) -> list[PrivateEndpoint]:
        self.asked("networks.endpoints_in")
        return [each for each in self._there.endpoints.values() if each.id.subscription == subscription]

    def addresses(self, interface: ResourceId) -> tuple[str, ...]:
        self.asked("networks.addresses")
        return self._there.read(self._there.interfaces, interface)

    def zone_group(self, endpoint: ResourceId) -> ZoneGroup | None:
        self.asked("networks.zone_group")
        self._there.read(self._there.endpoints, endpoint)
        return self._there.zone_groups.get(endpoint)

    def peer(self, name: ResourceId, remote: ResourceId, watch: Watch) -> None:
        with self.changing("networks.peer"):
            network = self._there.read(self._there.networks, network_of(name))
            if any(each.id == name for each in network.peerings):
                raise Rejected("peer", "RemoteVnetReferenceCannotBeChanged", "There is a peering of that name.")
            made = {**peering_json(network.id, remote, peeringState="Initiated"), "id": str(name), "name": name.name}
            self._put(network, parse_peering(made))
        ended(watch)

    def again(self, peering: Peering, watch: Watch) -> None:
        with self.changing("networks.again"):
            network, present = self._present(peering)
            self._put(network, altered(present, allowVirtualNetworkAccess=True))
        ended(watch)

    def sync(self, peering: Peering, watch: Watch) -> None:
        with self.changing("networks.sync"):
            network, present = self._present(peering)
            self._put(network, present, looks=True)
        ended(watch)

    def put_in_zone(self, endpoint: ResourceId, group: ZoneGroup | None, zone: ResourceId, watch: Watch) -> None:
        with self.changing("networks.put_in_zone"):
            self._there.read(self._there.endpoints, endpoint)
            present = self._there.zone_groups.get(endpoint)
            if present and (group is None or group.id != present.id):
                raise Rejected("put", "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed", "There is one.")
            if zone not in self._there.zones:
                raise Rejected("put", "InvalidResourceReference", f"Resource {zone} was not found.")
            name = present.id.name if present else NEW_ZONE_GROUP
            self._write_group(endpoint, {"id": str(zone_group_id(endpoint, name)), **with_zone(group, zone)})
        ended(watch)

    @property
    def _there(self) -> Topology:
        return self.world

    def _seen(self, subscription: str) -> Iterator[VirtualNetwork]:
        """A list leaves out what its reader may not read."""
        shown = (each for each in self._there.networks.values() if each.id not in self._there.hidden)
        return (each for each in shown if each.id.subscription.lower() == subscription.lower())

    def _present(self, peering: Peering) -> tuple[VirtualNetwork, Peering]:
        network = self._there.read(self._there.networks, network_of(peering.id))
        present = next((each for each in network.peerings if each.id == peering.id), None)
        if present is None:
            raise Missing("put the peering", "NotFound", f"Resource {peering.id} not found.")
        return network, present

    def _put(self, network: VirtualNetwork, peering: Peering, *, looks: bool = False) -> None:
        """[ISS][D] As the emulator has it, in our own words: of a pair whose other side waits both become Connected, a
        Disconnected side begins again; new sides, and those that `looks` tells to, see the remote prefixes of now."""
        remote = self._there.networks.get(peering.remote)
        if remote is None:
            raise Rejected("put the peering", "InvalidResourceReference", f"{peering.remote} was not found.")
        refuse_bad(network, peering, remote)
        back = remote.peering_with(network.id)
        waits = back is not None and back.state in ("Initiated", "Connected")
        state = "Connected" if waits else "Initiated" if peering.state == "Disconnected" else peering.state
        is_new = all(each.id != peering.id for each in network.peerings)
        put = altered(peering, peeringState=state, provisioningState="Succeeded")
        if looks or is_new or state == "Initiated":
            put = altered(put, remoteAddressSpace={"addressPrefixes": list(remote.prefixes)})
        self._there.replace_peering(network.id, put)
        if back and waits:
            self._there.replace_peering(remote.id, altered(back, peeringState="Connected"))
        self._level(network.id, remote.id)
        self._level(remote.id, network.id)

    def _level(self, own: ResourceId, other: ResourceId) -> None:
        network, remote = self._there.networks[own], self._there.networks[other]
        side, back = network.peering_with(other), remote.peering_with(own)
        if side is None:
            return
        here = side.remote_prefixes != remote.prefixes
        there = back is None or back.remote_prefixes != network.prefixes
        levels = {(False, False): "FullyInSync", (True, False): "LocalNotInSync", (False, True): "RemoteNotInSync"}
        level = levels.get((here, there), "LocalAndRemoteNotInSync")
        self._there.replace_peering(own, altered(side, peeringSyncLevel=level))

    def _write_group(self, endpoint: ResourceId, document: Json) -> None:
        names = [each["properties"]["privateDnsZoneId"].lower() for each in configs_of(document)]
        zones = [each.rpartition("/")[2] for each in names]
        if len(set(zones)) < len(zones):
            raise Rejected("put", "InvalidRequestFormat", "Two zones of one name.")
        self._there.zone_groups[endpoint] = parse_zone_group(document)
        write_records(self.world, endpoint)


class FakeZones(FakePort):
    def named(self, subscription: str, name: str) -> list[Zone]:
        self.asked("zones.named")
        shown = (each for each in self._there.zones.values() if each.id not in self._there.hidden)
        wanted = (subscription.lower(), name.lower())
        return [self._counted(each) for each in shown if (each.id.subscription.lower(), each.id.name.lower()) == wanted]

    def get(self, zone: ResourceId) -> Zone:
        self.asked("zones.get")
        return self._counted(self._there.read(self._there.zones, zone))

    def links(self, zone: ResourceId) -> list[Link]:
        self.asked("zones.links")
        self._there.read(self._there.zones, zone)
        return [each for each in self._there.links.values() if zone_of(each.id) == zone]

    def record(self, zone: ResourceId, name: str) -> AddressRecord:
        self.asked("zones.record")
        self._there.read(self._there.zones, zone)
        return self._there.read(self._there.records, record_id(zone, name))

    def records(self, zone: ResourceId) -> list[AddressRecord]:
        self.asked("zones.records")
        self._there.read(self._there.zones, zone)
        return self._in(zone)

    def create(self, zone: ResourceId, tags: dict[str, str], watch: Watch) -> None:
        with self.changing("zones.create"):
            if zone in self._there.zones:
                raise Conflict("create the zone", "PreconditionFailed", "The Zone exists already.")
            self._there.zones[zone] = Zone(zone, 1, "Succeeded")
        ended(watch)

    def link(self, link: ResourceId, network: ResourceId, policy: str, watch: Watch) -> None:
        with self.changing("zones.link"):
            zone = zone_of(link)
            self._there.read(self._there.zones, zone)
            if network not in self._there.networks:
                raise Rejected("link", "BadRequest", f"Virtual network resource not found for '{network}'")
            self._refuse_second(link, zone, network)
            self._there.links[link] = Link(link, network, False, "Completed", "Succeeded", policy or "Default")
        ended(watch)

    def put_record(self, zone: ResourceId, name: str, address: str, seen: AddressRecord | None) -> None:
        with self.changing("zones.put_record"):
            self._there.read(self._there.zones, zone)
            present = self._there.records.get(record_id(zone, name))
            if (present.etag if present else None) != (seen.etag if seen else None):
                raise Conflict("write the record", "PreconditionFailed", f"The Record set {name} has been modified.")
            self._there.put_record(record_id(zone, name), (address,))

    @property
    def _there(self) -> Topology:
        return self.world

    def _refuse_second(self, link: ResourceId, zone: ResourceId, network: ResourceId) -> None:
        """[ISS] One link per zone and network, and one zone of a name per network."""
        if link in self._there.links:
            raise Conflict("link", "PreconditionFailed", "The Virtual Network link exists already.")
        for other in (each for each in self._there.links.values() if each.network == network):
            if zone_of(other.id) == zone:
                raise Conflict("link", "Conflict", f"The virtual network is already linked by '{other.id.name}'.")
            if zone_of(other.id).name.lower() == zone.name.lower():
                why = "A virtual network cannot be linked to multiple zones with overlapping namespaces."
                raise Rejected("link", "BadRequest", why)

    def _in(self, zone: ResourceId) -> list[AddressRecord]:
        return [each for each in self._there.records.values() if zone_of(each.id) == zone]

    def _counted(self, zone: Zone) -> Zone:
        return dataclasses.replace(zone, records=1 + len(self._in(zone.id)))


def altered(peering: Peering, **properties: object) -> Peering:
    """Through its document, so that what is echoed of it is what is seen of it."""
    return parse_peering({**peering.raw, "properties": {**peering.raw["properties"], **properties}})


def ended(watch: Watch) -> None:
    watch.accepted(OPERATION)
    watch.status("Succeeded")


def zone_of(child: ResourceId) -> ResourceId:
    kind, _, _ = child.type.rpartition("/")
    return ResourceId(child.subscription, child.group, kind, child.names[:1])


def configs_of(document: Json) -> list[Json]:
    found: list[Json] = document["properties"]["privateDnsZoneConfigs"]
    return found


def refuse_bad(network: VirtualNetwork, peering: Peering, remote: VirtualNetwork) -> None:
    """Raises Rejected with Azure's codes. [ISS]"""
    doing, is_new = "put the peering", all(each.id != peering.id for each in network.peerings)
    if any(each.remote == remote.id and each.id != peering.id for each in network.peerings):
        raise Rejected(doing, "AnotherPeeringAlreadyReferencesRemoteVnet", f"Another one references {remote.id}.")
    if remote.provisioning_state != "Succeeded":
        raise Rejected(doing, "ReferencedResourceNotProvisioned", f"{remote.id} is {remote.provisioning_state}.")
    back = remote.peering_with(network.id)
    if is_new and back and back.state == "Disconnected":
        raise Rejected(doing, "RemotePeeringIsDisconnected", f"Update or re-create {back.id}.")
    if not peering.raw["properties"].get("peerCompleteVnets", True):
        return  # of peered subnets what lies outside the lists may overlap [3P]
    if shared := overlapping(network.prefixes, remote.prefixes):
        raise Rejected(doing, "VnetAddressSpacesOverlap", f"Overlapping address prefixes: {', '.join(shared)}")
    for first, second in ((network, remote), (remote, network)):
        others = (each for each in second.peerings if each.remote != first.id)
        if third := next((each for each in others if overlapping(first.prefixes, each.remote_prefixes)), None):
            raise Rejected(doing, "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet", f"It overlaps with {third.remote}.")


def write_records(world: FakeWorld, endpoint: ResourceId) -> None:
    """What the platform does when a zone group is put, or the vault decides about the endpoint: the record of an
    Approved one is written into each zone of the vault's names, in place of any other; that of another one goes."""
    there: Topology = world
    found, group = there.endpoints[endpoint], there.zone_groups.get(endpoint)
    for config in group.configs if group else ():
        if config.zone not in there.zones or not config.zone.name.startswith("privatelink.vaultcore."):
            continue
        record = record_id(config.zone, ResourceId.parse(found.target).name)
        if found.status == "Approved" and found.interface in there.interfaces:
            there.put_record(record, there.interfaces[found.interface], f"created by private endpoint {endpoint.name}")
        else:
            there.records.pop(record, None)


def decided(world: FakeWorld, endpoint: str, status: str) -> None:
    """A vault has approved an endpoint, or not: the endpoint tells it, and its records follow."""
    there: Topology = world
    known = next((each for each in there.endpoints if str(each).lower() == endpoint.lower()), None)
    if known is not None:
        assert ResourceId.parse(there.endpoints[known].target).is_a(VAULT_TYPE)
        there.endpoints[known] = dataclasses.replace(there.endpoints[known], status=status)
        write_records(world, known)
