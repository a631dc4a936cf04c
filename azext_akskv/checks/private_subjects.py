"""What the checks of the private link speak about; as in `subjects`, what is not there is said by one check alone."""

from __future__ import annotations

from azext_akskv.checks.declare import NotApplicable
from azext_akskv.checks.subjects import in_cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.network import network_of
from azext_akskv.model.private_way import endpoint_to_use
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.topology import EndpointSeen, NodeSubnet, Topology, ZoneSeen


def the_topology(snapshot: Snapshot) -> Topology:
    """Raises NotObserved where it could not be looked at, NotApplicable where there is none."""
    topology = snapshot.topology.get()
    if topology is None:
        raise NotApplicable("the cluster or the vault is not there")
    return topology


def the_endpoint(snapshot: Snapshot) -> EndpointSeen:
    """The one to use. Raises NotApplicable where that is not clear."""
    the_topology(snapshot)
    seen = endpoint_to_use(snapshot)
    if seen is None:
        raise NotApplicable("there is no private endpoint to use, or more than one")
    return seen


def the_seen_endpoint(snapshot: Snapshot) -> EndpointSeen:
    """One whose both ends, address and network are known. Raises NotApplicable."""
    seen = the_endpoint(snapshot)
    if seen.endpoint.value is None or not (seen.addresses.known and seen.network.value and seen.zone_group.known):
        raise NotApplicable("the private endpoint could not be looked at")
    return seen


def the_nodes(snapshot: Snapshot) -> tuple[NodeSubnet, ...]:
    """Raises NotApplicable where one of their networks could not be looked at."""
    nodes = the_topology(snapshot).nodes
    if not nodes or not all(node.network.known for node in nodes):
        raise NotApplicable("the networks of the nodes could not be looked at")
    return nodes


def the_zones(snapshot: Snapshot) -> tuple[ZoneSeen, ...]:
    zones = the_topology(snapshot).zones
    if not zones.known or not zones.get():
        raise NotApplicable("there is no zone" if zones.known else "the zones could not be looked at")
    return zones.get()


def after_us(snapshot: Snapshot) -> str:
    """The command that repairs it."""
    vault = snapshot.vault.value
    return in_cluster(snapshot, "aks", "kv", "fix-privatelink", *(("--vault", vault.id) if vault else ()))


def network_list(network: ResourceId) -> str:
    return shell("az", "network", "vnet", "show", "--ids", network)


def new_endpoint(vault: ResourceId, subnet: ResourceId, before: ResourceId | None = None) -> str:
    """The command that makes a private endpoint of a vault in a subnet, in place of one that is dead."""
    home = network_of(subnet)
    to_it = ("--private-connection-resource-id", vault, "--group-id", "vault", "--connection-name", vault.name)
    create = ("az", "network", "private-endpoint", "create", "--subscription")
    if before is not None:
        place = (before.subscription, "--resource-group", before.group, "--name", before.name, "--subnet", subnet)
        return shell(*create, *place, *to_it)
    named = (home.subscription, "--resource-group", home.group, "--name", f"{vault.name}-pe")
    return shell(*create, *named, "--vnet-name", home.name, "--subnet", subnet.name, *to_it)
