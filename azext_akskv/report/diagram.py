"""The same picture as Mermaid, for a page or a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import VirtualNetwork
from azext_akskv.model.repair import Approval, KeptRecord, NewLink, NewZone, OwnRecord, Picture, Side
from azext_akskv.model.repairs import ails
from azext_akskv.report.plain import plain
from azext_akskv.report.topology import mark_of

STYLES = {"missing": "stroke:#c00,stroke-width:3px,stroke-dasharray:5 5", "made": "stroke:#080,stroke-width:3px"}


class _Drawing:
    """Lines of a flowchart; edges are numbered in the order of their coming, which is how Mermaid styles them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[str, str] = {}
        self._styles: list[str] = []
        self._edges = 0

    def node(self, key: str, label: str, shape: tuple[str, str] = ("[", "]"), mark: str = "") -> str:
        if key not in self._names:
            self._names[key] = name = f"n{len(self._names)}"
            self.lines.append(f"  {name}{shape[0]}{quoted(label)}{shape[1]}")
            if mark in STYLES:
                self._styles.append(f"  style {name} {STYLES[mark]}")
        return self._names[key]

    def edge(self, one: str, other: str, label: str, mark: str = "") -> None:
        self.lines.append(f"  {one} -- {quoted(label)} --- {other}")
        if mark in STYLES:
            self._styles.append(f"  linkStyle {self._edges} {STYLES[mark]}")
        self._edges += 1

    def text(self) -> str:
        return "\n".join(["flowchart LR", *self.lines, *self._styles]) + "\n"


def mermaid(picture: Picture) -> str:
    """A flowchart that ends with a newline."""
    drawing, topology, endpoint = _Drawing(), picture.topology, picture.endpoint
    vault = drawing.node("vault", f"vault {topology.record_name}", ("[(", ")]"))
    far = endpoint.network.value if endpoint else None
    if endpoint:
        address = ", ".join(endpoint.addresses.value or ())
        name = drawing.node("endpoint", f"{endpoint.name}<br>{address}", ("([", "])"))
        drawing.edge(name, vault, endpoint.connection.status, _approval(picture))
        if far:
            drawing.edge(_network(drawing, far.id), name, "holds")
    for node in topology.nodes:
        home = _network(drawing, node.in_network)
        pools = drawing.node(f"pools {node.id}", f"nodes of {', '.join(node.pools)}")
        drawing.edge(pools, home, node.id.name)
        if node.network.value and far:
            _peering(drawing, picture, node.network.value, far)
    for zone, mark in _zones(picture):
        _draw_zone(drawing, picture, zone, mark)
    return drawing.text()


def _approval(picture: Picture) -> str:
    if any(isinstance(each, Approval) for each in picture.repairs):
        return "missing"
    return "made" if any(isinstance(each, Approval) for each in picture.made) else ""


def _network(drawing: _Drawing, network: ResourceId) -> str:
    return drawing.node(str(network).lower(), network.name, ("[[", "]]"))


def _peering(drawing: _Drawing, picture: Picture, near: VirtualNetwork, far: VirtualNetwork) -> None:
    if near.id == far.id:
        return
    pair = {near.id, far.id}
    sides = [near.peering_with(far.id), far.peering_with(near.id)]
    wrong = ails(sides[0], sides[1]) or ails(sides[1], sides[0])
    made = any(isinstance(each, Side) and {each.local, each.remote} == pair for each in picture.made)
    states = " / ".join(side.state if side else "none" for side in sides)
    mark = "missing" if wrong else "made" if made else ""
    drawing.edge(_network(drawing, near.id), _network(drawing, far.id), f"peering: {states}", mark)


def _zones(picture: Picture) -> Iterator[tuple[ResourceId, str]]:
    for zone in picture.topology.zones.value or ():
        yield zone.id, mark_of(picture, NewZone, zone.id)
    for each in picture.repairs:
        if isinstance(each, NewZone):
            yield each.on, "missing"


def _draw_zone(drawing: _Drawing, picture: Picture, zone: ResourceId, mark: str) -> None:
    seen = next((each for each in picture.topology.zones.value or () if each.id == zone), None)
    name = drawing.node(str(zone).lower(), f"zone {zone.name}<br>{zone.group}", ("{{", "}}"), mark)
    record = seen.record.value if seen else None
    told = ", ".join(record.addresses) if record else "no record"
    of_record = mark_of(picture, (KeptRecord, OwnRecord), zone) or mark
    label = f"{picture.topology.record_name} = {told}"
    drawing.edge(name, drawing.node(f"record {zone}", label, ("(", ")"), of_record), "record", of_record)
    for link in seen.links.value or () if seen else ():
        drawing.edge(_network(drawing, link.network), name, "link", mark_of(picture, NewLink, link.network))
    for each in picture.repairs:
        if isinstance(each, NewLink) and each.zone == zone:
            drawing.edge(_network(drawing, each.network), name, "link", "missing")


def quoted(label: str) -> str:
    """Mermaid ends a text at a quotation mark, whatever stands before it."""
    return '"' + plain(label).replace('"', "#quot;") + '"'
