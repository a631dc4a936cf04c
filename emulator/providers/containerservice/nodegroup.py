"""The node resource group: what AKS puts into it for the nodes of a cluster, and their places in networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.ids import covers, group_id, same_id
from emulator.providers.network import addresses, lists, networks, removal, subnets
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

NUMBER = "31337000"
"""[D: eight digits; OWN: which] In the names of everything that AKS makes for the nodes of one cluster."""
NETWORK, SUBNET = f"aks-vnet-{NUMBER}", "aks-subnet"
SECURITY_GROUP = f"aks-agentpool-{NUMBER}-nsg"
_NETWORK_PREFIX, _SUBNET_PREFIX = "10.224.0.0/12", "10.224.0.0/16"
"""[D]"""
NODES_PER_POOL = 2
"""[OWN] Whatever the pool's count says."""


def subnet_named(world: EmulatedWorld, named: str) -> str:
    """The id of `network/subnet`, by the names of the world's data. Raises StopIteration when there is none."""
    name, _, subnet = named.partition("/")
    network = next(one for one in networks.all_networks(world) if same_id(one.body["name"], name))
    return next(str(one["id"]) for one in network.subnets if same_id(one["name"], subnet))


def furnish(world: EmulatedWorld, cluster: Resource) -> None:
    """Makes what is missing for the pools of a cluster, and takes away the machines of pools that are gone.

    [D] A cluster whose pools bring no subnet gets a network with a security group, which go with it.
    """
    if not world.spec.shows_networks:
        return
    pools = linux_pools(cluster)
    if any(not pool.get("vnetSubnetID") for pool in pools) and networks.find(world, managed_network(cluster)) is None:
        _make_network(world, cluster)
    _remove_machines(world, cluster, {pool["name"] for pool in pools})
    for pool in pools:
        for index in range(NODES_PER_POOL):
            _place(world, cluster, pool, index)


def dissolve(world: EmulatedWorld, cluster: Resource) -> None:
    """[D] The node resource group goes with the cluster, and everything in it."""
    node_group = group_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"])
    for network in networks.all_networks(world):
        if covers(node_group, network.id):
            removal.remove(world, network)
    world.resources.remove_all(node_group)


def linux_pools(cluster: Resource) -> list[dict[str, Any]]:
    """The pools on whose nodes pods of ours run."""
    pools = cluster.body["properties"].get("agentPoolProfiles") or []
    return [pool for pool in pools if pool.get("osType", "Linux") == "Linux"]


def managed_network(cluster: Resource) -> str:
    """The id of the network that AKS makes when nobody brings one."""
    return networks.network_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"], NETWORK)


def machine_name(pool: str, index: int) -> str:
    """`aks-nodepool1-31337000-vmss000000`, which is the node's name as well."""
    return f"aks-{pool}-{NUMBER}-vmss{index:06}"


def interface_of(world: EmulatedWorld, cluster: Resource, pool: str, index: int) -> Resource | None:
    """The network interface of a node."""
    return world.resources.get(_interface_id(cluster, pool, index))


def _make_network(world: EmulatedWorld, cluster: Resource) -> None:
    """[D] The names and ranges; [INF] the group is the subnet's, there being nobody else in it."""
    node_group, location = cluster.body["properties"]["nodeResourceGroup"], cluster.body["location"]
    group_named = lists.list_id(lists.SECURITY_GROUPS, spec.SUBSCRIPTION, node_group, SECURITY_GROUP)
    made = lists.create(world, lists.SECURITY_GROUPS, group_named, {"location": location}, cluster.created)
    lists.mark(world, lists.SECURITY_GROUPS, made, "Succeeded")
    inside = {"addressPrefix": _SUBNET_PREFIX, "networkSecurityGroup": {"id": made.id}}
    properties = {
        "addressSpace": {"addressPrefixes": [_NETWORK_PREFIX]},
        "subnets": [{"name": SUBNET, "properties": inside}],
    }
    request = {"location": location, "properties": properties}
    network = networks.create(world, managed_network(cluster), request, cluster.created)
    networks.mark(world, network, "Succeeded")


def _scale_sets(cluster: Resource) -> str:
    node_group = cluster.body["properties"]["nodeResourceGroup"]
    return f"{group_id(spec.SUBSCRIPTION, node_group)}/providers/{subnets.MACHINES}"


def _scale_set(cluster: Resource, pool: str) -> str:
    return f"{_scale_sets(cluster)}/aks-{pool}-{NUMBER}-vmss"


def _interface_id(cluster: Resource, pool: str, index: int) -> str:
    scale_set = _scale_set(cluster, pool)
    return f"{scale_set}/virtualMachines/{index}/networkInterfaces/{scale_set.rpartition('/')[2]}"


def _place(world: EmulatedWorld, cluster: Resource, pool: dict[str, Any], index: int) -> None:
    """Gives a machine the first free address of its subnet, which it keeps. [OWN] A subnet that is not there, or has
    none left, has no such machine."""
    own = _interface_id(cluster, pool["name"], index)
    if world.resources.get(own) is not None:
        return
    subnet_id = pool.get("vnetSubnetID") or f"{managed_network(cluster)}/subnets/{SUBNET}"
    network = networks.find(world, subnet_id)
    subnet = network.subnet(subnet_id.rpartition("/")[2]) if network else None
    address = next(_free(world, subnet), None) if subnet else None
    if subnet is None or address is None:
        return
    place = {"privateIPAddress": address, "primary": True, "subnet": {"id": subnet["id"]}}
    configuration = {"name": "ipconfig1", "id": f"{own}/ipConfigurations/ipconfig1", "properties": place}
    body: dict[str, Any] = {"id": own, "name": own.rpartition("/")[2], "type": subnets.MACHINE_INTERFACES}
    body["properties"] = {"provisioningState": "Succeeded", "ipConfigurations": [configuration]}
    world.resources.put(Resource(own, body, cluster.created))


def _free(world: EmulatedWorld, subnet: dict[str, Any]) -> Iterator[str]:
    taken = subnets.taken_in(world, subnet["id"])
    for prefix in subnets.prefixes_of(subnet):
        yield from (address for address in addresses.usable(prefix) if address not in taken)


def _remove_machines(world: EmulatedWorld, cluster: Resource, kept: set[str]) -> None:
    scale_sets = [_scale_set(cluster, name) for name in kept]
    for one in list(subnets.machine_interfaces(world)):
        is_ours = covers(_scale_sets(cluster), one.id)
        if is_ours and not any(covers(scale_set, one.id) for scale_set in scale_sets):
            world.resources.remove(one.id)
