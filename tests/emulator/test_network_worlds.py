"""The worlds of private link: from each node exactly the symptom that the world is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from emulator.nodes import nodes_of
from emulator.providers.keyvault import connections
from emulator.reach import reach
from emulator.resolution import resolve
from emulator.worlds import catalogue
from emulator.worlds.spec import OTHER_SUBSCRIPTION
from tests.emulator.arm_client import CLUSTER, HOST, SUB, VAULT, Arm, code_of
from tests.emulator.dns_client import ZONE, a_link
from tests.emulator.network_client import NETWORK, ask, get, pair, put, states

WORLDS = [name for name in catalogue.names() if name.startswith("pl-")]
NETWORKS = f"{NETWORK}/virtualNetworks"
NODES, VAULTS, HUB, BATCH = (f"{NETWORKS}/{name}-vnet" for name in ("nodes", "vault", "hub", "batch"))
ENDPOINT = f"{NETWORK}/privateEndpoints/shop-pe"
PUBLIC, PRIVATE = "20.1.2.3", "10.1.0.4"
OPEN, LOST = "connected", "timeout"
DNS = "?api-version=2024-06-01"


@dataclass(frozen=True)
class View:
    """What a node sees: the address of the vault's name (what the resolver says instead), how a connection to it ends,
    how one to the endpoint's own address ends."""

    address: str
    outcome: str = ""
    endpoint: str = OPEN


WELL = View(PRIVATE, OPEN)
PUBLICLY, NOWHERE = View(PUBLIC, OPEN), View(PUBLIC, OPEN, LOST)
STUCK = View(PRIVATE, LOST, LOST)
SYMPTOMS = {
    "pl-same-network": [View("10.225.0.4", OPEN)],
    "pl-nothing": [NOWHERE],
    "pl-link-only": [PUBLICLY],
    "pl-one-way": [STUCK],
    "pl-disconnected": [STUCK],
    "pl-no-access-flag": [STUCK],
    "pl-hub": [NOWHERE],
    "pl-overlap": [View("10.230.0.4", LOST, LOST)],
    "pl-custom-dns": [PUBLICLY],
    "pl-foreign-zone": [PUBLICLY],
    "pl-two-zones": [View("nxdomain", "", OPEN)],
    "pl-pending": [PUBLICLY],
    "pl-two-endpoints": [View("10.3.0.4", LOST, OPEN)],
    "pl-pools": [WELL, NOWHERE],
    "pl-nsg": [STUCK],
}
"""For each node subnet, in the order of the pools."""


