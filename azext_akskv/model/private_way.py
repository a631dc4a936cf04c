"""The way from the nodes to the private endpoint: which endpoint, which zone, and what lets nothing pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import Peering, SecurityGroup, SecurityRule, VirtualNetwork, lies_in, overlapping
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.topology import EndpointSeen, NodeSubnet, Topology, ZoneSeen

USABLE = ("Approved", "Pending")
"""States of a connection that lead, or may yet lead, somewhere. Disconnected is dead, Rejected somebody's decision."""


def topology_of(snapshot: Snapshot) -> Topology:
    """Raises NotObserved, also where there is no cluster or no vault."""
    topology = snapshot.topology.get()
    if topology is None:
        raise NotObserved("the cluster or the vault is not there")
    return topology


def candidates(snapshot: Snapshot, topology: Topology) -> list[EndpointSeen]:
    """The endpoints that the nodes may use: the one that was named, else every usable one but those that AKS made for
    the private KMS of clusters, which lie in node resource groups and are AKS's. Raises NotObserved."""
    named = snapshot.wanted.private_endpoint
    if named is not None:
        return [each for each in topology.endpoints if _is(each, named)]
    own = [each for each in topology.endpoints if not is_of_aks(each)]
    return [each for each in own if each.connection.status in USABLE] or own


def is_of_aks(seen: EndpointSeen) -> bool:
    """[AKS docs] Node resource groups are `MC_...` unless they were named; the endpoint's name begins with `kms-`."""
    return "/resourcegroups/mc_" in seen.connection.endpoint.lower() and seen.name.lower().startswith("kms-")


def _is(seen: EndpointSeen, named: str | ResourceId) -> bool:
    if isinstance(named, ResourceId):
        return seen.connection.endpoint.lower() == str(named).lower()
    return seen.name.lower() == named.lower()


def endpoint_to_use(snapshot: Snapshot) -> EndpointSeen | None:
    """The one to use; None where there is none, or several and nothing decides. Raises NotObserved."""
    found = candidates(snapshot, topology_of(snapshot))
    return found[0] if len(found) == 1 else None


def address_of(seen: EndpointSeen) -> str:
    """Raises NotObserved where it cannot be told."""
    addresses = seen.addresses.get()
    if len(addresses) != 1:
        raise NotObserved(f"the private endpoint {seen.name} has {len(addresses) or 'no'} addresses, not one")
    return addresses[0]


def resolves_in(node: NodeSubnet) -> ResourceId | None:
    """The network whose links decide what the nodes are told: their own, or the one where their DNS servers are; None
    where nobody knows that. Raises NotObserved."""
    return node.dns_network.get() if node.own_dns else node.in_network


def zone_linked_to(topology: Topology, network: ResourceId) -> ZoneSeen | None:
    """There is at most one of a name. [ISS MicrosoftDocs/azure-aks-docs#212] Raises NotObserved."""
    return next((each for each in topology.zones.get() if each.link_to(network)), None)


def zone_to_use(topology: Topology, node: NodeSubnet, endpoint: EndpointSeen) -> ZoneSeen | None:
    """The zone that is linked already; else the one that has the endpoint's record, the one in which its zone group
    keeps it, the one that its network is linked to, or any that is there. Raises NotObserved."""
    network = resolves_in(node) or node.in_network
    return zone_linked_to(topology, network) or best_zone(topology, endpoint)


def best_zone(topology: Topology, endpoint: EndpointSeen) -> ZoneSeen | None:
    zones = topology.zones.get()
    address = address_of(endpoint)
    group = endpoint.zone_group.value
    kept_in = [config.zone for config in group.configs] if group else []
    home = endpoint.in_network

    def worth(zone: ZoneSeen) -> tuple[bool, ...]:
        record = zone.record.value
        linked = home is not None and zone.links.known and zone.link_to(home) is not None
        return (record is not None and address in record.addresses, zone.id in kept_in, linked)

    return max(zones, key=worth, default=None)


