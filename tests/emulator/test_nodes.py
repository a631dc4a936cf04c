"""Where the nodes of clusters stand, and what AKS makes for them."""

from __future__ import annotations

import pytest

from emulator.nodes import Node, nodes_of
from emulator.worlds.network import Network, Subnet
from emulator.worlds.spec import Cluster, Secrets
from tests.emulator.arm_client import CLUSTER, SUB, Arm, code_of
from tests.emulator.network_client import NETWORK, ask, delete, get, pair, put, states, subnet_body

NODE_GROUP = f"{SUB}/resourceGroups/MC_shop-rg_shop_westeurope"
MANAGED = f"{NODE_GROUP}/providers/Microsoft.Network/virtualNetworks/aks-vnet-31337000"
GROUP_OF_NODES = f"{NODE_GROUP}/providers/Microsoft.Network/networkSecurityGroups/aks-agentpool-31337000-nsg"
NETS = (
    Network("nodes", ("10.224.0.0/12",), (Subnet("one", "10.224.0.0/24"), Subnet("two", "10.225.0.0/24"))),
    Network("other", ("10.1.0.0/16",), (Subnet("default", "10.1.0.0/24"),)),
)
NODES = f"{NETWORK}/virtualNetworks/nodes"
FEW = Secrets(count=0)
TWO_POOLS = Cluster(pools=("system", "work"), subnets=("nodes/one", "nodes/two"), secrets=FEW)


def test_each_linux_pool_has_two_nodes_in_the_subnet_that_somebody_brought() -> None:
    client = Arm(networks=NETS, clusters=(TWO_POOLS,))
    one, two = f"{NODES}/subnets/one", f"{NODES}/subnets/two"
    assert nodes_of(client.world, CLUSTER) == [
        Node("aks-system-31337000-vmss000000", "system", one, "10.224.0.4"),
        Node("aks-system-31337000-vmss000001", "system", one, "10.224.0.5"),
        Node("aks-work-31337000-vmss000000", "work", two, "10.225.0.4"),
        Node("aks-work-31337000-vmss000001", "work", two, "10.225.0.5"),
    ]
    pools = client("GET", CLUSTER).body["properties"]["agentPoolProfiles"]
    assert [pool["vnetSubnetID"] for pool in pools] == [one, two]
    assert get(client, NODES)["properties"]["subnets"][0]["properties"]["ipConfigurations"][0]["id"]
    assert ask(client, "GET", MANAGED).status == 404
    with pytest.raises(KeyError):
        nodes_of(client.world, f"{CLUSTER}2")


def test_a_cluster_without_a_network_of_its_own_gets_one_that_goes_with_it() -> None:
    client = Arm(networks=NETS, clusters=(Cluster(secrets=FEW),))
    network = get(client, MANAGED)["properties"]
    [subnet] = network["subnets"]
    assert network["addressSpace"] == {"addressPrefixes": ["10.224.0.0/12"]}
    assert (subnet["name"], subnet["properties"]["addressPrefix"]) == ("aks-subnet", "10.224.0.0/16")
    assert subnet["properties"]["networkSecurityGroup"] == {"id": GROUP_OF_NODES}
    assert get(client, GROUP_OF_NODES)["properties"]["securityRules"] == []
    assert "vnetSubnetID" not in client("GET", CLUSTER).body["properties"]["agentPoolProfiles"][0]
    assert {node.subnet_id for node in nodes_of(client.world, CLUSTER)} == {f"{MANAGED}/subnets/aks-subnet"}
    pair(client, MANAGED, f"{NETWORK}/virtualNetworks/other")
    client("DELETE", CLUSTER)
    client.wait(client.world.spec.delays.update)
    left = f"{NETWORK}/virtualNetworks/other/virtualNetworkPeerings/back"
    assert states(client, left) == ["Disconnected RemoteNotInSync"]
    assert ask(client, "GET", MANAGED).status == ask(client, "GET", GROUP_OF_NODES).status == 404
    assert not list(client.world.resources.under(NODE_GROUP, "Microsoft.Compute/virtualMachineScaleSets"))


def test_worlds_that_are_about_something_else_show_no_networks_of_clusters() -> None:
    client = Arm()
    assert ask(client, "GET", MANAGED).status == 404
    assert [(node.subnet_id, node.address) for node in nodes_of(client.world, CLUSTER)] == [
        ("", "10.224.0.4"),
        ("", "10.224.0.5"),
    ]


def test_a_node_keeps_its_address_and_its_subnet_cannot_go() -> None:
    client = Arm(networks=NETS, clusters=(TWO_POOLS,))
    before = nodes_of(client.world, CLUSTER)
    body = client("GET", CLUSTER).body
    body["properties"]["agentPoolProfiles"].reverse()
    client.finish(client("PUT", CLUSTER, body))
    assert sorted(nodes_of(client.world, CLUSTER), key=lambda node: node.name) == before
    refused = ask(client, "DELETE", f"{NODES}/subnets/one")
    assert code_of(refused) == (400, "InUseSubnetCannotBeDeleted")


def test_pools_that_come_and_go_take_addresses_and_give_them_back() -> None:
    client = Arm(networks=NETS, clusters=(TWO_POOLS,))
    third = put(client, f"{NODES}/subnets/three", subnet_body("10.226.0.0/24"))
    body = client("GET", CLUSTER).body
    system, work = body["properties"]["agentPoolProfiles"]
    windows = {**work, "name": "win", "osType": "Windows"}
    body["properties"]["agentPoolProfiles"] = [system, {**work, "name": "more", "vnetSubnetID": third["id"]}, windows]
    client.finish(client("PUT", CLUSTER, body))
    found = [(node.pool, node.address) for node in nodes_of(client.world, CLUSTER) if node.system == "linux"]
    assert found == [
        *(("system", "10.224.0.4"), ("system", "10.224.0.5")),
        *(("more", "10.226.0.4"), ("more", "10.226.0.5")),
    ]
    delete(client, f"{NODES}/subnets/two")


def test_a_cluster_that_is_made_later_stands_where_its_pools_say() -> None:
    client = Arm(networks=NETS, clusters=())
    pool = {"name": "system", "count": 1, "vmSize": "Standard_D4ds_v5", "mode": "System"}
    for name, brought in (("mine", {"vnetSubnetID": f"{NODES}/subnets/one"}), ("theirs", {})):
        properties = {"dnsPrefix": name, "agentPoolProfiles": [{**pool, **brought}]}
        request = {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": properties}
        client.finish(client("PUT", CLUSTER.replace("/shop", f"/{name}").replace(f"/{name}-rg", "/shop-rg"), request))
    mine, theirs = (nodes_of(client.world, f"{CLUSTER[: -len('shop')]}{name}") for name in ("mine", "theirs"))
    assert [node.subnet_id for node in mine] == [f"{NODES}/subnets/one"] * 2
    assert theirs[0].subnet_id == f"{MANAGED.replace('_shop_', '_theirs_')}/subnets/aks-subnet"


def test_a_node_resource_group_that_somebody_deletes_goes_with_its_machines() -> None:
    client = Arm(networks=NETS, clusters=(Cluster(secrets=FEW),))
    client("DELETE", f"{NODE_GROUP}?api-version=2022-09-01")
    client.wait(2 * client.world.spec.delays.update)
    assert client.world.resources.get(NODE_GROUP) is None
