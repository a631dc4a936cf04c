"""The node resource group: what AKS puts into it for the nodes of a cluster, and their places in networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from emulator.core.resources import Resource
from emulator.providers.compute import scale_sets
from emulator.providers.ids import covers, group_id, group_of, same_id
from emulator.providers.managedidentity import identities
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


def furnish(world: EmulatedWorld, cluster: Resource, identity_ids: Sequence[str]) -> None:
    """Makes what is missing for the pools of a cluster, and takes away the machines of pools that are gone. A new pool
    has the identities that AKS gives to all, and no other [D].

    [D] A cluster whose pools bring no subnet gets a network with a security group, which go with it.
    """
    _furnish_scale_sets(world, cluster, identity_ids)
    if not world.spec.shows_networks:
        return
    pools = linux_pools(cluster)
    if any(not pool.get("vnetSubnetID") for pool in pools) and networks.find(world, managed_network(cluster)) is None:
        _make_network(world, cluster)
    _remove_machines(world, cluster, {pool["name"] for pool in pools})
    for pool in pools:
        for index in range(NODES_PER_POOL):
            _place(world, cluster, pool, index)


def begin(world: EmulatedWorld, cluster: Resource, data: spec.Cluster) -> None:
    """What people did to the identities of the scale sets before the world starts."""
    for pool, name in data.node_identities:
        own = identities.identity_id(spec.SUBSCRIPTION, group_of(cluster.id), name)
        scale_sets.assign(world, _found(world, cluster, pool), own.replace("/resourcegroups/", "/resourceGroups/"))
    addon = f"azurekeyvaultsecretsprovider-{cluster.body['name']}"
    own = identities.identity_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"], addon)
    for pool in data.secrets_provider.lost_by if data.secrets_provider else ():
        scale_sets.take_away(world, _found(world, cluster, pool), own)


def _found(world: EmulatedWorld, cluster: Resource, pool: str) -> Resource:
    found = scale_set_of(world, cluster, pool)
    assert found is not None, f"the cluster has no pool {pool}"
    return found


def scale_set_of(world: EmulatedWorld, cluster: Resource, pool: str) -> Resource | None:
    """The scale set whose machines are the nodes of a pool."""
    pools = cluster.body["properties"].get("agentPoolProfiles") or []
    found = next((one for one in pools if same_id(one["name"], pool)), None)
    return world.resources.get(_scale_set_of(cluster, found)) if found is not None else None


def take_identity_away(world: EmulatedWorld, cluster: Resource, identity_id: str) -> None:
    """From the machines of all pools."""
    for pool in cluster.body["properties"].get("agentPoolProfiles") or []:
        if (found := scale_set_of(world, cluster, pool["name"])) is not None:
            scale_sets.take_away(world, found, identity_id)


def shrink(world: EmulatedWorld, cluster: Resource) -> None:
    """Takes away the scale sets of pools that are gone, with their machines."""
    node_group = group_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"])
    kept = {_scale_set_of(cluster, pool).lower() for pool in cluster.body["properties"].get("agentPoolProfiles") or []}
    for one in list(world.resources.under(node_group, scale_sets.SCALE_SETS)):
        if one.id.lower() not in kept:
            world.resources.remove_all(one.id)


def _furnish_scale_sets(world: EmulatedWorld, cluster: Resource, identity_ids: Sequence[str]) -> None:
    """[D] One for each pool; AKS gives its identities to those that lack them."""
    for pool in cluster.body["properties"].get("agentPoolProfiles") or []:
        if pool.get("type") == "VirtualMachines":
            continue
        own = _scale_set_of(cluster, pool)
        scale_set = world.resources.get(own) or _make_scale_set(world, cluster, own, pool)
        for identity_id in identity_ids:
            scale_sets.assign(world, scale_set, identity_id)


def _scale_set_of(cluster: Resource, pool: dict[str, Any]) -> str:
    """[D] Windows pools have short names."""
    linux = pool.get("osType", "Linux") == "Linux"
    return _scale_set(cluster, pool["name"]) if linux else f"{_scale_sets(cluster)}/aks{pool['name']}"


def _make_scale_set(world: EmulatedWorld, cluster: Resource, own: str, pool: dict[str, Any]) -> Resource:
    """[3P] AKS tags them with the pool's name."""
    system, prefix = pool.get("osType", "Linux"), own.rpartition("/")[2]
    machines = scale_sets.Machines(prefix, str(pool.get("vmSize") or ""), NODES_PER_POOL, system)
    request = {"location": cluster.body["location"], "tags": {"aks-managed-poolName": pool["name"]}}
    return scale_sets.create(world, own, request, machines, cluster.created)


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


def windows_pools(cluster: Resource) -> list[dict[str, Any]]:
    """Those of the other system. [OWN] Their machines have no place in a network."""
    pools = cluster.body["properties"].get("agentPoolProfiles") or []
    return [pool for pool in pools if pool.get("osType", "Linux") != "Linux"]


def managed_network(cluster: Resource) -> str:
    """The id of the network that AKS makes when nobody brings one."""
    return networks.network_id(spec.SUBSCRIPTION, cluster.body["properties"]["nodeResourceGroup"], NETWORK)


def machine_name(pool: str, index: int) -> str:
    """`aks-nodepool1-31337000-vmss000000`, which is the node's name as well."""
    return f"aks-{pool}-{NUMBER}-vmss{index:06}"


def windows_machine_name(pool: str, index: int) -> str:
    """[D] `akswin000000`: what Windows takes for a name is short."""
    return f"aks{pool}{index:06}"


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
