"""What lies between the nodes and the vault, as a small tree: what is missing and what was made is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import VirtualNetwork
from azext_akskv.model.repair import Approval, KeptRecord, NewLink, NewZone, OwnRecord, Picture, Repair, Side
from azext_akskv.model.repairs import ails
from azext_akskv.model.topology import EndpointSeen, NodeSubnet, ZoneSeen
from azext_akskv.report.plain import plain
from azext_akskv.report.text import Line


@dataclass(frozen=True)
class Branch:
    text: str
    mark: str = ""
    """`missing`, `made`, or nothing."""
    below: tuple[Branch, ...] = field(default=())


def tree_of(picture: Picture) -> Branch:
    """The vault on top: its endpoint, the zones that matter, the nodes' networks."""
    topology, endpoint = picture.topology, picture.endpoint
    below = [_endpoint(picture, endpoint)] if endpoint else [_other(each) for each in topology.endpoints]
    zones = [_zone(picture, zone) for zone in topology.zones.value or ()] + list(_zones_to_make(picture))
    unseen = [] if topology.zones.known else [Branch(f"zones {topology.zone_name}: {topology.zones.gap}", "unknown")]
    nodes = [_node(picture, node) for node in topology.nodes]
    return Branch(f"vault {topology.record_name}", "", (*below, *zones, *unseen, *nodes))


def tree_lines(branch: Branch) -> Iterator[tuple[str, str]]:
    """Each line with its mark."""
    yield plain(branch.text), branch.mark
    yield from _below(branch.below, "")


def picture_lines(picture: Picture | None) -> list[Line]:
    """The tree with its marks in front of it."""
    if picture is None:
        return []
    return [
        *(Line(f"  {mark:<8} ", text, mark, wraps=False) for text, mark in tree_lines(tree_of(picture))),
        Line("", ""),
    ]


def _below(branches: Sequence[Branch], indent: str) -> Iterator[tuple[str, str]]:
    for number, branch in enumerate(branches, start=1):
        last = number == len(branches)
        yield f"{indent}{'└─ ' if last else '├─ '}{plain(branch.text)}", branch.mark
        yield from _below(branch.below, indent + ("   " if last else "│  "))


def mark_of(picture: Picture, fits: type[Repair] | tuple[type[Repair], ...], on: ResourceId) -> str:
    """Whether something of this kind is missing there, or was made."""

    def of(repairs: Sequence[Repair]) -> bool:
        return any(isinstance(each, fits) and _subject(each) == on for each in repairs)

    return "missing" if of(picture.repairs) else "made" if of(picture.made) else ""


def _subject(repair: Repair) -> ResourceId:
    """What the mark stands at: a link at its network, a record at its zone."""
    if isinstance(repair, NewLink):
        return repair.network
    if isinstance(repair, (KeptRecord, OwnRecord)):
        return repair.zone
    return repair.on


def _endpoint(picture: Picture, seen: EndpointSeen) -> Branch:
    address = ", ".join(seen.addresses.value or ()) or "address unknown"
    place = f" in {seen.in_network.name}" if seen.in_network else ""
    approved = any(isinstance(each, Approval) for each in picture.repairs)
    made = any(isinstance(each, Approval) for each in picture.made)
    mark = "missing" if approved else "made" if made else ""
    return Branch(f"private endpoint {seen.name} {address}{place}: {seen.connection.status}", mark)


def _other(seen: EndpointSeen) -> Branch:
    place = f" in {seen.in_network.name}" if seen.in_network else ""
    return Branch(f"private endpoint {seen.name}{place}: {seen.connection.status}")


def _zone(picture: Picture, zone: ZoneSeen) -> Branch:
    topology, record = picture.topology, zone.record.value
    told = ", ".join(record.addresses) if record else "none" if zone.record.known else "unknown"
    of_record = Branch(f"record {topology.record_name} = {told}", mark_of(picture, (KeptRecord, OwnRecord), zone.id))
    links = [
        Branch(f"linked to {each.network.name}", mark_of(picture, NewLink, each.network))
        for each in zone.links.value or ()
    ]
    unseen = [] if zone.links.known else [Branch(f"links: {zone.links.gap}", "unknown")]
    made = mark_of(picture, NewZone, zone.id)
    return Branch(
        f"zone {zone.id.name} ({zone.id.group})", made, (of_record, *links, *unseen, *_links_to_make(picture, zone.id))
    )


def _links_to_make(picture: Picture, zone: ResourceId) -> Iterator[Branch]:
    for each in picture.repairs:
        if isinstance(each, NewLink) and each.zone == zone:
            yield Branch(f"linked to {each.network.name}", "missing")


def _zones_to_make(picture: Picture) -> Iterator[Branch]:
    for each in picture.repairs:
        if isinstance(each, NewZone):
            record = Branch(f"record {picture.topology.record_name}", "missing")
            links = _links_to_make(picture, each.on)
            yield Branch(f"zone {each.on.name} ({each.on.group})", "missing", (record, *links))


def _node(picture: Picture, node: NodeSubnet) -> Branch:
    pools = ", ".join(node.pools)
    kind = "AKS's own" if node.managed else f"subnet {node.id.name}"
    network = node.network.value
    if network is None:
        return Branch(f"nodes of {pools} in {node.in_network.name}: {node.network.gap}", "unknown")
    dns = f", DNS {', '.join(node.own_dns)}" if node.own_dns else ""
    return Branch(f"nodes of {pools} in {network.id.name} ({kind}{dns})", "", tuple(_peerings(picture, network)))


def _peerings(picture: Picture, near: VirtualNetwork) -> Iterator[Branch]:
    far = picture.endpoint.network.value if picture.endpoint else None
    if far is None:
        return
    if far.id == near.id:
        yield Branch("the private endpoint is in this network")
        return
    for own, other in ((near, far), (far, near)):
        side, back = own.peering_with(other.id), other.peering_with(own.id)
        made = any(isinstance(each, Side) and (each.local, each.remote) == (own.id, other.id) for each in picture.made)
        wrong = ails(side, back)
        text = f"peering {own.id.name} to {other.id.name}: {side.state if side else 'none'}"
        text += f", {wrong}" if side and wrong and side.state not in wrong else ""
        yield Branch(text, "missing" if wrong else "made" if made else "")
