"""Looks at what is in the cluster of that which `generate` is to write."""

from __future__ import annotations

from dataclasses import replace

from azext_akskv.model.generate import manifests_wanted
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen, differences
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.observe.sections import observe
from azext_akskv.ports import Ports

LOG_IN = "Microsoft.ContainerService/managedClusters/listClusterUserCredential/action, and to get these objects"
LIST_PODS = "to list pods in the namespace"


def take_manifests(snapshot: Snapshot, ports: Ports) -> Observed[ManifestsSeen | None]:
    """What has to be known of Azure first may not be known; then a finding says so already."""
    cluster = snapshot.cluster.value
    if cluster is None:
        return Observed.unknown("the cluster is not there")
    if not cluster.running:
        return Observed.unknown("the cluster is not running, so its API server cannot be asked")
    try:
        wanted = manifests_wanted(snapshot)
    except NotObserved as gap:
        return Observed.unknown(str(gap))
    found = observe("the cluster's objects", LOG_IN, lambda: ports.manifests.look([each.ref for each in wanted]))
    if found.value is None:
        return Observed.unknown(found.gap or "the cluster's objects could not be looked at")
    changing = next((each for each in wanted if _class_changes(each, found.value)), None)
    if changing is None:
        return Observed(found.value)
    return Observed(replace(found.value, mounting=_mounting(changing, ports)))


def _class_changes(manifest: Manifest, seen: ManifestsSeen) -> bool:
    there = seen.standing[manifest.ref].value
    return manifest.ref.kind is Kind.CLASS and there is not None and bool(differences(manifest, there))


def _mounting(manifest: Manifest, ports: Ports) -> Observed[tuple[str, ...]]:
    """The pods whose mounts come of the class as it is now."""
    ref = manifest.ref

    def pods() -> tuple[str, ...]:
        consumers = ports.mounts.look(ref.namespace).consumers.get()
        mine = [each for each in consumers if each.namespace == ref.namespace]
        return tuple(each.name for each in mine if any(one.class_name == ref.name for one in each.volumes))

    return observe("the pods that mount the class", LIST_PODS, pods)
