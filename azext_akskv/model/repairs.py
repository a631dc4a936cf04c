"""Which repairs there are to make, in their order: approval, zone, record, links, peerings."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.model.governance import allowed
from azext_akskv.model.network import Peering, VirtualNetwork, lies_in
from azext_akskv.model.private_dns import zone_id
from azext_akskv.model.private_way import (
    address_of,
    best_zone,
    endpoint_to_use,
    hub_between,
    in_the_way,
    meets,
    resolves_in,
    topology_of,
    writer_of,
    zone_linked_to,
    zone_to_use,
)
from azext_akskv.model.repair import Need, Repair, approval, kept_record, new_link, new_zone, own_record, side
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.topology import EndpointSeen, NodeSubnet, Topology, ZoneSeen
from azext_akskv.model.vault import Vault

FIX = "fix-privatelink"
HUB = "hub-route"
"""The finding whose acceptance asks for a direct peering beside the hub."""


def repairs_of(snapshot: Snapshot) -> tuple[Repair, ...]:
    """What we would make, whoever may; nothing while a person has to decide something first.

    Raises NotObserved when what was looked at does not say what there is to do.
    """
    topology, endpoint, vault = topology_of(snapshot), endpoint_to_use(snapshot), snapshot.vault.get()
    if endpoint is None or vault is None:
        return ()
    found = list(_approving(snapshot, vault, endpoint))
    if not found and endpoint.connection.status != "Approved":
        return ()
    return (*found, *_naming(topology, endpoint), *_peering(snapshot, topology, endpoint))


def lacking(snapshot: Snapshot, repair: Repair) -> list[Need]:
    """The rights that it takes and the caller does not have. Raises NotObserved."""
    held = {each.scope.lower(): each.permissions for each in snapshot.held.get()}
    return [need for need in repair.needs if not allowed(held.get(need.scope.lower(), ()), need.action)]


def _approving(snapshot: Snapshot, vault: Vault, endpoint: EndpointSeen) -> Iterator[Repair]:
    if endpoint.connection.status == "Pending" and snapshot.wanted.approve:
        yield approval(vault.id, endpoint)


def _naming(topology: Topology, endpoint: EndpointSeen) -> Iterator[Repair]:
    """Zone and record first: a link to a zone without the record makes the name unknown to the network. [D]"""
    links = list(_linking(topology, endpoint))
    used = {zone.id: zone for node in topology.nodes if (zone := zone_to_use(topology, node, endpoint))}
    address = address_of(endpoint)
    if not used and topology.nodes:
        made = zone_id(endpoint.id.subscription, endpoint.id.group, topology.zone_name)
        yield new_zone(made)
        yield kept_record(endpoint, made, topology.record_name, address, there=False)
    for seen in used.values():
        yield from _recording(topology, seen, endpoint)
    yield from links


def _recording(topology: Topology, zone: ZoneSeen, endpoint: EndpointSeen) -> Iterator[Repair]:
    """Never over a record that another endpoint of the vault has written: that one's networks use it."""
    record, address = zone.record.get(), address_of(endpoint)
    if record and set(record.addresses) == {address}:
        return
    other = writer_of(topology, zone)
    if other is not None and other is not endpoint:
        return
    group = endpoint.zone_group.get()
    namesakes = [each.zone for each in group.configs if each.zone and each.zone.name == zone.id.name] if group else []
    elsewhere = [each for each in namesakes if each != zone.id]
    if elsewhere or (record and not record.creator):
        yield own_record(zone, topology.record_name, address)
    else:
        yield kept_record(endpoint, zone.id, topology.record_name, address, there=True)


def _linking(topology: Topology, endpoint: EndpointSeen) -> Iterator[Repair]:
    """To the networks of the nodes. Those of DNS servers are their owners' to link."""
    best = best_zone(topology, endpoint)
    zone = best.id if best else zone_id(endpoint.id.subscription, endpoint.id.group, topology.zone_name)
    for network in topology.node_networks:
        nodes = [node for node in topology.nodes if node.in_network == network]
        if all(resolves_in(node) == network for node in nodes) and zone_linked_to(topology, network) is None:
            yield new_link(zone, network, there=best is not None)


def _peering(snapshot: Snapshot, topology: Topology, endpoint: EndpointSeen) -> Iterator[Repair]:
    if snapshot.wanted.skip_peering:
        return
    far = endpoint.network.get()
    done = set()
    for node in topology.nodes:
        near = node.network.get()
        if far is None or near.id == far.id or near.id in done or stopped(snapshot, node, near, far):
            continue
        done.add(near.id)
        yield from _pair(near, far, address_of(endpoint))


def stopped(snapshot: Snapshot, node: NodeSubnet, near: VirtualNetwork, far: VirtualNetwork) -> bool:
    """A person decides first: the networks overlap, or a hub lies between, or nobody may change the nodes' one."""
    if meets(near, far) or in_the_way(near, far) or in_the_way(far, near):
        return True
    if node.managed and topology_of(snapshot).locked_down:
        return True
    return hub_between(near, far) is not None and HUB not in snapshot.accepted


def _pair(near: VirtualNetwork, far: VirtualNetwork, address: str) -> Iterator[Repair]:
    """A Disconnected side goes first: the other one cannot be put while it is. [ISS, terraform#14051]"""
    near_side, far_side = near.peering_with(far.id), far.peering_with(near.id)
    bad_near = ails(near_side, far_side, address) is not None
    bad_far = ails(far_side, near_side) is not None
    sides = [(near, far)] * bad_near + [(far, near)] * bad_far
    if far_side and far_side.state == "Disconnected" and not (near_side and near_side.state == "Disconnected"):
        sides.reverse()
    for number, pair in enumerate(sides, start=1):
        yield side(pair, address, of_nodes=pair[0] is near, last=number == len(sides))


def ails(own: Peering | None, other: Peering | None, address: str = "") -> str | None:
    """What is wrong with this side of a peering, so that it has to be put; None: nothing. An Initiated side waits for
    the other one. `address`: of the endpoint, for the nodes' side, which must know of its range. [INF]"""
    if own is None:
        return "it is missing"
    if own.state == "Disconnected" or own.provisioning_state == "Failed":
        return f"it is {own.state if own.state == 'Disconnected' else own.provisioning_state}"
    if not own.access:
        return "it carries nothing: allowVirtualNetworkAccess is false"
    if own.stale_here or (own.state == "Connected" and address and not lies_in(address, own.remote_prefixes)):
        return "it does not know the other network's address space as it is now"
    if own.state == "Initiated" and other is not None and other.state == "Initiated":
        return "both sides wait for each other"
    return None
