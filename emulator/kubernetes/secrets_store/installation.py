"""Installs driver and provider, and takes them away: the add-on as the cluster's profile says, the chart once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.kinds import DEFINITIONS, Kind
from emulator.kubernetes.secrets_store import layout
from emulator.kubernetes.secrets_store.layout import Layout
from emulator.worlds import spec

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
ADDON = "azureKeyvaultSecretsProvider"


class Installation:
    """`ApiServer.installation`."""

    def __init__(self, server: ApiServer, cluster: spec.Cluster) -> None:
        self._server, self._provider = server, cluster.secrets_store
        self._installed = ""
        self._objects: list[tuple[Kind, Object]] = []

    def begin(self) -> None:
        """What somebody has installed with Helm before the world starts."""
        if self._provider.chart is not None:
            for kind, content in self._listed(layout.of_chart(self._provider.chart)):
                self._apply(kind, content)
        self.go_on()

    def go_on(self) -> None:
        """[D] The add-on follows the profile. [SRC] What somebody deletes of it comes back."""
        profile = (self._server.properties.get("addonProfiles") or {}).get(ADDON) or {}
        if not profile.get("enabled"):
            self._remove()
            return
        wanted = json.dumps([profile.get("config"), self._windows], sort_keys=True)
        if wanted != self._installed:
            self._objects = self._listed(layout.of_addon(profile.get("config") or {}))
            self._installed = wanted
            for kind, content in self._objects:
                self._apply(kind, content)
            return
        for kind, content in self._objects:
            if self._server.registry.storage.get(_key(kind, content)) is None:
                self._apply(kind, content)

    @property
    def _windows(self) -> bool:
        return any(node.system == "windows" for node in self._server.world.nodes_of(self._server.cluster_id))

    def _listed(self, chosen: Layout) -> list[tuple[Kind, Object]]:
        return list(layout.objects(chosen, self._provider, self._windows))

    def _remove(self) -> None:
        """[OWN] The definitions stay, as Helm leaves them."""
        storage = self._server.registry.storage
        for kind, content in self._objects:
            if kind is not DEFINITIONS and storage.get(_key(kind, content)) is not None:
                storage.delete(_key(kind, content))
        self._objects, self._installed = [], ""

    def _apply(self, kind: Kind, content: Object) -> None:
        registry, key = self._server.registry, _key(kind, content)
        entry = registry.storage.get(key)
        old = registry.content(kind, key, entry) if entry else {"metadata": registry.stamp(key)}
        registry.restore(kind, {**old, **content, "metadata": {**content["metadata"], **_given(old)}})


def _given(old: Object) -> Object:
    return {name: old["metadata"][name] for name in ("uid", "creationTimestamp")}


def _key(kind: Kind, content: Object) -> str:
    return kind.key(content["metadata"].get("namespace"), content["metadata"]["name"])
