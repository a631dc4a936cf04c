"""A world as it is with the real API server, which has one version and what came with it."""

from __future__ import annotations

from dataclasses import replace

from emulator.real.guard import refusal_of
from emulator.real.programs import CannotStart
from emulator.worlds.spec import Cluster, World

VERSION = "1.20.2"
"""What `make apiserver` builds. AKS had it until 2022."""


class NotReal(CannotStart):
    """There is something in the world that the real API server does not have."""


def translated(world: World) -> World:
    """All clusters have the one version, and AKS offers it. Raises NotReal."""
    clusters = tuple(_translated(cluster) for cluster in world.clusters)
    offered = tuple(dict.fromkeys((VERSION, *world.kubernetes_versions)))
    return replace(world, clusters=clusters, kubernetes_versions=offered)


def _translated(cluster: Cluster) -> Cluster:
    if cluster.automatic:
        raise NotReal(f"cluster {cluster.name} is AKS Automatic, which needs newer Kubernetes than {VERSION}")
    if cluster.platform_encryption or (cluster.kms and cluster.kms.version is None):
        raise NotReal(f"cluster {cluster.name} has the new KMS data encryption, which needs Kubernetes 1.33")
    for rule in cluster.admission:
        if refusal_of(rule) is None:
            raise NotReal(f"cluster {cluster.name} has an admission rule that is no webhook: {rule.text}")
    return replace(cluster, kubernetes_version=VERSION)
