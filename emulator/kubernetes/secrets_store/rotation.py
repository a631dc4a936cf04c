"""Rotation: what is mounted is fetched again at an interval, and what is new replaces what was. [D] [SRC]

Up to 1.5 the driver's own reconciler does it and tells in events; since 1.6 the kubelet calls the driver again, and
nobody tells anything but the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.kubernetes.events import Happening, Source
from emulator.kubernetes.kinds import PODS, SECRETS
from emulator.kubernetes.secrets_store.daemon_sets import DRIVER, flag_of
from emulator.kubernetes.secrets_store.durations import parsed
from emulator.kubernetes.secrets_store.node_plugin import NodePlugin, PublishError, Volume
from emulator.kubernetes.secrets_store.provider import Mounted
from emulator.kubernetes.secrets_store.syncing import Syncing
from emulator.kubernetes.secrets_store.system_pods import SystemPod

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

_POLL = timedelta(minutes=2)
_AT_MOST = 60
"""[OWN] Of a long time that nobody looked, so many rounds are made up for."""
_REPUBLISHED = (1, 6)
_USED = "secrets-store.csi.k8s.io/used"
_SOURCE = "csi-secrets-store-rotation"


class Rotation:
    """Of all volumes of one cluster."""

    def __init__(self, server: ApiServer, plugin: NodePlugin, syncing: Syncing) -> None:
        self._server, self._plugin, self._syncing = server, plugin, syncing
        self._last: dict[str, datetime] = {}

    def due(self, volume: Volume, mounted: Mounted, since: datetime) -> Mounted:
        """What is mounted after the rounds whose time has come."""
        driver = self._server.system.on_node(volume.origin.node, DRIVER)
        if driver is None or not driver.ready or flag_of(driver.content, "enable-secret-rotation") != "true":
            return mounted
        poll = parsed(flag_of(driver.content, "rotation-poll-interval"), _POLL)
        last = self._last.get(volume.target, since)
        last = max(last, self._server.now - poll * _AT_MOST)
        while last + poll <= self._server.now:
            last += poll
            mounted = self._round(volume, driver, mounted, last)
        self._last[volume.target] = last
        return mounted

    def forget(self, volume: Volume) -> None:
        """The volume is gone."""
        self._last.pop(volume.target, None)

    def _round(self, volume: Volume, driver: SystemPod, before: Mounted, at: datetime) -> Mounted:
        silent = driver.version >= _REPUBLISHED
        try:
            self._refuse_unlabelled(volume)
            now = self._plugin.publish(volume, at, again=True)
            found = self._plugin.class_of(volume)
        except PublishError as error:
            if not silent:
                self._failed(volume, driver, error, at)
            return before
        if now.versions == before.versions:
            return before
        changed = self._syncing.renew(volume, found, now)
        if not silent:
            named = f"{volume.namespace}/{volume.class_name}"
            self._tell(volume, "MountRotationComplete", f"successfully rotated mounted contents for spc {named}", at)
            for name in changed:
                self._tell(volume, "SecretRotationComplete", f"successfully rotated K8s secret {name}", at)
        return now

    def _refuse_unlabelled(self, volume: Volume) -> None:
        """[D] The Secret with credentials is found by its label alone."""
        name = volume.secret_name
        key = SECRETS.key(volume.namespace, name)
        entry = self._server.registry.storage.get(key) if name else None
        if entry is None:
            return
        labels = self._server.registry.content(SECRETS, key, entry)["metadata"].get("labels") or {}
        if labels.get(_USED) != "true":
            text = f'failed to get node publish secret {volume.namespace}/{name}, err: secrets "{name}" not found'
            raise PublishError(text)

    def _failed(self, volume: Volume, driver: SystemPod, error: PublishError, at: datetime) -> None:
        text = f"provider mount err: {error.cause}" if error.cause else str(error)
        values = {
            "err": text,
            "spc": volume.class_name,
            "pod": volume.pod["metadata"]["name"],
            "controller": "rotation",
        }
        driver.write(at, ("E", "reconciler.go", 171), "failed to reconcile spc for pod", **values)
        self._tell(volume, "MountRotationFailed", text, at, "Warning")

    def _tell(self, volume: Volume, reason: str, text: str, at: datetime, kind: str = "Normal") -> None:
        source = Source(_SOURCE, volume.origin.node)
        self._server.events.tell(PODS, volume.pod, Happening(reason, text, kind), source, at)
