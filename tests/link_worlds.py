"""Start states between nodes and a private endpoint; everything is in order in `well`, and each other lacks a piece."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from azext_akskv.checks.declare import CLUSTER, GOVERNANCE, PRIVATE_LINK
from azext_akskv.flows.drive import look
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.snapshot import Snapshot, Wanted
from tests.builders import VAULT, Json, cluster_json, vault_json
from tests.fake_networks import write_records
from tests.fakes import FakeWorld
from tests.network_builders import (
    ADDRESS,
    ENDPOINT,
    INTERFACE,
    NODE_SUBNET,
    NODES,
    SHARED,
    a_link,
    a_network,
    a_peering,
    a_zone,
    a_zone_group,
    an_endpoint,
    both_sides,
)

ASKED = Wanted("fix-privatelink", vault="kv1")
LOOKED_AT = (CLUSTER, PRIVATE_LINK, GOVERNANCE)


def connection(endpoint: ResourceId = ENDPOINT, status: str = "Approved", name: str = "c1") -> Json:
    """As the vault shows it."""
    state = {"privateEndpoint": {"id": str(endpoint)}, "privateLinkServiceConnectionState": {"status": status}}
    return {"id": f"{VAULT}/privateEndpointConnections/{name}", "properties": state}


def cluster_in(*subnets: ResourceId | None) -> Json:
    """With a Linux pool in each subnet; None: in AKS's own."""
    raw = cluster_json()
    raw["properties"]["agentPoolProfiles"] = [
        {"name": f"pool{n}", "osType": "Linux", **({"vnetSubnetID": str(subnet)} if subnet else {})}
        for n, subnet in enumerate(subnets, start=1)
    ]
    return raw


def well(folder: Path) -> FakeWorld:
    vault = vault_json(public="Disabled", default_action="Deny")
    vault["properties"]["privateEndpointConnections"] = [connection()]
    world = FakeWorld(folder, cluster=cluster_in(NODE_SUBNET), vault=vault)
    world.add(*both_sides(), an_endpoint(), a_zone(), a_link(NODES), a_link(SHARED))
    world.interfaces[INTERFACE] = (ADDRESS,)
    world.zone_groups[ENDPOINT] = a_zone_group()
    write_records(world, ENDPOINT)
    return world


def nothing(folder: Path) -> FakeWorld:
    """Nothing but the endpoint: no zone, no peering."""
    world = well(folder)
    for made in (world.zones, world.links, world.records, world.zone_groups):
        made.clear()
    world.add(a_network(NODES), a_network(SHARED))
    return world


def without_link(folder: Path) -> FakeWorld:
    world = well(folder)
    world.links = {link.id: link for link in world.links.values() if link.network != NODES}
    return world


def one_way(folder: Path) -> FakeWorld:
    """The nodes' side alone, which waits for the other one."""
    world = well(folder)
    world.add(a_network(NODES, peerings=[a_peering(NODES, SHARED, peeringState="Initiated")]), a_network(SHARED))
    return world


def disconnected(folder: Path) -> FakeWorld:
    """The other side was deleted."""
    world = well(folder)
    world.add(a_network(NODES, peerings=[a_peering(NODES, SHARED, peeringState="Disconnected")]), a_network(SHARED))
    return world


def disconnected_there(folder: Path) -> FakeWorld:
    """The nodes' side was deleted: the other one must be put first."""
    world = well(folder)
    world.add(a_network(NODES), a_network(SHARED, peerings=[a_peering(SHARED, NODES, peeringState="Disconnected")]))
    return world


def without_access(folder: Path) -> FakeWorld:
    world = well(folder)
    near = a_peering(NODES, SHARED, allowVirtualNetworkAccess=False)
    world.add(a_network(NODES, peerings=[near]), a_network(SHARED, peerings=[a_peering(SHARED, NODES)]))
    return world


def grown(folder: Path) -> FakeWorld:
    """The endpoint's network has a range, with the endpoint in it, that the nodes' side does not know yet."""
    world = well(folder)
    old = {"remoteAddressSpace": {"addressPrefixes": ["10.7.0.0/16"]}, "peeringSyncLevel": "LocalNotInSync"}
    far = a_peering(SHARED, NODES, peeringSyncLevel="RemoteNotInSync")
    world.add(a_network(NODES, peerings=[a_peering(NODES, SHARED, **old)]), a_network(SHARED, peerings=[far]))
    return world


def pending(folder: Path) -> FakeWorld:
    world = well(folder)
    world.vaults[VAULT]["properties"]["privateEndpointConnections"] = [connection(status="Pending")]
    world.add(an_endpoint(status="Pending"))
    world.records.clear()
    return world


def stale_record(folder: Path) -> FakeWorld:
    """A record made by hand, with an address that nobody has."""
    world = well(folder)
    world.zone_groups.clear()
    [record] = world.records
    world.put_record(record, ("10.99.0.4",))
    return world


REPAIRABLE: dict[str, Callable[[Path], FakeWorld]] = {
    each.__name__: each
    for each in (
        *(nothing, without_link, one_way, disconnected, disconnected_there, without_access, grown, stale_record),
    )
}


def seen(world: FakeWorld, wanted: Wanted = ASKED) -> Snapshot:
    """What the command looks at."""
    return look(wanted, world.world(), LOOKED_AT)