def writer_of(topology: Topology, zone: ZoneSeen) -> EndpointSeen | None:
    """The endpoint of this vault whose address the zone's record has. Raises NotObserved."""
    record = zone.record.get()
    for each in topology.endpoints if record else ():
        if each.addresses.known and set(each.addresses.get()) & set(record.addresses if record else ()):
            return each
    return None


def meets(node: VirtualNetwork, endpoint: VirtualNetwork) -> list[str]:
    """The prefixes in which the two overlap."""
    return [] if node.id == endpoint.id else overlapping(node.prefixes, endpoint.prefixes)


def in_the_way(one: VirtualNetwork, other: VirtualNetwork) -> Peering | None:
    """A peering of `other` with a third network that overlaps `one`, also a Disconnected one. [3P][ISS]"""
    third = (each for each in other.peerings if each.remote not in (one.id, other.id))
    return next((each for each in third if overlapping(one.prefixes, each.remote_prefixes)), None)


def hub_between(node: VirtualNetwork, endpoint: VirtualNetwork) -> ResourceId | None:
    """A network that both are peered with, while they are not with each other."""
    if node.peering_with(endpoint.id) or endpoint.peering_with(node.id):
        return None
    theirs = {each.remote for each in endpoint.peerings if each.state == "Connected"}
    return next((each.remote for each in node.peerings if each.state == "Connected" and each.remote in theirs), None)


@dataclass(frozen=True)
class Attempt:
    """TCP 443 from these prefixes to an address. `around`: the address space of the network and of its peers, which the
    tag VirtualNetwork stands for."""

    sources: tuple[str, ...]
    address: str
    around: tuple[str, ...]


def denies(group: SecurityGroup, attempt: Attempt, *, outbound: bool) -> SecurityRule | None:
    """The rule by which a group lets it not pass; None where it does. The first rule that fits decides. [D] Rules for
    application security groups and other tags fit no private address."""
    rule = next((each for each in group.rules if each.outbound is outbound and _fits(each, attempt)), None)
    return None if rule is None or rule.allows else rule


def _fits(rule: SecurityRule, attempt: Attempt) -> bool:
    if rule.protocol.lower() not in ("*", "tcp") or not any(_covers_port(each) for each in rule.ports):
        return False
    around = attempt.around
    there = any(each == "*" or lies_in(attempt.address, _prefixes(each, around)) for each in rule.destinations)
    return there and any(each == "*" or overlapping(_prefixes(each, around), attempt.sources) for each in rule.sources)


def _prefixes(told: str, around: tuple[str, ...]) -> tuple[str, ...]:
    return around if told.lower() == "virtualnetwork" else (told,)


def _covers_port(told: str, port: int = 443) -> bool:
    first, _, last = told.partition("-")
    if told == "*":
        return True
    return first.isdigit() and int(first) <= port <= (int(last) if last.isdigit() else int(first))


def around_of(network: VirtualNetwork) -> tuple[str, ...]:
    return (*network.prefixes, *(prefix for each in network.peerings for prefix in each.remote_prefixes))


def detours(node: NodeSubnet, endpoint: EndpointSeen) -> Iterator[str]:
    """Routes of the nodes' subnet that take what goes to the endpoint elsewhere: they do so only where the endpoint's
    subnet has network policies for route tables. [D] Raises NotObserved."""
    table, address = node.route_table.get(), address_of(endpoint)
    if table is None or not policies_at(endpoint, "RouteTableEnabled"):
        return
    for route in table.routes:
        if route.hop in ("VirtualAppliance", "None") and lies_in(address, (route.prefix,)):
            yield f"{route.name} ({route.prefix} to {route.appliance or route.hop}) of {table.id.name}"


def policies_at(endpoint: EndpointSeen, kind: str) -> bool:
    """Whether groups or routes touch the endpoint: `kind` is `NetworkSecurityGroupEnabled` or `RouteTableEnabled`."""
    network, found = endpoint.network.value, endpoint.endpoint.value
    subnet = network.subnet(found.subnet) if network and found else None
    return subnet is not None and subnet.endpoint_policies in ("Enabled", kind)
