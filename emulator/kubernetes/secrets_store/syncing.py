"""Kubernetes Secrets out of what is mounted: the controller in the driver's pods. [D] [SRC]"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.core.http import Refusal
from emulator.kubernetes.events import Happening, Source
from emulator.kubernetes.kinds import PODS, SECRETS, Target
from emulator.kubernetes.secrets_store.daemon_sets import DRIVER
from emulator.kubernetes.secrets_store.node_plugin import NodePlugin, Volume
from emulator.kubernetes.secrets_store.provider import Mounted

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
MANAGED = {"secrets-store.csi.k8s.io/managed": "true"}
_TLS = "kubernetes.io/tls"
_CONTROLLER = "csi-secrets-store-controller"
_FILE = "secretproviderclasspodstatus_controller.go"
_FORBIDDEN = (
    "The secret operation failed with forbidden error. If you installed the CSI driver using helm, ensure "
    "syncSecret.enabled=true is set."
)
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----\n?", re.DOTALL)


class SyncError(Exception):
    """Why a Secret cannot be made of files."""


def data_of(wanted: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, str]:
    """The data of a Secret, in base64.

    Raises SyncError.
    """
    data: dict[str, str] = {}
    for one in wanted.get("data") or []:
        name, key = str(one.get("objectName") or ""), str(one.get("key") or "")
        if not key:
            raise SyncError("key in secretObjects.data is empty")
        if name not in files:
            raise SyncError(f"file matching objectName {name} not found in the pod")
        content = files[name]
        if wanted.get("type") == _TLS:
            content = _part_of(content, key)
        data[key] = base64.b64encode(content).decode()
    return data


def _with_data(data: dict[str, str], old: Object) -> Object:
    return {**old, "data": data}


def _part_of(content: bytes, key: str) -> bytes:
    """[SRC] Of a PEM file the key, or the certificates."""
    if key not in ("tls.key", "tls.crt"):
        raise SyncError(f"key '{key}' is not supported. Only 'tls.key' and 'tls.crt' are supported")
    blocks = [(found[1], found[0]) for found in _BLOCK.finditer(content.decode(errors="replace"))]
    wanted = [text for kind, text in blocks if ("PRIVATE KEY" in kind) == (key == "tls.key")]
    if not wanted:
        raise SyncError(f"failed to get cert data from file {key}, err: no {key} in the file")
    return "".join(wanted).encode()


class Syncing:
    """`uses` are the pods, by uid, that each synchronised Secret is there for."""

    def __init__(self, server: ApiServer, plugin: NodePlugin) -> None:
        self._server, self._plugin = server, plugin
        self._uses: dict[tuple[str, str], set[str]] = {}

    def make(self, volume: Volume, found: Object, mounted: Mounted, at: datetime) -> bool:
        """One round for one pod; whether everything is there."""
        done = True
        for wanted in (found["spec"].get("secretObjects") or []) if mounted.files else []:
            done = self._make_one(volume, wanted, mounted, at) and done
        return done

    def renew(self, volume: Volume, found: Object, mounted: Mounted) -> list[str]:
        """After a rotation: the names of the Secrets whose content is another now."""
        changed = []
        for wanted in found["spec"].get("secretObjects") or []:
            try:
                data = data_of(wanted, mounted.files)
            except SyncError:
                continue
            target = Target(SECRETS, volume.namespace, str(wanted.get("secretName")))
            if self._is_there(target) and self._server.registry.get(target).content().get("data") != data:
                self._server.registry.update(target, partial(_with_data, data))
                changed.append(str(target.name))
        return changed

    def release(self, uid: str) -> None:
        """[D] A Secret goes with the last pod that mounts it."""
        for (namespace, name), users in list(self._uses.items()):
            users.discard(uid)
            if not users:
                del self._uses[namespace, name]
                if self._is_there(Target(SECRETS, namespace, name)):
                    self._server.registry.storage.delete(SECRETS.key(namespace, name))

    def _is_there(self, target: Target) -> bool:
        return self._server.registry.storage.get(SECRETS.key(target.namespace, str(target.name))) is not None

    def _make_one(self, volume: Volume, wanted: Mapping[str, Any], mounted: Mounted, at: datetime) -> bool:
        name = str(wanted.get("secretName") or "")
        named = f"{volume.namespace}/{volume.class_name}"
        if not (name and wanted.get("type") and wanted.get("data")):
            self._write(volume, at, "failed to validate secret object in spc", "secret name, type or data is empty")
            return False
        try:
            data = data_of(wanted, mounted.files)
        except SyncError as error:
            self._write(volume, at, "failed to get data in spc for secret", str(error), name)
            self._tell(volume, f"failed to get data in spc {named} for secret {name}, err: {error}", at)
            return False
        target = Target(SECRETS, volume.namespace, name)
        if self._is_there(target):
            self._uses.setdefault((volume.namespace, name), set()).add(volume.pod["metadata"]["uid"])
            return True
        refused = self._plugin.may(volume, "create", SECRETS) or self._create(volume, target, wanted, data)
        if not refused:
            self._uses.setdefault((volume.namespace, name), set()).add(volume.pod["metadata"]["uid"])
            return True
        self._write(volume, at, "failed to create Kubernetes secret", refused, name)
        if "is forbidden" in refused:
            self._driver(volume).write_plain(at, ("W", _FILE, 341), _FORBIDDEN)
        self._tell(volume, "timed out waiting for the condition", at)
        return False

    def _create(self, volume: Volume, target: Target, wanted: Mapping[str, Any], data: dict[str, str]) -> str:
        """Why the API server does not take it, or nothing."""
        metadata = volume.pod["metadata"]
        own = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        owners = metadata.get("ownerReferences") or [own]
        labels = {**(wanted.get("labels") or {}), **MANAGED}
        made: Object = {"name": target.name, "labels": labels, "ownerReferences": owners}
        if wanted.get("annotations"):
            made["annotations"] = dict(wanted["annotations"])
        try:
            self._server.registry.create(target, {"metadata": made, "data": data, "type": wanted["type"]})
        except Refusal as refusal:
            return str(refusal.answer.body.get("message"))
        return ""

    def _driver(self, volume: Volume) -> Any:
        found = self._server.system.on_node(volume.origin.node, DRIVER)
        assert found is not None
        return found

    def _write(self, volume: Volume, at: datetime, text: str, error: str, secret: str = "") -> None:
        values = {"err": error, "spc": f"{volume.namespace}/{volume.class_name}", "pod": volume.whose}
        if secret:
            values["secret"] = f"{volume.namespace}/{secret}"
        values["spcps"] = f"{volume.namespace}/{volume.status_name}"
        self._driver(volume).write(at, ("E", _FILE, 338), text, **values)

    def _tell(self, volume: Volume, message: str, at: datetime) -> None:
        source = Source(_CONTROLLER, volume.origin.node)
        self._server.events.tell(PODS, volume.pod, Happening("FailedToCreateSecret", message), source, at)
