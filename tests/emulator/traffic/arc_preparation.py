"""Connected clusters and their extensions that a row presupposes, with what their agents had told by then."""

from __future__ import annotations

from typing import Any

from emulator.core.resources import Resource
from emulator.providers.kubernetes import connected
from emulator.providers.kubernetesconfiguration import extensions
from emulator.world import EmulatedWorld
from tests.emulator.traffic.recordings import Row

CLUSTER = "microsoft.kubernetes/connectedclusters"
_OURS = {"provisioningState", "connectivityStatus", "agentPublicKeyCertificate"}


class ArcPreparation:
    """Makes what is missing."""

    def __init__(self, world: EmulatedWorld, shown: dict[str, dict[str, Any]]) -> None:
        self._world, self._shown = world, shown

    def before(self, row: Row) -> None:
        """For rows that found something. An extension's row presupposes its cluster, whatever it is answered."""
        if CLUSTER not in row.document["op"] or "/connectedclusters/" not in row.path.lower():
            return
        path = "/".join(row.path.split("/")[:9])
        itself = path == row.path
        if itself and (row.method == "PUT" or row.status >= 400):
            return
        cluster = self._cluster(path)
        if itself and row.method == "GET":
            self._report(cluster, row.fields["properties"])
        if row.path.split("/")[11:12] == ["extensions"] and row.method == "GET" and row.status < 400:
            self._extensions(cluster, row)

    def _cluster(self, path: str) -> Resource:
        found = self._world.resources.get(path)
        if found is None:
            now = self._world.clock.now()
            request = self._shown.get(path.lower(), {})
            body = connected.new_body(self._world, path, request, "user@example", now)
            body["properties"]["provisioningState"] = "Succeeded"
            found = self._world.resources.put(Resource(path, body, now))
        return found

    def _report(self, cluster: Resource, told: dict[str, Any]) -> None:
        """What the agents had told."""
        if told.get("connectivityStatus") == "Connected":
            connected.report(self._world, cluster, {name: told[name] for name in told.keys() - _OURS})

    def _extensions(self, cluster: Resource, row: Row) -> None:
        for one in row.fields.get("value", [row.fields]):
            if "extensionType" not in (one.get("properties") or {}):
                continue
            own = extensions.extension_id(cluster.id, one["name"])
            if self._world.resources.get(own) is None:
                now = self._world.clock.now()
                made = Resource(own, extensions.new_body(self._world, own, one, now), now)
                extensions.proceed(self._world, self._world.resources.put(made), None)
