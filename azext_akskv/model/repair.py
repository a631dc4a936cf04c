"""What is missing between the nodes and the private endpoint, each piece with the rights that it takes and the command
for somebody who has them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from azext_akskv.model.governance import group_of
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import VirtualNetwork
from azext_akskv.model.private_dns import record_id
from azext_akskv.model.shell import shell
from azext_akskv.model.topology import EndpointSeen, Topology, ZoneSeen

PEERING_TYPE = "Microsoft.Network/virtualNetworks/virtualNetworkPeerings"
_NETWORK = "Microsoft.Network"


@dataclass(frozen=True)
class Need:
    """A right, and where."""

    action: str
    scope: str


@dataclass(frozen=True)
class Repair:
    """`code` is the step's, `what` says it in the imperative, `on` is what is written."""

    code: str
    what: str
    on: ResourceId
    needs: tuple[Need, ...]
    command: str


@dataclass(frozen=True)
class Approval(Repair):
    vault: ResourceId
    connection: str


@dataclass(frozen=True)
class NewZone(Repair):
    pass


@dataclass(frozen=True)
class KeptRecord(Repair):
    """By a zone group of the endpoint: the platform writes the record, and takes it away with the endpoint."""

    endpoint: ResourceId
    zone: ResourceId
    name: str
    address: str


@dataclass(frozen=True)
class OwnRecord(Repair):
    """Written by us: where another zone of the same name stands in the zone group, or a record of nobody's is there."""

    zone: ResourceId
    name: str
    address: str


@dataclass(frozen=True)
class NewLink(Repair):
    zone: ResourceId
    network: ResourceId


@dataclass(frozen=True)
class Side(Repair):
    """One side of a peering, made or mended. `last`: both are Connected after it."""

    local: ResourceId
    remote: ResourceId
    address: str
    """Of the endpoint, which the nodes' side has to know."""
    of_nodes: bool
    last: bool


@dataclass(frozen=True)
class Picture:
    """What there is, and what of it is missing and will be made. `endpoint`: the one to use, where that is clear."""

    topology: Topology
    endpoint: EndpointSeen | None
    repairs: tuple[Repair, ...]
    made: tuple[Repair, ...] = ()


def written(repair: Repair) -> str:
    """The id of what is written."""
    if isinstance(repair, NewLink):
        return str(link_id(repair.zone, repair.network))
    if isinstance(repair, KeptRecord):
        return f"{repair.endpoint}/privateDnsZoneGroups, and through it {record_id(repair.zone, repair.name)}"
    if isinstance(repair, OwnRecord):
        return str(record_id(repair.zone, repair.name))
    return repair.connection if isinstance(repair, Approval) else str(repair.on)


def approval(vault: ResourceId, seen: EndpointSeen) -> Approval:
    return Approval(
        "approve-endpoint",
        f"approve the private endpoint {seen.name} at {vault.name}",
        vault,
        (Need("Microsoft.KeyVault/vaults/privateEndpointConnections/write", str(vault)),),
        shell("az", "keyvault", "private-endpoint-connection", "approve", "--id", seen.connection.id),
        vault,
        seen.connection.id,
    )


def new_zone(zone: ResourceId) -> NewZone:
    return NewZone(
        "make-zone",
        f"make the private DNS zone {zone.name} in {zone.group}",
        zone,
        (Need(f"{_NETWORK}/privateDnsZones/write", group_of(zone)),),
        shell("az", "network", "private-dns", "zone", "create", *_at(zone), "--name", zone.name),
    )


def kept_record(seen: EndpointSeen, zone: ResourceId, name: str, address: str, there: bool) -> KeptRecord:
    """`there`: the zone is, so that the right can be asked for at it; else at its group."""
    group = seen.zone_group.value
    verb, called = ("add", group.id.name) if group else ("create", "default")
    words = ("--endpoint-name", seen.name, "--name", called, "--private-dns-zone", str(zone))
    return KeptRecord(
        "keep-record",
        f"have {seen.name} keep the record {name} = {address} in {zone.name} ({zone.group})",
        seen.id,
        (
            Need(f"{_NETWORK}/privateEndpoints/privateDnsZoneGroups/write", str(seen.id)),
            Need(f"{_NETWORK}/privateDnsZones/join/action", str(zone) if there else group_of(zone)),
        ),
        shell(
            *("az", "network", "private-endpoint", "dns-zone-group", verb, *_at(seen.id), *words),
            *("--zone-name", zone.name.replace(".", "-")),
        ),
        seen.id,
        zone,
        name,
        address,
    )


