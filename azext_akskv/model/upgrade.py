"""Upgrades of a cluster: what AKS offers it, the shortest way to a version, its node pools, and the bodies of the PUTs.

AKS skips no minor version of a supported cluster, and offers more to one that is out of support: so the way is never
reckoned, but read off what is offered. [AKS docs, upgrade-aks-cluster]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from azext_akskv.model.cluster import FIRST_V2_MINOR, Cluster, for_put, minor_of
from azext_akskv.model.members import Json, child, children, flag, number, text, texts, whole


@dataclass(frozen=True)
class NodePool:
    """`version` is what its nodes run; `wanted` what the pool was told to run, ahead of it after an upgrade that did
    not come to its end."""

    name: str
    version: str
    wanted: str
    nodes: int = 0
    state: str = ""
    power: str = ""


@dataclass(frozen=True)
class Offer:
    """`now`: what the cluster itself may be upgraded to. `region`: each version that its region offers, with those that
    it may be upgraded to."""

    now: tuple[str, ...]
    region: Mapping[str, tuple[str, ...]]

    def after(self, version: str, present: str) -> tuple[str, ...]:
        return self.now if version == present else tuple(self.region.get(version, ()))


def numbers(version: str) -> tuple[int, ...]:
    """(1, 27, 9) of "1.27.9", for comparing."""
    return tuple(int(part) for part in re.findall(r"\d{1,5}", version, re.ASCII)[:3])


def pools_of(cluster: Cluster) -> tuple[NodePool, ...]:
    """None for a cluster whose nodes AKS runs out of sight (AKS Automatic with hosted system pools). Raises BadInput
    for JSON that is no list of pools."""
    found = []
    for raw in children(child(cluster.raw, "properties"), "agentPoolProfiles"):
        wanted = text(raw, "orchestratorVersion")
        found.append(
            NodePool(
                text(raw, "name"),
                text(raw, "currentOrchestratorVersion") or wanted,
                wanted,
                number(raw, "count") or 0,
                text(raw, "provisioningState"),
                text(child(raw, "powerState"), "code"),
            )
        )
    return tuple(found)


def told_version(cluster: Cluster) -> str:
    """What the control plane was told to run: ahead of what it runs while an upgrade is on its way, or after one that
    ended badly; perhaps a minor version alone."""
    return text(child(cluster.raw, "properties"), "kubernetesVersion")


def pools_behind(cluster: Cluster) -> tuple[NodePool, ...]:
    """Those whose nodes do not run the control plane's version."""
    present = cluster.kubernetes_version
    return tuple(pool for pool in pools_of(cluster) if numbers(pool.version) != numbers(present))


def target_minor(offer: Offer, asked: str) -> tuple[int, int] | None:
    """The minor version to end at: that asked for, else the lowest from 1.27 on that the region offers."""
    if asked:
        return minor_of(asked)
    return min((minor for each in offer.region if (minor := minor_of(each)) >= FIRST_V2_MINOR), default=None)


def is_target(version: str, offer: Offer, asked: str) -> bool:
    """`1.28` asks for any of its patches, `1.28.12` for itself."""
    if len(numbers(asked)) == 3:
        return numbers(version) == numbers(asked)
    return minor_of(version) == target_minor(offer, asked)


def way_to(present: str, offer: Offer, asked: str) -> tuple[str, ...] | None:
    """The versions to upgrade to one after the other: as few as can be, and of each minor version the newest patch that
    leads on. Empty: it is there. None: no way leads there."""
    if is_target(present, offer, asked) or (not asked and minor_of(present) >= FIRST_V2_MINOR):
        return ()
    ways: dict[str, tuple[str, ...]] = {present: ()}
    seen = {present}
    while ways:
        further: dict[str, tuple[str, ...]] = {}
        for version in _newest_first(ways):
            for each in offer.after(version, present):
                if each not in seen:
                    further.setdefault(each, (*ways[version], each))
        there = [each for each in _newest_first(further) if is_target(each, offer, asked)]
        if there:
            return further[there[0]]
        seen |= further.keys()
        ways = further
    return None


def _newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(versions, key=numbers, reverse=True)


def parse_upgrades(raw: Json) -> tuple[str, ...]:
    """Of `upgradeProfiles/default`, oldest first, without previews. Raises BadInput."""
    offered = children(child(child(whole(raw), "properties"), "controlPlaneProfile"), "upgrades")
    found = [text(each, "kubernetesVersion") for each in offered if not flag(each, "isPreview")]
    return tuple(sorted(filter(None, found), key=numbers))


def parse_versions(raw: Json) -> dict[str, tuple[str, ...]]:
    """Of `locations/{location}/kubernetesVersions`, without previews. Raises BadInput."""
    found: dict[str, tuple[str, ...]] = {}
    for minor in children(whole(raw), "values"):
        if not flag(minor, "isPreview"):
            patches = child(minor, "patchVersions")
            found |= {each: tuple(texts(child(patches, each), "upgrades")) for each in patches}
    return found


def with_control_plane_at(raw: Json, version: str) -> Json:
    """The body that upgrades the control plane and leaves the nodes as they are, as `az aks upgrade
    --control-plane-only` sends it. [CLI]"""
    body = for_put(raw)
    child(body, "properties")["kubernetesVersion"] = version
    return body


def with_node_pools_at(raw: Json, version: str) -> Json:
    """The body that upgrades the nodes of every pool, as `az aks upgrade` sends it. [REC]"""
    body = for_put(raw)
    for pool in children(child(body, "properties"), "agentPoolProfiles"):
        pool["orchestratorVersion"] = version
    return body
