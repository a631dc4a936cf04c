"""What a look at networks needs of a cluster: the subnets of its node pools, and who the secrets provider is."""

from __future__ import annotations

from azext_akskv.model.addon import addon_of
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import child, children, text

SCALE_SETS = "VirtualMachineScaleSets"
"""A pool's type; it is also what is meant where none is told. [SPEC]"""


def subnets_of(cluster: Cluster) -> dict[ResourceId | None, tuple[str, ...]]:
    """The names of the Linux pools by their subnet; None stands for AKS's own network in the node resource group. The
    secrets provider reads vaults on Windows nodes, too, but nothing of ours runs there.

    Raises BadInput when a subnet is no resource id.
    """
    found: dict[ResourceId | None, tuple[str, ...]] = {}
    for pool in children(child(cluster.raw, "properties"), "agentPoolProfiles"):
        if text(pool, "osType").lower() == "windows":
            continue
        told = text(pool, "vnetSubnetID")
        subnet = ResourceId.parse(told) if told else None
        found[subnet] = (*found.get(subnet, ()), text(pool, "name"))
    return found


def locked_down(cluster: Cluster) -> bool:
    """`nodeResourceGroupProfile.restrictionLevel`: with ReadOnly a deny assignment keeps everybody out of the node
    resource group. [AKS docs]"""
    profile = child(child(cluster.raw, "properties"), "nodeResourceGroupProfile")
    return text(profile, "restrictionLevel").lower() == "readonly"


def provider_principal(cluster: Cluster) -> str | None:
    """The object id of the identity that the add-on of the secrets provider made; None while it is off. [AKS docs]"""
    addon = addon_of(cluster)
    return (addon.identity and addon.identity.object_id) or None if addon.enabled else None


def all_windows(cluster: Cluster) -> bool:
    """There are pools, and none of them is Linux. AKS asks for one that is; what a profile says is believed."""
    pools = children(child(cluster.raw, "properties"), "agentPoolProfiles")
    return bool(pools) and all(text(pool, "osType").lower() == "windows" for pool in pools)


def without_scale_set(cluster: Cluster) -> tuple[str, ...]:
    """The names of pools of standalone machines (`VirtualMachines`, and old `AvailabilitySet`), each of which has
    identities of its own: those are not looked at. [AKS docs, virtual-machines-node-pools]"""
    pools = children(child(cluster.raw, "properties"), "agentPoolProfiles")
    return tuple(text(pool, "name") for pool in pools if text(pool, "type").lower() not in ("", SCALE_SETS.lower()))