def own_record(seen: ZoneSeen, name: str, address: str) -> OwnRecord:
    zone = seen.id
    return OwnRecord(
        "put-record",
        f"write the record {name} = {address} into {zone.name} ({zone.group})",
        zone,
        (Need(f"{_NETWORK}/privateDnsZones/A/write", str(zone)),),
        shell(
            *("az", "network", "private-dns", "record-set", "a", "add-record", *_at(zone), "--zone-name", zone.name),
            *("--record-set-name", name, "--ipv4-address", address),
        ),
        zone,
        name,
        address,
    )


def new_link(zone: ResourceId, network: ResourceId, there: bool) -> NewLink:
    """Without registration: a network registers its machines in one zone at most, and not in this one. [D]"""
    link = f"{network.name}-{digest(network)}"
    return NewLink(
        "link-zone",
        f"link {zone.name} ({zone.group}) to {network.name}",
        zone,
        (
            Need(f"{_NETWORK}/privateDnsZones/virtualNetworkLinks/write", str(zone) if there else group_of(zone)),
            Need(f"{_NETWORK}/virtualNetworks/join/action", str(network)),
        ),
        shell(
            *("az", "network", "private-dns", "link", "vnet", "create", *_at(zone), "--zone-name", zone.name),
            *("--name", link, "--virtual-network", str(network), "--registration-enabled", "false"),
        ),
        zone,
        network,
    )


def link_id(zone: ResourceId, network: ResourceId) -> ResourceId:
    """Named after the network, so that a second try finds the first."""
    kind = f"{zone.type}/virtualNetworkLinks"
    return ResourceId(zone.subscription, zone.group, kind, (*zone.names, f"{network.name}-{digest(network)}"))


def side(pair: tuple[VirtualNetwork, VirtualNetwork], address: str, *, of_nodes: bool, last: bool) -> Side:
    """The side of the first of the two."""
    local, remote = pair
    there = local.peering_with(remote.id)
    name = there.id.name if there else side_name(local.id, remote.id)
    at = (*_at(local.id), "--vnet-name", local.id.name, "--name", name)
    create = ("create", *at, "--remote-vnet", str(remote.id), "--allow-vnet-access")
    if there and there.state == "Connected":
        create = ("sync", *at) if there.stale_here else ("update", *at, "--set", "allowVirtualNetworkAccess=true")
    return Side(
        "peer-nodes" if of_nodes else "peer-endpoint",
        f"{'mend' if there else 'make'} the peering from {local.id.name} to {remote.id.name}",
        there.id if there else peering_id(local.id, name),
        (
            Need(f"{PEERING_TYPE}/write", str(local.id)),
            Need(f"{_NETWORK}/virtualNetworks/peer/action", str(remote.id)),
        ),
        shell("az", "network", "vnet", "peering", *create),
        local.id,
        remote.id,
        address,
        of_nodes,
        last,
    )


def side_name(local: ResourceId, remote: ResourceId) -> str:
    """At most 80 characters that Microsoft.Network takes [D]; the digest tells apart remotes of the same name."""
    plain = re.sub(r"[^\w.-]", "-", f"{local.name}-to-{remote.name}", flags=re.ASCII)[:70].strip("-.")
    return f"{plain}-{digest(remote)}"


def peering_id(local: ResourceId, name: str) -> ResourceId:
    return ResourceId(local.subscription, local.group, PEERING_TYPE, (local.name, name))


def digest(resource: ResourceId) -> str:
    return hashlib.sha256(str(resource).lower().encode()).hexdigest()[:6]


def _at(resource: ResourceId) -> tuple[str, ...]:
    return ("--subscription", resource.subscription, "--resource-group", resource.group)
