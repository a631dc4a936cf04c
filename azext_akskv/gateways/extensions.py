"""What Arc installs in its clusters, in plain JSON: az ships no client for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from azext_akskv.failures import GatewayError, LostTrack, Missing
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.documents import Change, Documents
from azext_akskv.gateways.versions import KnownVersions
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json
from azext_akskv.model.secret_store.extension import SEGMENT, Extension, changed_settings, parse_extension
from azext_akskv.ports import Watch

EXTENSION_VERSIONS = ("2023-05-01", "2022-11-01")
"""Newest first; the first one is what `az k8s-extension` asks with. [CLI][REC]"""


class ArmExtensions:
    """Fills ports.Extensions. `poll_seconds`: see WatchedPolling."""

    def __init__(self, clients: Clients, poll_seconds: float) -> None:
        self._documents = Documents(clients, KnownVersions(EXTENSION_VERSIONS), poll_seconds)

    def of(self, cluster: ResourceId) -> list[Extension]:
        doing = f"list the extensions of the cluster {cluster.name}"
        return self._documents.all(doing, cluster.subscription, f"{cluster}/{SEGMENT}", parse_extension)

    def get(self, extension: ResourceId) -> Extension:
        return self._documents.read(f"read the extension {extension.name}", extension, parse_extension)

    def create(self, extension: ResourceId, body: Json, watch: Watch) -> None:
        self._documents.put(Change(f"install the extension {extension.name}", extension, body), watch)

    def change(self, seen: Extension, settings: Mapping[str, str], watch: Watch) -> None:
        doing = f"change the settings of the extension {seen.id.name}"
        self._documents.put(Change(doing, seen.id, changed_settings(seen, settings), method="PATCH"), watch)

    def delete(self, extension: ResourceId, watch: Watch) -> None:
        """The operation's own address lies below the extension: where it goes with it, the operation can no longer be
        asked, and that there is no extension is the answer. [INF]"""
        doing = f"remove the extension {extension.name}"
        try:
            self._documents.put(Change(doing, extension, None, method="DELETE"), watch)
        except Missing:
            return
        except LostTrack:
            if not self._gone(extension):
                raise

    def _gone(self, extension: ResourceId) -> bool:
        with suppress(GatewayError):
            try:
                self.get(extension)
            except Missing:
                return True
        return False