def views(client: Arm) -> list[View]:
    """From each node; both nodes of a subnet see the same."""
    world = client.world
    interface = get(client, get(client, ENDPOINT)["properties"]["networkInterfaces"][0]["id"])
    own = interface["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
    found: list[View] = []
    for node in nodes_of(world, CLUSTER):
        said = resolve(world, node.subnet_id.partition("/subnets/")[0], HOST)
        ends = [reach(world, node.subnet_id, address).outcome for address in said.addresses]
        seen = View((*said.addresses, said.outcome)[0], (*ends, "")[0], reach(world, node.subnet_id, own).outcome)
        found += [seen] if node.name.endswith("0") else []
        assert found[-1] == seen
    return found


@pytest.mark.parametrize("name", sorted(SYMPTOMS))
def test_each_world_of_private_link_shows_the_symptom_that_it_is_for(name: str) -> None:
    assert views(Arm(name)) == SYMPTOMS[name]


@pytest.mark.parametrize("name", WORLDS)
def test_each_world_of_private_link_has_one_cluster_and_a_closed_vault_with_an_endpoint(name: str) -> None:
    assert name in SYMPTOMS
    spec = catalogue.load(name)
    assert (spec.name, len(spec.title) < 116) == (name, True)
    client = Arm(name)
    vault = client("GET", VAULT).body["properties"]
    assert (vault["publicNetworkAccess"], vault["networkAcls"]["defaultAction"]) == ("Disabled", "Deny")
    assert vault["privateEndpointConnections"][0]["properties"]["privateEndpoint"]["id"] == ENDPOINT
    [cluster] = client("GET", f"{SUB}/providers/Microsoft.ContainerService/managedClusters").body["value"]
    assert cluster["properties"]["currentKubernetesVersion"] == "1.30.7"
    brought = [pool.get("vnetSubnetID") for pool in cluster["properties"]["agentPoolProfiles"]]
    assert all(brought) is (name != "pl-nothing")


def record(client: Arm, zone: str = ZONE) -> dict[str, Any]:
    answer = client("GET", f"{zone}/A/shop-kv{DNS}")
    assert answer.status == 200, answer.body
    properties: dict[str, Any] = answer.body["properties"]
    return properties


def link(client: Arm, network: str, zone: str = ZONE, name: str = "added") -> dict[str, Any]:
    """Links a zone to a network; how the operation ends, or how it was refused."""
    answer = client("PUT", f"{zone}/virtualNetworkLinks/{name}{DNS}", a_link(network))
    if answer.status >= 400:
        return {"status": "Refused", "code": code_of(answer)[1]}
    client.wait(client.world.spec.delays.update)
    ended: dict[str, Any] = client("GET", answer.headers["Azure-AsyncOperation"]).body
    return ended


def test_a_record_that_a_world_begins_with_is_the_endpoints_own() -> None:
    client = Arm("pl-link-only")
    guid = get(client, ENDPOINT)["properties"]["resourceGuid"]
    found = record(client)
    assert found["metadata"]["creator"] == f"created by private endpoint shop-pe with resource guid {guid}"
    assert (found["ttl"], found["aRecords"]) == (10, [{"ipv4Address": PRIVATE}])
    group = get(client, f"{ENDPOINT}/privateDnsZoneGroups/default")["properties"]
    [configuration] = group["privateDnsZoneConfigs"]
    assert (group["provisioningState"], configuration["name"]) == ("Succeeded", "privatelink-vaultcore-azure-net")
    assert configuration["properties"]["recordSets"][0]["ipAddresses"] == [PRIVATE]


def test_one_link_repairs_what_lacks_only_that() -> None:
    client = Arm("pl-link-only")
    assert link(client, NODES) == {"status": "Succeeded"}
    assert views(client) == [WELL]


@pytest.mark.parametrize("name", ["pl-one-way", "pl-disconnected"])
def test_half_a_peering_is_made_whole(name: str) -> None:
    client = Arm(name)
    pair_again(client)
    assert views(client) == [WELL]


def pair_again(client: Arm) -> None:
    """PUTs both sides, the nodes' first, under the names that the world has."""
    for one, other in (("nodes-vnet", "vault-vnet"), ("vault-vnet", "nodes-vnet")):
        properties = {"allowVirtualNetworkAccess": True, "remoteVirtualNetwork": {"id": f"{NETWORKS}/{other}"}}
        put(client, f"{NETWORKS}/{one}/virtualNetworkPeerings/{one}-to-{other}", {"properties": properties})


def test_a_peering_that_was_left_without_access_is_opened() -> None:
    client = Arm("pl-no-access-flag")
    sides = [f"{NODES}/virtualNetworkPeerings/nodes-vnet-to-vault-vnet"]
    sides += [f"{VAULTS}/virtualNetworkPeerings/vault-vnet-to-nodes-vnet"]
    assert states(client, *sides) == ["Connected FullyInSync"] * 2
    pair_again(client)
    assert views(client) == [WELL]


def test_spokes_of_a_hub_need_a_link_and_a_peering_of_their_own() -> None:
    client = Arm("pl-hub")
    assert link(client, NODES) == {"status": "Succeeded"}
    assert views(client) == [STUCK]
    pair(client, NODES, VAULTS)
    assert views(client) == [WELL]


def test_networks_that_overlap_are_not_peered() -> None:
    client = Arm("pl-overlap")
    properties = {"allowVirtualNetworkAccess": True, "remoteVirtualNetwork": {"id": VAULTS}}
    refused = ask(client, "PUT", f"{NODES}/virtualNetworkPeerings/there", {"properties": properties})
    assert code_of(refused) == (400, "VnetAddressSpacesOverlap")


def test_with_a_dns_server_in_the_hub_the_hub_is_linked() -> None:
    client = Arm("pl-custom-dns")
    assert resolve(client.world, HUB, HOST).addresses == (PUBLIC,)
    assert link(client, HUB) == {"status": "Succeeded"}
    assert views(client) == [WELL]


def test_a_zone_of_somebody_elses_is_read_and_not_linked() -> None:
    client = Arm("pl-foreign-zone")
    foreign = ZONE.replace(SUB, f"/subscriptions/{OTHER_SUBSCRIPTION}").replace("shop-rg", "dns-rg")
    assert record(client, foreign)["aRecords"] == [{"ipv4Address": PRIVATE}]
    assert link(client, NODES, foreign) == {"status": "Refused", "code": "AuthorizationFailed"}


def test_a_network_with_an_empty_zone_is_not_linked_to_the_full_one_of_its_name() -> None:
    client = Arm("pl-two-zones")
    full = ZONE.replace("shop-rg", "dns-rg")
    assert record(client, full)["aRecords"] == [{"ipv4Address": PRIVATE}]
    assert client("GET", f"{ZONE}/A/shop-kv{DNS}").status == 404
    assert link(client, NODES, full) == {"status": "Refused", "code": "BadRequest"}


def test_an_approval_writes_the_record_of_a_pending_endpoint() -> None:
    client = Arm("pl-pending")
    [waiting] = client("GET", VAULT).body["properties"]["privateEndpointConnections"]
    state = waiting["properties"]["privateLinkServiceConnectionState"]
    assert (state["status"], client("GET", f"{ZONE}/A/shop-kv{DNS}").status) == ("Pending", 404)
    vault = client.world.resources.get(VAULT)
    assert vault is not None
    found = connections.connection_of(vault, ENDPOINT)
    assert found is not None
    approved = {"properties": {"privateLinkServiceConnectionState": {"status": "Approved"}}}
    assert client("PUT", f"{VAULT}/privateEndpointConnections/{found['id'].rpartition('/')[2]}", approved).status == 200
    assert views(client) == [WELL]


def test_the_endpoint_that_came_last_has_the_record_of_both() -> None:
    client = Arm("pl-two-endpoints")
    assert record(client)["metadata"]["creator"].startswith("created by private endpoint other-pe ")
    both = [f"{NETWORK}/privateEndpoints/{name}/privateDnsZoneGroups/default" for name in ("shop-pe", "other-pe")]
    groups = [get(client, group) for group in both]
    written = [one["properties"]["privateDnsZoneConfigs"][0]["properties"]["recordSets"] for one in groups]
    assert [one[0]["ipAddresses"] for one in written] == [[PRIVATE], ["10.3.0.4"]]


def test_a_pool_in_a_network_of_its_own_needs_a_link_and_a_peering_of_its_own() -> None:
    client = Arm("pl-pools")
    assert link(client, BATCH) == {"status": "Succeeded"}
    pair(client, BATCH, VAULTS)
    assert views(client) == [WELL, WELL]


def test_without_the_rule_in_the_way_the_endpoint_is_reached() -> None:
    client = Arm("pl-nsg")
    rule = f"{NETWORK}/networkSecurityGroups/nodes-nsg/securityRules/no-https-to-endpoints"
    assert ask(client, "DELETE", rule).status == 202
    client.wait(client.world.spec.delays.network)
    assert views(client) == [WELL]
