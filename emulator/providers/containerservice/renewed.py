"""What the new KMS data encryption does by itself: it rewrites every secret after a change, and adopts newer versions
of a customer's key. [D]"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.core.resources import Resource
from emulator.providers.containerservice.kms import can_use, slot_for, switch
from emulator.providers.containerservice.kms_rules import profile_of

if TYPE_CHECKING:
    from emulator.providers.containerservice.clusters import ManagedCluster
    from emulator.world import EmulatedWorld


def begin(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """After a change of the key slots, and when the world starts."""
    profile = profile_of(cluster.body)
    if not profile.platform:
        return
    server = world.kubernetes.server(cluster.id)
    later = Resource(f"{cluster.id}/secretsRewrite/default", {}, world.clock.now())
    world.operations.start(later, (), world.spec.delays.platform_rewrite, server.rewrite_stale)
    if profile.enabled and not profile.versioned:
        _look_again(world, cluster)


def _look_again(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[D] The controller looks for a newer version every six hours. One look is under way at a time."""
    watch = Resource(f"{cluster.id}/keyVersions/default", {}, world.clock.now())
    if world.operations.running_on(watch.id) is None:
        world.operations.start(watch, (), world.spec.delays.key_versions, lambda: _adopt(world, cluster))


def _adopt(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """[INF] A version that cannot be used is left alone, as is a key whose cluster is busy or gone."""
    profile = profile_of(cluster.body)
    if world.resources.get(cluster.id) is None or not (profile.platform and profile.enabled):
        return
    slot = slot_for(world, cluster)
    busy = world.operations.running_on(cluster.id) is not None
    if slot and slot != cluster.current and not busy and can_use(world, cluster, slot):
        switch(world, cluster)()
        begin(world, cluster)
    else:
        _look_again(world, cluster)
