"""The kubelet's side of inline volumes: attempts with ever longer pauses, the events of each, rotation, and the end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.events import Happening, Source
from emulator.kubernetes.kinds import POD_STATUSES, PODS
from emulator.kubernetes.secrets_store.azure_side import Origin
from emulator.kubernetes.secrets_store.layout import DRIVER_NAME
from emulator.kubernetes.secrets_store.node_plugin import NodePlugin, PublishError, Volume
from emulator.kubernetes.secrets_store.provider import Mounted
from emulator.kubernetes.secrets_store.rotation import Rotation
from emulator.kubernetes.secrets_store.syncing import Syncing

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer
    from emulator.programs.view import Place

Object = dict[str, Any]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 122.0
"""[SRC] Seconds until the kubelet tries again, each time twice as long."""
_SUMMARY = timedelta(seconds=123)
"""[SRC] So long the kubelet waits for the volumes of a pod before it says which it has not."""
_SYNC_AGAIN = timedelta(seconds=10)
_SECONDS_TO_MOUNT = 0.5
_ESCAPE = re.compile(r"%(\d)([A-F])")


@dataclass
class _Held:
    """A volume on its way: when it is tried next, and after what pause; `told`: what the kubelet will be told when that
    time has come; what is mounted, and when its Secrets are made next."""

    volume: Volume
    due: datetime
    pause: float = _FIRST_PAUSE
    told: str = ""
    mounted: Mounted | None = None
    mounted_at: datetime | None = None
    sync_due: datetime | None = None


@dataclass
class _PodVolumes:
    held: list[_Held]
    summary: datetime
    rotated: dict[str, datetime] = field(default_factory=dict)


class Volumes:
    """`ApiServer.volumes`: of every pod that has come to a node."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._plugin = NodePlugin(server)
        self._syncing = Syncing(server, self._plugin)
        self._rotation = Rotation(server, self._plugin, self._syncing)
        self._pods: dict[str, _PodVolumes] = {}

    def ready_at(self, pod: Object, place: Place, begun: datetime) -> datetime | None:
        """Since when all volumes of a pod are mounted; None while one is not. Tries what is due."""
        uid = pod["metadata"]["uid"]
        if uid not in self._pods:
            self._pods[uid] = self._taken(pod, place, begun)
        own = self._pods[uid]
        while waiting := [one for one in own.held if one.mounted is None]:
            first = min(waiting, key=lambda one: one.due)
            if min(first.due, own.summary) > self._server.now:
                return None
            if own.summary < first.due:
                self._summarise(pod, own, waiting)
            else:
                self._try(first)
        for one in own.held:
            self._sync(one)
        return max([begun, *(one.mounted_at for one in own.held if one.mounted_at)])

    def files(self, uid: str) -> Mapping[str, Mapping[str, bytes]]:
        """What is mounted in a pod: volume -> file -> content."""
        held = self._pods[uid].held if uid in self._pods else []
        return {one.volume.name: one.mounted.files for one in held if one.mounted}

    def go_on(self) -> None:
        """Synchronises, and rotates what is mounted."""
        for own in self._pods.values():
            for held in own.held:
                self._sync(held)
                if held.mounted is not None and held.mounted_at is not None:
                    held.mounted = self._rotation.due(held.volume, held.mounted, held.mounted_at)

    def end(self, uid: str) -> None:
        """The pod is gone."""
        own = self._pods.pop(uid, None)
        storage = self._server.registry.storage
        for held in own.held if own else []:
            key = POD_STATUSES.key(held.volume.namespace, held.volume.status_name)
            if held.mounted is not None and storage.get(key) is not None:
                storage.delete(key)
            self._rotation.forget(held.volume)
        self._syncing.release(uid)

    def _taken(self, pod: Object, place: Place, begun: datetime) -> _PodVolumes:
        origin = Origin(self._server.cluster_id, place.node, place.subnet_id, place.address)
        found = [one for one in pod["spec"].get("volumes") or [] if (one.get("csi") or {}).get("driver") == DRIVER_NAME]
        held = [_Held(Volume(pod, one["name"], one["csi"], origin), begun) for one in found]
        return _PodVolumes(held, begun + _SUMMARY)

    def _try(self, held: _Held) -> None:
        at = held.due
        if held.told:
            self._tell(held.volume.pod, "FailedMount", held.told, at)
            held.due, held.told = at + timedelta(seconds=held.pause), ""
            held.pause = min(held.pause * 2, _LONGEST_PAUSE)
            return
        try:
            held.mounted = self._plugin.publish(held.volume, at)
        except PublishError as error:
            held.due = at + timedelta(seconds=error.seconds)
            held.told = f'MountVolume.SetUp failed for volume "{held.volume.name}" : {_printed(str(error))}'
            return
        held.mounted_at = at + timedelta(seconds=_SECONDS_TO_MOUNT)
        held.sync_due = held.mounted_at

    def _sync(self, held: _Held) -> None:
        while held.sync_due is not None and held.sync_due <= self._server.now and held.mounted is not None:
            if not self._server.system.registered(held.volume.origin.node):
                return
            try:
                found = self._plugin.class_of(held.volume)
            except PublishError:
                return
            done = self._syncing.make(held.volume, found, held.mounted, held.sync_due)
            held.sync_due = None if done else held.sync_due + _SYNC_AGAIN

    def _summarise(self, pod: Object, own: _PodVolumes, waiting: list[_Held]) -> None:
        """[SRC] In the words of the cluster's version."""
        missing = " ".join(one.volume.name for one in waiting)
        version = self._server.kubernetes_version
        if version < (1, 26):
            every = " ".join(str(one["name"]) for one in pod["spec"].get("volumes") or [])
            rest = f"unattached volumes=[{every}]: timed out waiting for the condition"
        else:
            why = "timed out waiting for the condition" if version < (1, 28) else "context deadline exceeded"
            rest = f"unattached volumes=[], failed to process volumes=[]: {why}"
        text = f"Unable to attach or mount volumes: unmounted volumes=[{missing}], {rest}"
        self._tell(pod, "FailedMount", text, own.summary)
        own.summary += _SUMMARY

    def _tell(self, pod: Object, reason: str, text: str, at: datetime) -> None:
        node = str(pod["spec"].get("nodeName") or "")
        self._server.events.tell(PODS, pod, Happening(reason, text), Source("kubelet", node), at)


def _printed(text: str) -> str:
    """[SEEN] The text goes through a format once: what is escaped in a URL comes out mangled."""
    return _ESCAPE.sub(r"%!\2(MISSING)", text)
