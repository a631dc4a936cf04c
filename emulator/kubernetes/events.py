"""Events: what components of the cluster tell of an object, counted where it happens again. [SRC]"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.kinds import EVENTS, Kind

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
_LIFE = timedelta(hours=1)
"""[SRC] So long an event is kept after it was written last."""
_SIMILAR, _WINDOW = 10, timedelta(minutes=10)
"""[SRC] So many texts of one reason in so long a time are told one by one."""
_COMBINED = "(combined from similar events): "


@dataclass(frozen=True)
class Source:
    """Who tells: `kubelet` on a node, `default-scheduler`, or a controller."""

    component: str
    host: str = ""


@dataclass(frozen=True)
class Happening:
    reason: str
    message: str
    kind: str = "Warning"


class Events:
    """`ApiServer.events`."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._written: dict[str, datetime] = {}
        """Key in etcd -> when it was written last."""
        self._texts: dict[tuple[str, ...], dict[str, datetime]] = defaultdict(dict)

    def tell(self, kind: Kind, about: Object, happening: Happening, source: Source, at: datetime) -> None:
        """Writes the event, or counts it when the same was told before."""
        metadata = about["metadata"]
        group = (metadata["uid"], happening.reason, happening.kind, source.component)
        message = self._combined(group, happening.message, at)
        digest = hashlib.sha256("/".join((*group, message.removeprefix(_COMBINED))).encode()).hexdigest()[:16]
        if message.startswith(_COMBINED):
            digest = hashlib.sha256("/".join(group).encode()).hexdigest()[:16]
        namespace = metadata.get("namespace", "default")
        key = EVENTS.key(namespace, f"{metadata['name']}.{digest}")
        moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        entry = self._server.registry.storage.get(key)
        content = self._server.registry.content(EVENTS, key, entry) if entry else None
        if content is None:
            content = self._new(kind, about, happening, source)
            content["metadata"] |= {"name": key.rpartition("/")[2], "namespace": namespace}
            content["metadata"] |= {"creationTimestamp": moment, "uid": self._server.world.ids.uuid("event", key)}
            content["firstTimestamp"] = moment
        content |= {"message": message, "count": content.get("count", 0) + 1, "lastTimestamp": moment}
        self._server.registry.restore(EVENTS, content)
        self._written[key] = at

    def go_on(self) -> None:
        """Old ones go."""
        limit = self._server.world.clock.now() - _LIFE
        for key in [key for key, at in self._written.items() if at < limit]:
            del self._written[key]
            if self._server.registry.storage.get(key) is not None:
                self._server.registry.storage.delete(key)

    def _combined(self, group: tuple[str, ...], message: str, at: datetime) -> str:
        """[SRC] Where one reason comes with ever other texts, they are counted together."""
        texts = self._texts[group]
        for text in [text for text, seen in texts.items() if at - seen > _WINDOW]:
            del texts[text]
        if message in texts or len(texts) < _SIMILAR:
            texts[message] = at
            return message
        return _COMBINED + message

    def _new(self, kind: Kind, about: Object, happening: Happening, source: Source) -> Object:
        metadata = about["metadata"]
        involved = {"kind": kind.kind, "apiVersion": kind.api_version, "name": metadata["name"], "uid": metadata["uid"]}
        if "namespace" in metadata:
            involved["namespace"] = metadata["namespace"]
        whence = {"component": source.component, **({"host": source.host} if source.host else {})}
        return {
            "metadata": {},
            "involvedObject": involved,
            "reason": happening.reason,
            "source": whence,
            "type": happening.kind,
            "eventTime": None,
            "reportingComponent": source.component,
            "reportingInstance": source.host,
        }
