"""Checks of the vault's private endpoint and of what its name means to the nodes: connection, zone, record, links."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PRIVATE_LINK, NotApplicable, check
from azext_akskv.checks.private_subjects import (
    after_us,
    network_list,
    new_endpoint,
    the_endpoint,
    the_nodes,
    the_seen_endpoint,
    the_topology,
    the_zones,
)
from azext_akskv.checks.subjects import the_cluster, the_vault
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.private_dns import REDIRECT
from azext_akskv.model.private_way import address_of, candidates, resolves_in, writer_of, zone_linked_to, zone_to_use
from azext_akskv.model.repair import NewLink, Repair, link_id
from azext_akskv.model.repairs import repairs_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.topology import EndpointSeen
from azext_akskv.model.vault import Openness


@check("link-vault-missing", PRIVATE_LINK, State.ERROR, "the vault is there")
def link_vault_missing(snapshot: Snapshot) -> Iterator[Problem]:
    the_cluster(snapshot)
    if snapshot.vault.get() is not None:
        return
    named = snapshot.wanted.vault
    yield Problem(
        f"there is no vault {named} that you may see"
        if named
        else "no vault was named, and the cluster's KMS has none",
        "its name or the subscription is another one; a vault in another subscription is named with its resource id",
        shell("az", "keyvault", "list", "--subscription", snapshot.target.subscription, "--output", "table"),
    )


@check("endpoint-missing", PRIVATE_LINK, State.ERROR, "the vault has a private endpoint")
def endpoint_missing(snapshot: Snapshot) -> Iterator[Problem]:
    vault, topology = the_vault(snapshot), the_topology(snapshot)
    found = candidates(snapshot, topology)
    named = snapshot.wanted.private_endpoint
    if found:
        return
    if named is not None:
        known = ", ".join(each.name for each in topology.endpoints) or "none"
        yield Problem(
            f"{named} is no private endpoint of {vault.id.name}; it has: {known}",
            "an endpoint of another vault or service does not lead to this one",
            shell("az", "network", "private-endpoint-connection", "list", "--id", vault.id),
        )
    elif topology.orphans:
        dead = topology.orphans[0]
        again = new_endpoint(vault.id, dead.subnet, dead.id)
        yield Problem(
            f"{vault.id.name} is closed to public networks ({vault.openness.value}), and does not know its private "
            f"endpoint {dead.id.name} any more, which is {dead.status}",
            "somebody has deleted the connection at the vault. It does not come back: the endpoint has to be made anew",
            f"{shell('az', 'network', 'private-endpoint', 'delete', '--ids', dead.id)} && {again}",
        )
    elif vault.openness is Openness.PUBLIC:
        raise NotApplicable("the vault is open to public networks and has no private endpoint: nothing to repair")
    else:
        yield Problem(
            f"{vault.id.name} is closed to public networks ({vault.openness.value}) and has no private endpoint",
            "without one nothing but trusted services gets in. Make one in the nodes' own network and nothing needs to "
            "be peered",
            _make_endpoint(snapshot),
        )


def _make_endpoint(snapshot: Snapshot) -> str:
    return new_endpoint(the_vault(snapshot).id, the_nodes(snapshot)[0].id)


@check("endpoint-several", PRIVATE_LINK, State.ERROR, "it is clear which private endpoint the nodes shall use")
def endpoint_several(snapshot: Snapshot) -> Iterator[Problem]:
    found = candidates(snapshot, the_topology(snapshot))
    if len(found) > 1:
        yield Problem(
            f"{the_vault(snapshot).id.name} has {len(found)} private endpoints: {', '.join(map(_placed, found))}",
            "one zone holds one address for the vault's name, and which one the nodes shall use is yours to say",
            f"{after_us(snapshot)} {shell('--private-endpoint', found[0].connection.endpoint)}",
        )


def _placed(seen: EndpointSeen) -> str:
    network = seen.in_network
    return f"{seen.name} ({'in ' + network.name if network else seen.connection.status})"


@check("endpoint-state", PRIVATE_LINK, State.ERROR, "the private endpoint is approved")
def endpoint_state(snapshot: Snapshot) -> Iterator[Problem]:
    seen = the_endpoint(snapshot)
    status, approve = seen.connection.status, snapshot.wanted.approve
    command = shell("az", "keyvault", "private-endpoint-connection", "approve", "--id", seen.connection.id)
    if status == "Pending":
        yield Problem(
            f"the private endpoint {seen.name} waits to be approved",
            "until then the vault's name leads to the public network; with --approve this command approves it",
            command,
            State.WARNING if approve else None,
        )
    elif status == "Rejected":
        yield Problem(
            f"the private endpoint {seen.name} was rejected at the vault",
            "somebody decided that; Key Vault lets a rejected one be approved again. Ask first, then",
            command,
        )
    elif status != "Approved":
        yield Problem(
            f"the private endpoint {seen.name} is {status}: its other end is gone",
            "a connection in this state is dead: delete it, make the endpoint anew, and run this command again",
            shell("az", "keyvault", "private-endpoint-connection", "delete", "--id", seen.connection.id),
        )


@check("endpoint-unseen", PRIVATE_LINK, State.ERROR, "the private endpoint, its address and its network can be seen")
def endpoint_unseen(snapshot: Snapshot) -> Iterator[Problem]:
    seen = the_endpoint(snapshot)
    if seen.endpoint.get() is None:
        yield Problem(
            f"the private endpoint {seen.name} is gone, although the vault still lists its connection",
            "delete the connection, make the endpoint anew, and run this command again",
            shell("az", "keyvault", "private-endpoint-connection", "delete", "--id", seen.connection.id),
        )
        return
    address_of(seen)
    if seen.network.get() is None:
        yield Problem(f"the network of the private endpoint {seen.name} is gone", "what is in it cannot be reached")
    seen.zone_group.get()


@check("nodes-unseen", PRIVATE_LINK, State.ERROR, "the networks of the nodes can be seen")
def nodes_unseen(snapshot: Snapshot) -> Iterator[Problem]:
    topology = the_topology(snapshot)
    for node in topology.nodes:
        network = node.network.get()
        if network.subnet(node.id) is None:
            yield Problem(
                f"{network.id.name} has no subnet {node.id.name}, in which {', '.join(node.pools)} should be",
                "what the nodes reach cannot be told",
                network_list(network.id),
            )
    if not topology.nodes:
        yield Problem("the cluster has no Linux node pool", "nothing is there that could reach the vault")


@check("zone-wrong-name", PRIVATE_LINK, State.WARNING, "no zone has a name that only looks right")
def zone_wrong_name(snapshot: Snapshot) -> Iterator[Problem]:
    topology = the_topology(snapshot)
    for zone in topology.misnamed:
        yield Problem(
            f"{zone.name} in {zone.group} is not the zone of vaults: that is {topology.zone_name}",
            "a zone of that name is taken by everything and serves nobody [Azure/bicep#12884]",
            shell("az", "network", "private-dns", "zone", "show", "--ids", zone),
        )


@check("zone-missing", PRIVATE_LINK, State.ERROR, "a private DNS zone for vaults is there")
def zone_missing(snapshot: Snapshot) -> Iterator[Problem]:
    topology = the_topology(snapshot)
    the_seen_endpoint(snapshot)
    if not topology.zones.get():
        yield Problem(
            f"there is no zone {topology.zone_name} in any subscription that you see",
            "without one the vault's name leads to the public network, which the vault turns away",
            after_us(snapshot),
        )


@check("record-wrong", PRIVATE_LINK, State.ERROR, "the record has the private endpoint's address")
def record_wrong(snapshot: Snapshot) -> Iterator[Problem]:
    topology, seen = the_topology(snapshot), the_seen_endpoint(snapshot)
    the_zones(snapshot)
    used = {zone.id: zone for node in topology.nodes if (zone := zone_to_use(topology, node, seen))}
    for zone in used.values():
        record, address = zone.record.get(), address_of(seen)
        if record is None:
            found = f"has no record {topology.record_name}"
        elif set(record.addresses) == {address} or writer_of(topology, zone) not in (None, seen):
            continue
        else:
            found = f"says {', '.join(record.addresses) or 'no address'} for {topology.record_name}"
        yield Problem(
            f"{zone.id.name} in {zone.id.group} {found}, and the private endpoint {seen.name} has {address}",
            "networks that are linked to the zone get this answer alone, or none",
            after_us(snapshot),
        )


@check("record-contested", PRIVATE_LINK, State.ERROR, "no other private endpoint has the record")
def record_contested(snapshot: Snapshot) -> Iterator[Problem]:
    """[ISS Azure/azure-quickstart-templates#12091] The last one that wrote wins, and whichever goes takes it along."""
    topology, seen = the_topology(snapshot), the_seen_endpoint(snapshot)
    the_zones(snapshot)
    for node in topology.nodes:
        zone = zone_to_use(topology, node, seen)
        other = writer_of(topology, zone) if zone else None
        if zone is None or other is None or other is seen:
            continue
        yield Problem(
            f"the record {topology.record_name} in {zone.id.name} ({zone.id.group}) leads to {_placed(other)}, not to "
            f"{_placed(seen)}: two private endpoints of one vault write one record",
            f"networks that use {other.name} would lose it. Use that one here, or give {seen.name} a zone of its own, "
            "of the same name, in another resource group, linked to the nodes' network alone",
            f"{after_us(snapshot)} {shell('--private-endpoint', other.connection.endpoint)}",
        )
        return


@check("link-missing", PRIVATE_LINK, State.ERROR, "the nodes' networks are linked to the zone")
def link_missing(snapshot: Snapshot) -> Iterator[Problem]:
    topology = the_topology(snapshot)
    the_seen_endpoint(snapshot)
    the_zones(snapshot)
    for network in topology.node_networks:
        nodes = [node for node in topology.nodes if node.in_network == network]
        if all(resolves_in(node) == network for node in nodes) and zone_linked_to(topology, network) is None:
            yield Problem(
                f"{network.name}, where the nodes are, is not linked to a zone {topology.zone_name}",
                "its nodes resolve the vault's name in public, and the vault turns them away: ForbiddenByConnection",
                after_us(snapshot),
            )


@check("dns-servers", PRIVATE_LINK, State.ERROR, "the nodes' DNS servers know the zone", may_accept=True)
def dns_servers(snapshot: Snapshot) -> Iterator[Problem]:
    """[D] With DNS servers of its own a network's links say nothing: those of the servers' network do."""
    topology, seen = the_topology(snapshot), the_seen_endpoint(snapshot)
    the_zones(snapshot)
    for node in topology.nodes:
        network = resolves_in(node)
        if not node.own_dns or network == node.in_network or (network and zone_linked_to(topology, network)):
            continue
        zone = zone_to_use(topology, node, seen)
        where = f", which is in {network.name}" if network else ", and which network it is in cannot be told from here"
        command = ""
        if zone and network:
            command = shell(
                *("az", "network", "private-dns", "link", "vnet", "create", "--subscription", zone.id.subscription),
                *("--resource-group", zone.id.group, "--zone-name", zone.id.name, "--name", network.name),
                *("--virtual-network", network, "--registration-enabled", "false"),
            )
        yield Problem(
            f"{node.in_network.name} asks its own DNS server {', '.join(node.own_dns)}{where}",
            "whoever runs that server decides what it answers: link the zone to its network, and have it forward "
            f"{_suffix(snapshot)} (not {topology.zone_name}) to 168.63.129.16. Nodes keep old servers until they renew "
            "their address",
            command or network_list(node.in_network),
        )


def _suffix(snapshot: Snapshot) -> str:
    return the_vault(snapshot).host.partition(".")[2]


@check("zone-shadows", PRIVATE_LINK, State.WARNING, "a new link hides no other vault from the nodes")
def zone_shadows(snapshot: Snapshot) -> Iterator[Problem]:
    """[ISS Azure/Azure-Landing-Zones#448] A linked zone answers alone, also NXDOMAIN for what it does not have."""
    topology = the_topology(snapshot)
    links = [each for each in _repairs(snapshot) if isinstance(each, NewLink)]
    if not links:
        raise NotApplicable("no network is linked anew")
    for name in topology.shadowed.get():
        link = links[0]
        yield Problem(
            f"once {link.network.name} is linked, its nodes find no address for the vault {name}, which has a private "
            "endpoint and no record in the zone",
            "it needs a record in the zone; or the link this policy, with which what the zone does not have is looked "
            "up in public",
            shell(
                *("az", "network", "private-dns", "link", "vnet", "update", "--subscription", link.zone.subscription),
                *("--resource-group", link.zone.group, "--zone-name", link.zone.name),
                *("--name", link_id(link.zone, link.network).name, "--resolution-policy", REDIRECT),
            ),
        )


def _repairs(snapshot: Snapshot) -> tuple[Repair, ...]:
    the_seen_endpoint(snapshot)
    return repairs_of(snapshot)
