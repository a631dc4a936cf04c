"""Somebody else who works on the clusters at the same time, as a world's data says when."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from emulator.core.http import Call
from emulator.providers.containerservice.clusters import CLUSTERS, ManagedCluster, touch
from emulator.worlds.visits import Visit

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

UPDATE_SECONDS = 600.0


class Visitors:
    """`world.visitors`."""

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._seen: Counter[Visit] = Counter()

    def request_came(self, call: Call) -> None:
        """Somebody else is a moment faster than this request."""
        for visit in self._world.spec.visits:
            if visit.method == call.method and re.search(visit.path, call.path, re.IGNORECASE):
                self._seen[visit] += 1
                if self._seen[visit] == visit.nth:
                    self._perform(visit)

    def _perform(self, visit: Visit) -> None:
        for cluster in self._world.resources.under("/", CLUSTERS):
            assert isinstance(cluster, ManagedCluster)
            if visit.does == "tag":
                cluster.body["tags"] = {**(cluster.body.get("tags") or {}), "cost-centre": "1201"}
                cluster.body["eTag"] = self._world.ids.next("etag")
            else:
                begin_update(self._world, cluster)


def begin_update(world: EmulatedWorld, cluster: ManagedCluster) -> None:
    """An update that changes nothing of KMS, as a scaled pool."""
    touch(world, cluster, "Updating")
    world.operations.start(cluster, ("InProgress",), UPDATE_SECONDS, lambda: touch(world, cluster, "Succeeded"))
